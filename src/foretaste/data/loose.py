"""Python values, possibly of mixed types, as Arrow columns; and any value as a string."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from foretaste.data.kinds import is_text
from foretaste.errors import UnreadableDataError

__all__ = ["joined", "loose_column", "loose_table", "text_of"]

_NO_COMMON_TYPE = (pa.ArrowInvalid, pa.ArrowTypeError, pa.ArrowNotImplementedError, OverflowError)


def loose_table(columns: Mapping[str, Iterable[Any]]) -> tuple[pa.Table, tuple[str, ...]]:
    """A table, and a note for each column that had to be read as strings.

    Examples
    --------
    >>> table, notes = loose_table({"a": [1, "x"], "b": [1, 2.5]})
    >>> table.column("a").to_pylist(), notes
    (['1', 'x'], ("column 'a' mixes int and str and is read as strings",))
    """
    notes: list[str] = []
    arrays = {str(name): loose_column(str(name), v, notes) for name, v in columns.items()}
    lengths = {name: len(array) for name, array in arrays.items()}
    if len(set(lengths.values())) > 1:
        shown = ", ".join(f"{name} {length}" for name, length in list(lengths.items())[:5])
        raise UnreadableDataError(f"columns differ in length ({shown}); give one value a row")
    return pa.table(arrays), tuple(notes)


def loose_column(name: str, values: Iterable[Any], notes: list[str]) -> Any:
    """An Arrow array of the values; as strings, with a note, where they have no common type."""
    values = [None if isinstance(v, float) and math.isnan(v) else v for v in values]
    try:
        return pa.array(values, from_pandas=True)
    except UnicodeEncodeError:
        notes.append(f"column {name!r} holds broken characters (lone surrogates), read as '?'")
        return loose_column(name, [_mended(value) for value in values], notes)
    except _NO_COMMON_TYPE:
        kinds = sorted({type(value).__name__ for value in values if value is not None})
        notes.append(f"column {name!r} mixes {' and '.join(kinds)} and is read as strings")
        texts = [None if value is None else _mended(_text(value)) for value in values]
        return pa.array(texts, pa.large_string())


def joined(name: str, parts: Sequence[Any], notes: list[str]) -> Any:
    """Parts of one column as one; as strings, with a note, where their types do not fit."""
    try:
        schema = pa.unify_schemas(
            [pa.schema([(name, part.type)]) for part in parts], promote_options="permissive"
        )
        return pa.chunked_array([part.cast(schema.types[0]) for part in parts])
    except _NO_COMMON_TYPE:
        kinds = sorted({str(part.type) for part in parts if not pa.types.is_null(part.type)})
        notes.append(f"column {name!r} mixes {' and '.join(kinds)} and is read as strings")
        return pa.chunked_array([text_of(part) for part in parts], pa.large_string())


def text_of(values: Any) -> Any:
    """Arrow values as strings: whole floats without a point, booleans as in Python.

    Examples
    --------
    >>> import pyarrow as pa
    >>> text_of(pa.array([1.0, 0.1, None])).to_pylist(), text_of(pa.array([True])).to_pylist()
    (['1', '0.1', None], ['True'])
    """
    kind = values.type
    if is_text(kind):
        return values.cast(pa.large_string())
    if pa.types.is_boolean(kind):
        return pc.if_else(values, "True", "False").cast(pa.large_string())
    if pa.types.is_floating(kind) or pa.types.is_nested(kind):
        return pa.array([_text(value) for value in values.to_pylist()], pa.large_string())
    return values.cast(pa.large_string())


def _text(value: Any) -> str | None:
    if value is None or (isinstance(value, float) and math.isnan(value)):
        return None
    if isinstance(value, float) and value.is_integer() and abs(value) < 1e15:
        return str(int(value))
    return str(value)


def _mended(value: Any) -> Any:
    """A string with its lone surrogates, which no encoding can hold, as question marks."""
    return value.encode("utf-8", "replace").decode() if isinstance(value, str) else value
