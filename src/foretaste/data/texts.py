"""A string column as texts."""

from __future__ import annotations

import numpy as np
import pyarrow as pa

from foretaste.types import Texts

__all__ = ["extract_texts"]


def extract_texts(column: pa.ChunkedArray, name: str) -> tuple[Texts, tuple[str, ...]]:
    """The texts, missing ones as empty, and a note on how many are empty.

    Examples
    --------
    >>> import pyarrow as pa
    >>> texts, notes = extract_texts(pa.chunked_array([["hello", None]]), "text")
    >>> texts.values.tolist(), notes
    (['hello', ''], ("column 'text': 1 of 2 texts are empty",))
    """
    if pa.types.is_dictionary(column.type):
        column = column.cast(column.type.value_type)
    values = np.empty(len(column), dtype=object)
    values[:] = ["" if value is None else value for value in column.to_pylist()]
    empty = sum(not value.strip() for value in values)
    notes = (f"column {name!r}: {empty} of {len(values)} texts are empty",) if empty else ()
    return Texts(values), notes
