"""Rows that repeat an earlier value of a column: exact, two passes, 8 bytes a row."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from foretaste.data.kinds import image_bytes
from foretaste.data.rows import Rows
from foretaste.validate.cells import read_cells
from foretaste.validate.hashing import hash_values
from foretaste.validate.schema import Kind
from foretaste.validate.tally import shown

__all__ = ["MAX_ROWS", "Repeats", "find_repeats"]

MAX_ROWS = 400_000_000  # 3 GiB of hashes; more are not checked, and that is said
_STEP = 65536


class Repeats:
    """Which rows of a column repeat an earlier one; `rows` are sorted row numbers."""

    def __init__(self, rows: npt.NDArray[np.int64], example: str) -> None:
        self.rows, self.example = rows, example


def find_repeats(rows: Rows, column: str, kind: Kind) -> Repeats:
    """Find the rows whose value stood in an earlier row; missing values do not count.

    The first pass keeps a 64-bit hash a row; only rows whose hash comes twice are read again
    and compared in full.

    Examples
    --------
    >>> from foretaste.data.rows import TableRows
    >>> table = TableRows(pa.table({"id": ["a", "b", "a", None, None]}))
    >>> find_repeats(table, "id", Kind.STRING).rows.tolist()
    [2]
    """
    hashes, usable = [], []
    for cells_hashes, mask, _ in _read(rows, column, kind):
        hashes.append(cells_hashes)
        usable.append(mask)
    if not hashes:
        return Repeats(np.zeros(0, np.int64), "")
    keys = np.concatenate(hashes)
    valid = np.concatenate(usable)
    twice = _repeated(keys[valid])
    if not len(twice):
        return Repeats(np.zeros(0, np.int64), "")
    return _compared(rows, column, kind, twice)


def _repeated(keys: npt.NDArray[np.uint64]) -> npt.NDArray[np.uint64]:
    keys = np.sort(keys)
    return np.unique(keys[1:][keys[1:] == keys[:-1]])


def _compared(rows: Rows, column: str, kind: Kind, twice: npt.NDArray[np.uint64]) -> Repeats:
    seen: set[Any] = set()
    found: list[int] = []
    example, start = "", 0
    for hashes, mask, values in _read(rows, column, kind):
        suspects = np.flatnonzero(mask & np.isin(hashes, twice))
        for row, value in zip(suspects, values.take(pa.array(suspects)).to_pylist(), strict=True):
            if value in seen:
                found.append(start + int(row))
                if not example:
                    example = shown(value)
            seen.add(value)
        start += len(mask)
    return Repeats(np.array(found, dtype=np.int64), example)


def _read(rows: Rows, column: str, kind: Kind) -> Iterator[tuple[Any, Any, Any]]:
    """Hashes, which rows count, and the values of every block."""
    for block in rows.blocks(_STEP, [column]):
        cells = read_cells(block.column(0), kind)
        values = cells.values
        if kind is Kind.IMAGE:
            values = image_bytes(values)
        if cells.numbers is not None:
            values = pa.array(cells.numbers)
        elif pa.types.is_boolean(values.type):
            values = values.cast(pa.int8())
        yield hash_values(values), cells.usable, values
