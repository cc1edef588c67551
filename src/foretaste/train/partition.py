"""Which partition a row belongs to: decided by the row alone, never by its neighbours or order.

Everything a certificate promises rests on this file. A row's cell is a hash of its content, or of
the name of its source; adding, removing or relabelling a row touches one cell and no other.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
from scipy import sparse

from foretaste.data.rowhash import row_digests
from foretaste.errors import UsageError

__all__ = [
    "cells_of",
    "content_digests",
    "expected_empty",
    "models_fed",
    "roster_cells",
    "source_digests",
    "source_names",
]

Ints = npt.NDArray[np.int64]


def content_digests(X: Any) -> list[bytes]:
    """32 bytes a row of `X`, the same wherever the row stands and whatever stands beside it.

    Numbers are compared by value, so float32 and float64 copies of a row agree. The label is not
    part of it: a flipped label stays in its cell and costs an attacker one row, not two.

    Parameters
    ----------
    X
        (n, d) numbers, dense, sparse or a frame; (n,) texts; (n, h, w, c) pixels; (n, d) objects.

    Examples
    --------
    >>> import numpy as np
    >>> a, b = content_digests(np.array([[1.0, 2.0], [3.0, 4.0]]))
    >>> content_digests(np.array([[3, 4], [1, 2]], dtype=np.float32)) == [b, a]
    True
    """
    if hasattr(X, "iloc"):
        return row_digests([pa.Table.from_pandas(X, preserve_index=False)])
    if sparse.issparse(X):
        return _sparse_digests(X)
    values = np.asarray(X)
    if values.dtype == object or values.dtype.kind in "US":
        return _object_digests(values)
    flat = np.ascontiguousarray(values.reshape(len(values), -1))
    width = flat.shape[1]
    column = pa.FixedSizeListArray.from_arrays(pa.array(flat.ravel()), width)
    return row_digests([pa.table({"row": column})])


def _sparse_digests(X: Any) -> list[bytes]:
    X = X.tocsr().copy()
    X.sum_duplicates()
    X.eliminate_zeros()
    X.sort_indices()
    offsets = pa.array(X.indptr.astype(np.int32))
    columns = pa.ListArray.from_arrays(offsets, pa.array(X.indices.astype(np.int64)))
    values = pa.ListArray.from_arrays(offsets, pa.array(X.data))
    return row_digests([pa.table({"columns": columns, "values": values})])


def _object_digests(values: npt.NDArray[Any]) -> list[bytes]:
    """Cell by cell: the type of a column, which depends on all rows, plays no part."""
    columns = values.reshape(len(values), -1)
    cells = {
        f"{j}": pa.array([_cell(v) for v in columns[:, j].tolist()], pa.string())
        for j in range(columns.shape[1])
    }
    return row_digests([pa.table(cells)])


def _cell(value: Any) -> str | None:
    if value is None or value != value:  # noqa: PLR0124 - NaN is the value that differs from itself
        return None
    return f"s{value}" if isinstance(value, str) else f"n{float(value)!r}"


def source_names(sources: Any, n_rows: int) -> npt.NDArray[np.object_]:
    """(n,) str, checked: every row must say who gave it, or no promise about sources holds."""
    if sources is None:
        raise UsageError(
            "sources must be given when unit='source': fit(X, y, sources=...), one name a row; "
            "without a source column use unit='row'"
        )
    names = np.asarray(sources, dtype=object)
    if names.shape != (n_rows,):
        raise UsageError(f"sources must have shape ({n_rows},), one a row, got {names.shape}")
    for row, name in enumerate(names.tolist()):
        if name is None or name != name or str(name) == "":  # noqa: PLR0124 - NaN
            raise UsageError(
                f"sources: row {row} has no source; name one, or leave the row out: rows of "
                "unknown origin cannot be counted against any source"
            )
    out = np.empty(n_rows, dtype=object)
    out[:] = [str(name) for name in names.tolist()]
    return out


def source_digests(names: Sequence[str]) -> list[bytes]:
    """32 bytes a name."""
    known = {n: hashlib.sha256(b"foretaste source/v1\n" + n.encode()).digest() for n in set(names)}
    return [known[name] for name in names]


def cells_of(digests: Sequence[bytes], n_cells: int) -> Ints:
    """(n,) cell numbers 0 to n_cells - 1.

    The arithmetic stays in 64-bit integers: as float64 a digest loses its low bits, and many
    cells would never be used.

    Examples
    --------
    >>> import hashlib
    >>> digests = [hashlib.sha256(str(i).encode()).digest() for i in range(2000)]
    >>> len(set(cells_of(digests, 100).tolist()))
    100
    """
    heads = np.frombuffer(b"".join(d[:8] for d in digests), dtype=">u8").astype(np.uint64)
    return (heads % np.uint64(n_cells)).astype(np.int64)


def roster_cells(names: Sequence[str], roster: Sequence[str], n_cells: int) -> Ints:
    """(n,) cells of a closed list of sources, as evenly filled as the list allows.

    Sound because the list is stated beforehand: it does not depend on the data.

    Raises
    ------
    UsageError
        A row comes from a source that is not on the list.

    Examples
    --------
    >>> roster_cells(["b", "a", "c"], ["a", "b", "c"], 2).tolist()
    [1, 0, 0]
    """
    cell = {name: at % n_cells for at, name in enumerate(sorted(set(map(str, roster))))}
    for row, name in enumerate(names):
        if name not in cell:
            raise UsageError(
                f"sources: row {row} comes from {name!r}, which is not on the roster of "
                f"{len(cell)} sources; add it to the roster or leave the row out"
            )
    return np.array([cell[name] for name in names], dtype=np.int64)


def models_fed(n_cells: int, spread: int) -> Ints:
    """(n_cells, spread) which models learn from each cell; every model learns from `spread`.

    Wang, Levine, Feizi 2022, section 4.1: cell i feeds the models i + o (mod n_cells) for fixed
    offsets o. With `spread` 1, model i learns from cell i alone.

    Examples
    --------
    >>> models_fed(3, 1).tolist()
    [[0], [1], [2]]
    >>> sorted(models_fed(6, 2).ravel().tolist()) == sorted([*range(6)] * 2)
    True
    """
    others = sorted(
        range(1, n_cells), key=lambda o: hashlib.sha256(f"{n_cells},{o}".encode()).digest()
    )
    offsets = np.array([0, *others[: spread - 1]], dtype=np.int64)
    return (np.arange(n_cells)[:, None] + offsets[None, :]) % n_cells


def expected_empty(n_units: int, n_cells: int) -> float:
    """Cells that chance leaves empty when `n_units` different units fall into `n_cells`."""
    return float(n_cells * (1.0 - 1.0 / n_cells) ** n_units)
