"""Statistics of a data set in bounded memory, block by block, mergeable over partitions.

::

    block ─► Statistics ─┐
    block ─► Statistics ─┴─ merged ─► Statistics of the whole

Counts, extremes and the smallest hashes of merged parts are exactly those of the whole, the row
sample too; counts of frequent values are exact up to 1,000 different ones (see `frequent`; of
columns of measurements none are kept).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from foretaste.data.rows import Rows
from foretaste.errors import UsageError
from foretaste.validate.cells import Cells, read_cells
from foretaste.validate.distinct import Distinct
from foretaste.validate.frequent import Frequent
from foretaste.validate.hashing import hash_rows, hash_values
from foretaste.validate.sample import SIZE, Sample
from foretaste.validate.schema import MARKS, Kind
from foretaste.validate.text_marks import find_mark
from foretaste.validate.traits import traits_of

__all__ = ["BLOCK_ROWS", "ColumnSummary", "Statistics", "summarise_rows"]

BLOCK_ROWS = 65536
_COUNTED = frozenset({Kind.INTEGER, Kind.STRING, Kind.BOOLEAN})


@dataclass(frozen=True)
class ColumnSummary:
    """What is known of a column. Lengths are characters of strings, items of lists."""

    kind: Kind
    rows: int = 0
    missing: int = 0
    wrong: int = 0  # values of another type
    infinite: int = 0
    low: float = np.inf  # of numbers and moments
    high: float = -np.inf
    shortest: float = np.inf
    longest: float = -np.inf
    frequent: Frequent = field(default_factory=Frequent)
    distinct: Distinct = field(default_factory=Distinct)
    marks: Mapping[str, int] = field(default_factory=dict)  # rows with each mark of text

    @property
    def present(self) -> int:
        """Rows with a value of the right type."""
        return self.rows - self.missing - self.wrong

    @classmethod
    def of(cls, cells: Cells) -> ColumnSummary:
        """Of one block."""
        usable = cells.usable
        made: dict[str, Any] = {
            "rows": len(usable),
            "missing": int(len(usable) - cells.present.sum()),
            "wrong": int(cells.wrong.sum()),
        }
        if cells.numbers is not None:
            made |= _of_numbers(cells.numbers)
        if cells.kind in {Kind.STRING, Kind.TEXT, Kind.LIST}:
            made |= _of_lengths(cells)
        if cells.kind in {Kind.STRING, Kind.TEXT}:
            made["marks"] = {mark: int(find_mark(mark, cells.texts).sum()) for mark in MARKS}
        if cells.kind in _COUNTED:
            values = cells.values if usable.all() else cells.values.filter(pa.array(usable))
            made["frequent"] = Frequent.of(values)
        made["distinct"] = _distinct(cells)
        if cells.numbers is not None and cells.kind is Kind.NUMBER:
            made["frequent"] = _of_few(cells.numbers, made["distinct"])
        return cls(cells.kind, **made)

    def merged(self, other: ColumnSummary) -> ColumnSummary:
        """Both together."""
        if self.kind is not other.kind:
            raise UsageError(
                f"statistics of {self.kind} and {other.kind} do not merge; "
                "summarise all parts with the same schema"
            )
        marks = {mark: n + other.marks.get(mark, 0) for mark, n in self.marks.items()}
        return ColumnSummary(
            self.kind,
            rows=self.rows + other.rows,
            missing=self.missing + other.missing,
            wrong=self.wrong + other.wrong,
            infinite=self.infinite + other.infinite,
            low=min(self.low, other.low),
            high=max(self.high, other.high),
            shortest=min(self.shortest, other.shortest),
            longest=max(self.longest, other.longest),
            frequent=self.frequent.merged(other.frequent),
            distinct=self.distinct.merged(other.distinct),
            marks=marks,
        )


@dataclass(frozen=True)
class Statistics:
    """What is known of a data set: `columns` by name, and a sample of its rows."""

    name: str
    rows: int
    columns: Mapping[str, ColumnSummary]
    sample: Sample = field(repr=False)

    def merged(self, other: Statistics) -> Statistics:
        """Both together; columns that only one of them has are left out."""
        columns = {
            name: summary.merged(other.columns[name])
            for name, summary in self.columns.items()
            if name in other.columns
        }
        sample = self.sample.merged(other.sample)
        return Statistics(self.name, self.rows + other.rows, columns, sample)


def summarise_rows(
    rows: Rows,
    kinds: Mapping[str, Kind],
    *,
    name: str = "data",
    seed: int = 0,
    first_row: int = 0,
    sample_size: int = SIZE,
) -> Statistics:
    """One pass over the rows.

    Parameters
    ----------
    rows
        Where they are.
    kinds
        The columns to look at, and what each is.
    name
        What the data is called.
    seed
        Of the row sample; the parts of one data set need the same.
    first_row
        The number of the first row in the whole data set, where this is a part of it.
    sample_size
        Rows kept; 32,768 by default.

    Examples
    --------
    >>> from foretaste.data.rows import TableRows
    >>> table = pa.table({"x": [1.0, 2.0, None]})
    >>> made = summarise_rows(TableRows(table), {"x": Kind.NUMBER})
    >>> made.columns["x"].missing, made.columns["x"].high
    (1, 2.0)
    """
    blocks = rows.blocks(BLOCK_ROWS, list(kinds))
    return _summarised(blocks, kinds, name, seed, first_row, sample_size)


def _summarised(
    blocks: Iterable[pa.RecordBatch],
    kinds: Mapping[str, Kind],
    name: str,
    seed: int,
    start: int,
    size: int,
) -> Statistics:
    columns = {column: ColumnSummary(kind) for column, kind in kinds.items()}
    marked = {Kind.STRING, Kind.TEXT}
    for column, kind in kinds.items():
        if kind in marked:
            columns[column] = ColumnSummary(kind, marks=dict.fromkeys(MARKS, 0))
    sample, seen = Sample(size=size), 0
    for block in blocks:
        keys = hash_rows(start + seen, block.num_rows, seed)
        wanted = sample.wanted(keys)
        chosen: dict[Any, Any] = {}
        for column, kind in kinds.items():
            values = block.column(column)
            columns[column] = columns[column].merged(ColumnSummary.of(read_cells(values, kind)))
            part = values if len(wanted) == len(keys) else values.take(pa.array(wanted))
            chosen |= traits_of(column, read_cells(part, kind))
        drawn = Sample.of(keys[wanted], chosen, size)
        grown = sample.merged(drawn)
        seen += block.num_rows
        sample = Sample(grown.keys, grown.values, size, seen)
    return Statistics(name, seen, columns, sample)


def _of_numbers(numbers: Any) -> dict[str, Any]:
    finite = numbers[np.isfinite(numbers)]
    made: dict[str, Any] = {"infinite": int(np.isinf(numbers).sum())}
    if len(finite):
        made |= {"low": float(finite.min()), "high": float(finite.max())}
    return made


def _of_lengths(cells: Cells) -> dict[str, Any]:
    if not cells.usable.any():
        return {}
    measure = pc.list_value_length if cells.kind is Kind.LIST else pc.utf8_length
    lengths = measure(cells.values if cells.usable.all() else cells.values.filter(cells.usable))
    ends = pc.min_max(lengths).as_py()
    return {"shortest": float(ends["min"]), "longest": float(ends["max"])}


def _of_few(numbers: Any, distinct: Distinct) -> Frequent:
    """Counts of numbers where they are few; of measurements, no value is frequent."""
    known = numbers[~np.isnan(numbers)]
    if not distinct.exact:
        return Frequent(slack=len(known))
    return Frequent.of(pa.array(known))


def _distinct(cells: Cells) -> Distinct:
    if cells.kind in {Kind.LIST, Kind.OTHER, Kind.IMAGE}:
        return Distinct()
    values: Any = cells.values if cells.numbers is None else pa.array(cells.numbers)
    hashes = hash_values(values)
    usable = cells.usable
    return Distinct().with_hashes(hashes if usable.all() else hashes[usable])
