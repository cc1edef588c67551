"""Columns of Python values, possibly of mixed types, as an Arrow table."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import pyarrow as pa

__all__ = ["loose_column", "loose_table"]


def loose_table(columns: Mapping[str, Iterable[Any]]) -> tuple[pa.Table, tuple[str, ...]]:
    """A table, and a note for each column that had to be read as strings.

    Examples
    --------
    >>> table, notes = loose_table({"a": [1, "x"], "b": [1, 2.5]})
    >>> table.column("a").to_pylist(), notes
    (['1', 'x'], ("column 'a' mixes int and str and is read as strings",))
    """
    notes: list[str] = []
    arrays = {name: loose_column(name, values, notes) for name, values in columns.items()}
    return pa.table(arrays), tuple(notes)


def loose_column(name: str, values: Iterable[Any], notes: list[str]) -> Any:
    """An Arrow array of the values; as strings, with a note, where they have no common type."""
    values = [None if value is None or value != value else value for value in values]  # noqa: PLR0124
    try:
        return pa.array(values, from_pandas=True)
    except (pa.ArrowInvalid, pa.ArrowTypeError, pa.ArrowNotImplementedError, OverflowError):
        kinds = sorted({type(value).__name__ for value in values if value is not None})
        notes.append(f"column {name!r} mixes {' and '.join(kinds)} and is read as strings")
        return pa.array([None if v is None else str(v) for v in values], pa.large_string())
