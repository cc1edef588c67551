"""What data must look like: a schema, its columns and what each rule means.

A `Schema` is plain, frozen data. It is written and read as YAML (`document`, `reading`), made from
data (`inferring`), and put to data (`checking`). A rule that is None is not checked.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from foretaste.errors import UsageError

__all__ = [
    "DEFAULT_SEVERITY",
    "FORMAT",
    "MARKS",
    "Column",
    "DriftLimits",
    "Interval",
    "Kind",
    "Label",
    "Picture",
    "Schema",
    "Severity",
]

FORMAT = "foretaste/schema/v1"


class Kind(StrEnum):
    """What the cells of a column are."""

    INTEGER = "integer"  # whole numbers, however stored
    NUMBER = "number"
    BOOLEAN = "boolean"
    STRING = "string"  # codes, names, categories
    TEXT = "text"  # written by people: sentences
    TIME = "time"  # timestamps, dates, ISO 8601 strings
    IMAGE = "image"  # encoded bytes
    LIST = "list"  # lists of numbers, e.g. embeddings
    OTHER = "other"  # anything else; only presence is checked


class Severity(StrEnum):
    """What a finding means for a pipeline."""

    BLOCK = "block"
    WARN = "warn"
    INFO = "info"


# Marks of text that should not be there; what each looks for is in `text_marks`.
MARKS = ("empty", "control", "zero-width", "direction", "damaged", "mixed-script", "lookalike")

DEFAULT_SEVERITY: Mapping[str, Severity] = {
    "rows": Severity.BLOCK,
    "columns": Severity.WARN,
    "presence": Severity.BLOCK,
    "type": Severity.BLOCK,
    "missing": Severity.BLOCK,
    "unique": Severity.BLOCK,
    "domain": Severity.BLOCK,
    "range": Severity.BLOCK,
    "finite": Severity.BLOCK,
    "length": Severity.WARN,
    "pattern": Severity.BLOCK,
    "prior": Severity.WARN,
    "unreadable": Severity.BLOCK,
    "size": Severity.WARN,
    "mode": Severity.WARN,
    "aspect": Severity.WARN,
    "duplicates": Severity.WARN,
    "drift": Severity.WARN,
    **dict.fromkeys((f"text:{mark}" for mark in MARKS), Severity.WARN),
}


@dataclass(frozen=True)
class Interval:
    """From `low` to `high`, both included; None is no limit."""

    low: float | None = None
    high: float | None = None

    def __post_init__(self) -> None:
        if self.low is not None and self.high is not None and not self.low <= self.high:
            raise UsageError(f"a range must go up, got min {self.low:g} and max {self.high:g}")


@dataclass(frozen=True)
class Picture:
    """What images must be. Sizes in pixels; shares are of the rows of the column."""

    width: Interval | None = None
    height: Interval | None = None
    modes: tuple[str, ...] | None = None  # of Pillow: L, RGB, RGBA ...
    aspect: float | None = None  # the longer side over the shorter one, at most
    duplicates: float | None = None  # share of rows that repeat an earlier image, byte by byte


@dataclass(frozen=True)
class DriftLimits:
    """From which effect on a significant difference is worth telling.

    statistic: Kolmogorov–Smirnov distance of numbers, 0 to 1.
    l_infinity: largest change of the share of one category, 0 to 1.
    jensen_shannon: distance (square root of the divergence in bits) of categories, 0 to 1.
    psi: population stability index; by custom 0.1 is moderate, 0.25 is large.
    missing: change of the share of missing cells, 0 to 1.
    """

    statistic: float = 0.1
    l_infinity: float = 0.1
    jensen_shannon: float = 0.15
    psi: float = 0.2
    missing: float = 0.05


def _is_number(text: str) -> bool:
    try:
        return math.isfinite(float(text))
    except ValueError:
        return False


@dataclass(frozen=True)
class Column:
    """The rules of one column.

    Shares (`missing`, `outside`, `others`, marks) are of all rows of the batch. A batch breaks
    them when it has more such rows than the share explains by chance (binomial, 1 in 1,000);
    a share of 0 allows none.
    """

    name: str
    kind: Kind
    required: bool = True  # the column must be there
    not_in: tuple[str, ...] = ()  # environments in which it need not be
    missing: float | None = None  # share of rows without a value, at most
    unique: bool = False
    domain: tuple[str, ...] | None = None  # values, as text; nothing else
    others: float = 0.0  # share of rows outside the domain, at most
    range: Interval | None = None
    outside: float = 0.0  # share of rows outside the range, at most
    finite: bool = True  # infinite numbers are refused
    length: Interval | None = None  # characters of a string, items of a list
    pattern: str | None = None  # regular expression (RE2) that the whole string must match
    marks: Mapping[str, float] = field(default_factory=dict)  # mark of text -> share at most
    picture: Picture | None = None
    drift: DriftLimits | None = None
    severity: Severity | None = None  # of all rules of the column
    severities: Mapping[str, Severity] = field(default_factory=dict)  # of single rules
    owner: str = ""  # who is asked
    why: Mapping[str, str] = field(default_factory=dict, compare=False)  # comments, by rule

    def __post_init__(self) -> None:
        if self.kind in {Kind.INTEGER, Kind.NUMBER}:
            for value in self.domain or ():
                if not _is_number(value):
                    raise UsageError(
                        f"column {self.name!r} holds numbers, but its domain has {value!r:.60}; "
                        "remove it, or make the type string"
                    )

    def severity_of(self, rule: str) -> Severity:
        """What a finding of `rule` means here.

        Examples
        --------
        >>> Column("age", Kind.INTEGER, severity=Severity.WARN).severity_of("range").value
        'warn'
        """
        default = self.severity or DEFAULT_SEVERITY.get(rule, Severity.BLOCK)
        return self.severities.get(rule, default)


@dataclass(frozen=True)
class Label:
    """The label column and how often each label is due."""

    column: str
    prior: Mapping[str, float] = field(default_factory=dict)  # label -> share, in all 1
    rows: int = 0  # of which the prior was taken; 0 says that it is exact
    tolerance: float = 0.05  # a share may move by this much, whatever the test says


@dataclass(frozen=True)
class Schema:
    """What a data set must look like.

    Examples
    --------
    >>> schema = Schema("people", (Column("age", Kind.INTEGER, range=Interval(0, 120)),))
    >>> schema.column("age").range
    Interval(low=0, high=120)
    """

    name: str
    columns: tuple[Column, ...]
    label: Label | None = None
    source: str | None = None  # the column that says who gave a row
    environments: tuple[str, ...] = ()
    min_rows: int = 1
    other_columns: bool = True  # columns that no rule names are told (False) or let be
    drift: DriftLimits = field(default_factory=DriftLimits)
    owner: str = ""
    about: str = field(default="", compare=False)  # where it came from, one line

    def __post_init__(self) -> None:
        names = [column.name for column in self.columns]
        twice = sorted({name for name in names if names.count(name) > 1})
        if twice:
            raise UsageError(f"schema {self.name!r}: column {twice[0]!r} is described twice")
        for column in self.columns:
            unknown = sorted(set(column.not_in) - set(self.environments))
            if unknown:
                raise UsageError(
                    f"schema {self.name!r}: column {column.name!r} is not in environment "
                    f"{unknown[0]!r}, which is not listed under environments; add it there"
                )

    def column(self, name: str) -> Column | None:
        """The rules of a column; None where it has none."""
        return next((column for column in self.columns if column.name == name), None)

    def due(self, column: Column, environment: str | None) -> bool:
        """Whether a column must be there in an environment."""
        return column.required and environment not in column.not_in

    def check_environment(self, environment: str | None) -> None:
        """Refuse an environment that the schema does not know.

        Raises
        ------
        UsageError
            Naming those it knows.
        """
        if environment is not None and environment not in self.environments:
            known = ", ".join(self.environments) or "none"
            raise UsageError(
                f"environment: the schema {self.name!r} has no {environment!r} (it has {known}); "
                "name one of them, or add it to the schema"
            )
