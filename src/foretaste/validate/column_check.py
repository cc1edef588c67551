"""One column against its rules, block after block."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from foretaste.validate.cells import Cells, read_cells
from foretaste.validate.findings import Finding
from foretaste.validate.moments import moment_text
from foretaste.validate.picture_check import PictureCheck
from foretaste.validate.schema import Column, Interval, Kind, Severity
from foretaste.validate.shapes import holds
from foretaste.validate.shares import exceeds
from foretaste.validate.tally import Tally, shown
from foretaste.validate.text_marks import ABOUT, find_mark

__all__ = ["ColumnCheck", "count_rules", "finding"]

_NUMBERS = frozenset({Kind.INTEGER, Kind.NUMBER})


class ColumnCheck:
    """Add the blocks of a column in order, then ask for `findings`."""

    def __init__(self, column: Column) -> None:
        self._column = column
        self._tallies: dict[str, Tally] = {}
        self._rows = 0
        self._seen_type = ""
        self._pictures = PictureCheck(column) if column.kind is Kind.IMAGE else None
        self._domain = _domain_values(column)

    def add(self, values: Any) -> None:
        """The next block of the column, an Arrow array."""
        column, start = self._column, self._rows
        cells = read_cells(values, column.kind)
        self._rows += len(values)
        if cells.wrong.any() and not self._seen_type:
            self._seen_type = str(values.type)
        self._tally("type").add(cells.wrong, start, cells.values)
        self._tally("missing").add(~cells.present, start)
        if cells.numbers is not None:
            self._numbers(cells, start)
        if self._domain is not None:
            self._tally("domain").add(self._outside_domain(cells), start, cells.values)
        if column.kind in {Kind.STRING, Kind.TEXT, Kind.LIST}:
            self._strings(cells, start)
        if self._pictures is not None:
            self._pictures.add(cells, start)

    def findings(self) -> Iterator[Finding]:
        """What is broken, in no order."""
        column, rows = self._column, self._rows
        for rule, tally in self._tallies.items():
            if not tally.count:
                continue
            share, broken, expected = self._told(rule, tally)
            if share is None:
                continue
            if exceeds(tally.count, rows, share):
                yield finding(column, rule, tally, rows, broken, expected)
            elif rule in {"domain", "range"}:  # allowed for, and yet worth a look
                told = finding(column, rule, tally, rows, f"{broken}, as allowed", expected)
                yield replace(told, severity=Severity.INFO)
        if self._pictures is not None:
            yield from self._pictures.findings()

    def _tally(self, rule: str) -> Tally:
        return self._tallies.setdefault(rule, Tally())

    def _numbers(self, cells: Cells, start: int) -> None:
        column, numbers = self._column, cells.numbers
        if numbers is None or not len(numbers):
            return
        infinite = np.isinf(numbers)
        if column.finite and infinite.any():
            self._tally("finite").add(infinite, start, cells.values)
        if column.range is not None:
            broken = _outside(numbers, column.range) & ~infinite
            self._tally("range").add(broken, start, pa.array(numbers))

    def _outside_domain(self, cells: Cells) -> Any:
        if cells.numbers is not None:
            return cells.usable & ~np.isin(cells.numbers, self._domain)
        known = pc.is_in(cells.texts, self._domain).to_numpy(zero_copy_only=False)
        return cells.usable & ~np.asarray(known, dtype=np.bool_)

    def _strings(self, cells: Cells, start: int) -> None:
        column, usable = self._column, cells.usable
        if column.length is not None and usable.any():
            lengths = _lengths(cells, usable)
            self._tally("length").add(
                _outside(lengths, column.length), start, pa.array(lengths).fill_null(0)
            )
        if column.kind is Kind.LIST:
            return
        if column.pattern is not None:
            fits = holds(column.pattern, cells.texts).fill_null(True)
            broken = usable & ~np.asarray(fits.to_numpy(zero_copy_only=False), dtype=np.bool_)
            self._tally("pattern").add(broken, start, cells.values)
        for mark in column.marks:
            self._tally(f"text:{mark}").add(find_mark(mark, cells.texts), start, cells.values)

    def _told(self, rule: str, tally: Tally) -> tuple[float | None, str, str]:
        """The share allowed (None: no such rule), what is wrong, and what was expected."""
        column = self._column
        if rule.startswith("text:"):
            mark = rule.removeprefix("text:")
            allowed = column.marks[mark]
            return allowed, f"with {ABOUT[mark]}", _at_most(allowed)
        if rule == "range" and column.kind is Kind.TIME:
            tally.value = moment_text(float(tally.value))
        stored = f", stored as {self._seen_type}" if self._seen_type else ""
        unit = "items" if column.kind is Kind.LIST else "characters"
        limits = interval_text(column.range, moment=column.kind is Kind.TIME)
        told: dict[str, tuple[float | None, str, str]] = {
            "type": (0.0, f"no {column.kind}{stored}", f"type {column.kind}"),
            "missing": (column.missing, "without a value", _at_most(column.missing)),
            "domain": (column.others, "outside the domain", _one_of(column.domain)),
            "range": (column.outside, "outside the range", limits),
            "finite": (0.0, "infinite", "finite numbers"),
            "length": (0.0, "of another length", f"{interval_text(column.length)} {unit}"),
            "pattern": (0.0, "of another form", f"the pattern {column.pattern}"),
        }
        return told[rule]


def count_rules(column: Column) -> int:
    """How many rules a column has.

    Examples
    --------
    >>> count_rules(Column("age", Kind.INTEGER, range=Interval(0, 120), missing=0.0))
    5
    """
    stated = (column.missing, column.domain, column.range, column.length, column.pattern)
    rules = 2 + sum(rule is not None for rule in stated) + column.unique + len(column.marks)
    rules += column.finite and column.kind in _NUMBERS
    if column.picture is not None:
        picture = column.picture
        parts = (picture.width, picture.height, picture.modes, picture.aspect, picture.duplicates)
        rules += sum(part is not None for part in parts)
    return rules + (column.kind is Kind.IMAGE)


def finding(
    column: Column, rule: str, tally: Tally, total: int, broken: str, expected: str
) -> Finding:
    """A finding of a rule of a column, with its sentence."""
    rows = "row" if tally.count == 1 else "rows"
    first = f"first: row {tally.rows[0]}" if tally.rows else ""
    value = f", {tally.value!r}" if tally.value else ""
    message = (
        f"column {column.name!r}: {tally.count:,} of {total:,} {rows} {broken} "
        f"({first}{value}); expected {expected}"
    )
    return Finding(
        rule=rule,
        column=column.name,
        severity=column.severity_of(rule),
        message=message,
        count=tally.count,
        total=total,
        rows=tuple(tally.rows),
        value=tally.value,
        expected=expected,
        owner=column.owner,
    )


def _at_most(share: float | None) -> str:
    return f"at most {share or 0.0:.3g} of the rows"


def _one_of(values: tuple[str, ...] | None) -> str:
    known = values or ()
    return f"one of {', '.join(map(shown, known[:8]))}{', …' if len(known) > 8 else ''}"


def interval_text(interval: Interval | None, *, moment: bool = False) -> str:
    """A range in words.

    Examples
    --------
    >>> interval_text(Interval(0, 120)), interval_text(Interval(low=0))
    ('0 to 120', 'at least 0')
    """
    write = moment_text if moment else shown
    low, high = (interval.low, interval.high) if interval is not None else (None, None)
    if low is not None and high is not None:
        return write(low) if low == high else f"{write(low)} to {write(high)}"
    if low is not None:
        return f"at least {write(low)}"
    return f"at most {write(high)}" if high is not None else "anything"


def _outside(values: Any, interval: Interval) -> Any:
    """(n,) which numbers lie outside; NaN does not."""
    broken = np.zeros(len(values), dtype=np.bool_)
    if interval.low is not None:
        broken |= values < interval.low
    if interval.high is not None:
        broken |= values > interval.high
    return broken


def _lengths(cells: Cells, usable: Any) -> Any:
    measure = pc.list_value_length if cells.kind is Kind.LIST else pc.utf8_length
    values = cells.values if cells.kind is Kind.LIST else cells.texts
    lengths = np.full(len(usable), np.nan)
    kept = values if usable.all() else values.filter(pa.array(usable))
    lengths[usable] = measure(kept).to_numpy(zero_copy_only=False)
    return lengths


def _domain_values(column: Column) -> Any:
    if column.domain is None:
        return None
    if column.kind in _NUMBERS:
        return np.array([float(value) for value in column.domain])
    return pa.array(column.domain, pa.large_string())
