"""Columns of any type as one (n, d) float64 matrix with category names."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from foretaste.data.kinds import is_text
from foretaste.data.loose import text_of
from foretaste.data.moments import moments
from foretaste.errors import RoleError
from foretaste.types import Table

__all__ = ["as_number", "extract_table"]

Floats = npt.NDArray[np.float64]
MISSING = frozenset({"", "?", "-", "na", "n/a", "#n/a", "nan", "null", "none", "missing"})
_NUMERIC_SHARE = 0.95  # of the present cells must be numbers for strings to count as numbers


def extract_table(
    names: Sequence[str], column: Callable[[str], pa.ChunkedArray]
) -> tuple[Table, tuple[str, ...]]:
    """The table of feature columns, and what is worth telling about them.

    Numbers, decimals and times (seconds since 1970) are numeric; strings, booleans and
    dictionaries are categories, sorted by name. Strings of which 95 % are numbers are numeric,
    and the others missing. Infinite values are missing. Columns without any value, and columns
    of lists, structs or bytes, are left out.

    Parameters
    ----------
    names
        The feature columns.
    column
        Gives the values of a column.

    Examples
    --------
    >>> import pyarrow as pa
    >>> data = pa.table({"size": ["1", "2.5", None], "colour": ["red", "blue", "red"]})
    >>> table, notes = extract_table(data.column_names, data.column)
    >>> table.values.tolist()
    [[1.0, 1.0], [2.5, 0.0], [nan, 1.0]]
    >>> table.categories
    {'colour': ('blue', 'red')}
    """
    notes: list[str] = []
    kept: dict[str, Floats] = {}
    categories: dict[str, tuple[str, ...]] = {}
    for name in names:
        values, levels = _column(name, column(name), notes)
        if values is None:
            continue
        if not np.isfinite(values).any() and len(values):
            notes.append(f"column {name!r} has no values and is left out")
            continue
        if len(values) > 1 and _constant(values):
            notes.append(f"column {name!r} has the same value in every row")
        kept[name] = values
        if levels is not None:
            categories[name] = levels
    if not kept:
        raise RoleError(
            f"features: none of the columns {', '.join(names) or '(none left)'} can be used; "
            "give at least one column of numbers, strings or times (features=...), "
            "or name a text, image or embedding column"
        )
    matrix = np.column_stack(list(kept.values()))
    return Table(tuple(kept), matrix, categories), tuple(notes)


def as_number(text: str) -> float | None:
    """The number a cell of text stands for; NaN for a missing mark; None where it is neither.

    Leading zeros and underscores mark codes (postal codes, article numbers), not numbers.

    Examples
    --------
    >>> as_number(" 1.5e3"), as_number("n/a"), as_number("01234")
    (1500.0, nan, None)
    """
    text = text.strip()
    if text.lower() in MISSING:
        return float("nan")
    digits = text.lstrip("+-")
    if "_" in text or (len(digits) > 1 and digits[0] == "0" and digits[1].isdigit()):
        return None
    try:
        return float(text)
    except ValueError:
        return None


def _column(
    name: str, column: pa.ChunkedArray, notes: list[str]
) -> tuple[Floats | None, tuple[str, ...] | None]:
    """The values of one column; with its levels if it is categorical."""
    kind, types = column.type, pa.types
    if types.is_null(kind):
        return np.full(len(column), np.nan), None
    if types.is_timestamp(kind) or types.is_date(kind):
        return moments(column), None
    if types.is_time(kind) or types.is_duration(kind):
        unit = {"s": 1.0, "ms": 1e3, "us": 1e6, "ns": 1e9}[kind.unit]
        whole = column.cast(pa.int32()) if kind.bit_width == 32 else column
        return _floats(whole.cast(pa.int64())) / unit, None
    if types.is_integer(kind) or types.is_floating(kind) or types.is_decimal(kind):
        return _finite(name, _floats(column), notes), None
    if types.is_boolean(kind) or types.is_dictionary(kind) or is_text(kind):
        return _levels(name, column, notes)
    notes.append(f"column {name!r} holds {kind} and is not looked at")
    return None, None


def _floats(column: pa.ChunkedArray) -> Floats:
    wide = column.cast(pa.float64(), safe=False).combine_chunks()
    return np.array(wide.to_numpy(zero_copy_only=False), dtype=np.float64)


def _finite(name: str, values: Floats, notes: list[str]) -> Floats:
    infinite = np.isinf(values)
    if infinite.any():
        notes.append(f"column {name!r}: {int(infinite.sum())} infinite values count as missing")
        values[infinite] = np.nan
    return values


def _levels(
    name: str, column: pa.ChunkedArray, notes: list[str]
) -> tuple[Floats, tuple[str, ...] | None]:
    """Categories of strings, booleans and dictionaries; numbers where strings mostly are."""
    if pa.types.is_dictionary(column.type):
        column = column.cast(column.type.value_type)
        plain_text = False
    else:
        plain_text = is_text(column.type)
    encoded = pc.dictionary_encode(text_of(column.combine_chunks()))
    levels = encoded.dictionary.to_pylist()
    missing = encoded.indices.is_null().to_numpy(zero_copy_only=False)
    codes = encoded.indices.fill_null(0).to_numpy().astype(np.int64)
    if plain_text and levels:
        numbers = _numbers(name, levels, codes, missing, notes)
        if numbers is not None:
            return numbers, None
    order = sorted(range(len(levels)), key=lambda i: _level_key(levels[i]))
    rank = np.zeros(max(1, len(levels)))
    rank[order] = np.arange(len(levels), dtype=np.float64)
    return np.where(missing, np.nan, rank[codes]), tuple(levels[i] for i in order)


def _level_key(level: str) -> tuple[int, int, str]:
    return (
        (0, int(level), level)
        if level.isascii() and level.isdigit() and len(level) < 19
        else (1, 0, level)
    )


def _numbers(
    name: str, levels: Sequence[str], codes: Any, missing: Any, notes: list[str]
) -> Floats | None:
    """Strings as numbers if nearly all are; says which cells were not."""
    parsed = [as_number(level) for level in levels]
    wrong = np.array([number is None for number in parsed])
    values = np.array([np.nan if number is None else number for number in parsed])[codes]
    values[missing] = np.nan
    strange = wrong[codes] & ~missing
    present = int(np.isfinite(values).sum()) + int(strange.sum())
    if not present or strange.sum() > (1 - _NUMERIC_SHARE) * present:
        return None
    if strange.any():
        rows = np.flatnonzero(strange)[:3].tolist()
        shown = ", ".join(f"{levels[codes[row]][:40]!r} in row {row}" for row in rows)
        notes.append(
            f"column {name!r} is read as numbers: {int(strange.sum())} cells are none and count "
            f"as missing ({shown})"
        )
    return _finite(name, values, notes)


def _constant(values: Floats) -> bool:
    return bool(np.all(values == values[0]) or np.isnan(values).all())
