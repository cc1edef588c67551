"""What moved between two data sets or batches: tested, corrected, and large enough to matter.

Every comparison is a hypothesis of one family, corrected together (Holm): each column as a whole,
its missing share, categories that are new, and each column among the rows of one label or of one
source. A difference is told if its corrected p-value is at most `ALPHA` *and* an effect size
reaches its limit (`DriftLimits`): with a million rows everything is significant, and with fifty
everything is large.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from foretaste.validate.findings import Finding
from foretaste.validate.parts import Part, parts_of
from foretaste.validate.schema import DEFAULT_SEVERITY, Column, DriftLimits, Kind, Schema
from foretaste.validate.summary import ColumnSummary, Statistics
from foretaste.validate.two_samples import (
    Difference,
    compare_categories,
    compare_numbers,
    compare_shares,
    holm,
    unseen,
)
from foretaste.validate.vocabulary import compare_words

__all__ = ["ALPHA", "Comparison", "compare_statistics", "significant"]

ALPHA = 0.01  # chance of a false alarm among all comparisons of two like data sets
MIN_ROWS = 30  # values on each side, fewer are not compared
_MAX_CATEGORIES = 20  # whole numbers of no more values are categories
_COUNTED = frozenset({Kind.STRING, Kind.BOOLEAN})


@dataclass(frozen=True)
class Comparison:
    """One hypothesis: a column (or an aspect of it) does not differ among the rows of `part`."""

    column: str
    what: str  # "", "length", "missing", "unseen", "words" ...
    part: str  # "label = spam", or "" for all rows
    difference: Difference
    rows: int  # of what is compared, that the difference is about
    adjusted: float = 1.0  # p-value over all comparisons


def compare_statistics(
    reference: Statistics, current: Statistics, *, label: str | None, source: str | None
) -> list[Comparison]:
    """All comparisons of the columns that both have, with corrected p-values.

    Parameters
    ----------
    reference, current
        Made with the same columns and types, see `summarise`.
    label, source
        Columns whose values part the rows: each part is compared with its like.

    Examples
    --------
    >>> from foretaste.validate import summarise
    >>> a = summarise({"x": [float(n) for n in range(100)]})
    >>> b = summarise({"x": [float(n + 50) for n in range(100)]})
    >>> made = compare_statistics(a, b, label=None, source=None)
    >>> [(c.column, c.what, c.adjusted < 0.001) for c in made]
    [('x', '', True), ('x', 'missing', False)]
    """
    found = list(_whole(reference, current))
    for column in dict.fromkeys(filter(None, (label, source))):
        for part in parts_of(reference.sample, current.sample, column):
            found += _part(part, reference, current)
    adjusted = holm([one.difference.p_value for one in found])
    return [
        Comparison(c.column, c.what, c.part, c.difference, c.rows, float(p))
        for c, p in zip(found, adjusted, strict=True)
    ]


def significant(comparisons: Iterable[Comparison], schema: Schema) -> Iterator[Finding]:
    """The comparisons that tell: significant, and large enough.

    A part is told only where the column as a whole is not: there it adds nothing.
    """
    told = [c for c in comparisons if c.adjusted <= ALPHA and _large(c, schema)]
    whole = {(c.column, c.what) for c in told if not c.part}
    for one in told:
        if not one.part or (one.column, one.what) not in whole:
            yield _finding(one, schema)


def _whole(reference: Statistics, current: Statistics) -> Iterator[Comparison]:
    for name, old in reference.columns.items():
        new = current.columns.get(name)
        if new is None:
            continue
        rows = current.rows
        counted = _as_categories(old, new)
        if counted and min(old.present, new.present) >= MIN_ROWS:
            counts = old.frequent.counts, new.frequent.counts
            yield Comparison(name, "", "", compare_categories(*counts), rows)
            yield Comparison(name, "unseen", "", unseen(*counts), rows)
        elif not counted:
            part = Part("", reference.sample.values, current.sample.values)
            yield from _traits(part, name, old.kind)
        if min(old.rows, new.rows) >= MIN_ROWS:
            missing = compare_shares((old.missing, old.rows), (new.missing, new.rows))
            yield Comparison(name, "missing", "", missing, rows)
            if old.wrong or new.wrong:
                wrong = compare_shares((old.wrong, old.rows), (new.wrong, new.rows))
                yield Comparison(name, "type", "", wrong, rows)


def _as_categories(old: ColumnSummary, new: ColumnSummary) -> bool:
    """Whether a column is compared by exact counts of its values."""
    if not (old.frequent.exact and new.frequent.exact):
        return False
    if old.kind in _COUNTED:
        return True
    few = len({*old.frequent.counts, *new.frequent.counts}) <= _MAX_CATEGORIES
    return few and old.kind in {Kind.INTEGER, Kind.NUMBER}


def _part(part: Part, reference: Statistics, current: Statistics) -> Iterator[Comparison]:
    """Every column among the rows of one label or source; from the samples."""
    for name, old in reference.columns.items():
        new = current.columns.get(name)
        if new is not None and name != part.column:
            yield from _traits(part, name, old.kind, categories=_as_categories(old, new))


def _traits(
    part: Part, column: str, kind: Kind, *, categories: bool = False
) -> Iterator[Comparison]:
    for trait, sides in part.traits(column):
        old, new = (side.drop_null() for side in sides)
        if min(len(old), len(new)) < MIN_ROWS:
            continue
        what = trait.aspect
        if what == "words":
            difference = compare_words(old.to_pylist(), new.to_pylist())
        elif categories or what == "mode":
            difference = compare_categories(_counts(old), _counts(new))
        elif kind in _COUNTED:  # too many values to count: what they look like
            what, difference = "length", compare_numbers(_lengths(old), _lengths(new))
        else:
            difference = _finite_numbers(old, new)
        yield Comparison(column, what, part.name, difference, len(new))


def _finite_numbers(old: Any, new: Any) -> Difference:
    values = [column.to_numpy(zero_copy_only=False) for column in (old, new)]
    finite = [value[np.isfinite(value)] for value in values]
    if min(map(len, finite)) < MIN_ROWS:
        return Difference(1.0)
    return compare_numbers(finite[0], finite[1])


def _counts(values: Any) -> dict[str, int]:
    counted = values.value_counts()
    names, sizes = counted.field("values").to_pylist(), counted.field("counts").to_pylist()
    return {str(name): size for name, size in zip(names, sizes, strict=True)}


def _lengths(values: Any) -> Any:
    return np.array([len(text) for text in values.to_pylist()], dtype=np.float64)


def _large(one: Comparison, schema: Schema) -> bool:
    if one.what in {"unseen", "type"}:
        return True  # rows of a kind never seen are never nothing
    column = schema.column(one.column)
    limits = (column.drift if column is not None else None) or schema.drift
    return any(value >= _limit(limits, name) for name, value in one.difference.measures.items())


def _limit(limits: DriftLimits, measure: str) -> float:
    return float(getattr(limits, measure))


def _finding(one: Comparison, schema: Schema) -> Finding:
    column = schema.column(one.column) or Column(one.column, Kind.OTHER)
    label = schema.label is not None and schema.label.column == one.column
    what = {
        "": "labels" if label else "values",
        "missing": "the missing share",
        "unseen": "values never seen before",
        "type": "the share of values of another type",
    }.get(one.what, f"the {one.what}")
    where = f" where {one.part}" if one.part else ""
    verb = "come up" if one.what == "unseen" else "moved"
    measures = ", ".join(f"{_NAMES[name]} {v:.2g}" for name, v in one.difference.measures.items())
    return Finding(
        rule="drift",
        column=one.column,
        severity=column.severity_of("drift") if column else DEFAULT_SEVERITY["drift"],
        message=(
            f"column {one.column!r}: {what} {verb}{where}: {one.difference.told} "
            f"({measures}; p = {one.adjusted:.1g} over all comparisons)"
        ),
        total=one.rows,
        expected="as in the reference",
        owner=column.owner or schema.owner,
        part=one.part,
        measures=dict(one.difference.measures),
        p_value=one.adjusted,
    )


_NAMES = {
    "statistic": "KS distance",
    "l_infinity": "largest change of a share",
    "jensen_shannon": "Jensen–Shannon distance",
    "psi": "PSI",
    "missing": "change",
    "unseen": "share of the rows",
}
