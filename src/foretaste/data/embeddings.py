"""A column of equally long lists of numbers as a matrix."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from foretaste.errors import UnreadableDataError

__all__ = ["extract_embedding"]


def extract_embedding(column: pa.ChunkedArray, name: str) -> npt.NDArray[np.float32]:
    """(n, d) float32; every row must have a list of the same length, without missing numbers.

    Examples
    --------
    >>> import pyarrow as pa
    >>> extract_embedding(pa.chunked_array([[[1, 2], [3, 4]]]), "emb").tolist()
    [[1.0, 2.0], [3.0, 4.0]]
    """
    lengths = pc.list_value_length(column).fill_null(-1).to_numpy()
    width = int(np.max(lengths, initial=0))
    wrong = np.flatnonzero(lengths != width)
    if len(wrong):
        row = int(wrong[0])
        raise UnreadableDataError(
            f"embedding: row {row} of column {name!r} has {max(0, int(lengths[row]))} numbers, "
            f"others {width} ({len(wrong)} such rows); drop or embed these rows again"
        )
    flat = pc.list_flatten(column).combine_chunks().cast(pa.float32(), safe=False)
    matrix = np.array(flat.to_numpy(zero_copy_only=False)).reshape(len(column), width)
    broken = np.flatnonzero(~np.isfinite(matrix).all(axis=1))
    if len(broken):
        raise UnreadableDataError(
            f"embedding: row {int(broken[0])} of column {name!r} has missing or infinite numbers "
            f"({len(broken)} such rows); drop or embed these rows again"
        )
    return matrix
