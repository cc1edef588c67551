"""Validation on real data: false alarms on random halves, power on drifts that are there.

    python -m benchmarks.drift --splits 200

Random halves of one data set differ by chance only: whatever is told of them is false. The same
halves say whether a schema made from one is kept by the other. Drifts are real (parts of a data
set that are known to differ) or planted in one half, at several sizes. Results are written to
``benchmarks/results/drift.md``.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from scipy import stats

from benchmarks.sets import DATA
from foretaste import validate
from foretaste.data.open import open_rows
from foretaste.validate.drifting import ALPHA, significant
from foretaste.validate.movement import compare

RESULT = Path(__file__).parent / "results" / "drift.md"
ROWS = 4000  # at most, of a set; both halves together

_ALARMS = f"""Random halves, at most {ROWS:,} rows a set. *Told* and *significant* must be at most
{ALPHA:.0%} of the halves, as the error holds over all comparisons of one; *blocked* and *warned*
say how often one half broke the schema of the other."""
_PLANTED = "Planted in one of two random halves of at most 2,000 rows,"

SETS = {
    "adult": "adult/data.parquet",
    "ag-news": "ag-news/data.parquet",
    "breast-cancer": "breast-cancer-wisconsin/data.csv",
    "credit-default": "credit-default/data.parquet",
    "davidson-tweets": "davidson-tweets/data.parquet",
    "heart-disease": "heart-disease/data.csv",
    "mnist": "mnist/train.parquet",
    "sms-spam": "sms-spam/data.csv",
    "spambase": "spambase/data.csv",
    "trec": "trec/data.csv",
}
SLOW = {"mnist": 1000}  # rows of sets whose rows must be decoded


@dataclass
class Alarms:
    """Over the random halves of one set; each counts halves, not findings."""

    splits: int = 0
    told: int = 0  # something was told
    significant: int = 0  # a corrected p-value was at most ALPHA, whatever the effect
    blocked: int = 0  # one half broke the schema of the other
    warned: int = 0
    tests: int = 0  # comparisons of one split


def main() -> int:
    """Measure, and write the tables."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--splits", type=int, default=200)
    parser.add_argument("--set", action="append", default=[], help="only these data sets")
    parser.add_argument("--data", type=Path, default=DATA, help="folder of real data sets")
    parser.add_argument("--result", type=Path, default=RESULT)
    told = parser.parse_args()
    names = told.set or list(SETS)
    alarms = {name: false_alarms(name, told.data, told.splits) for name in names}
    lines = ["# Drift and schemas, measured", "", *alarm_table(alarms), ""]
    lines += [*planted_table(told.data, max(1, told.splits // 10)), "", *natural_table(told.data)]
    told.result.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return 0


def read(name: str, data: Path, seed: int = 0) -> pa.Table:
    """Rows of a set, in random order."""
    table = whole(SETS[name], data)
    order = np.random.default_rng(seed).permutation(table.num_rows)
    return table.take(order[: SLOW.get(name, ROWS)])


@cache
def whole(path: str, data: Path) -> pa.Table:
    """All rows of a file in their own order."""
    rows = open_rows(data / path)
    return pa.Table.from_batches(list(rows.blocks(65536)), rows.schema)


def false_alarms(name: str, data: Path, splits: int) -> Alarms:
    """Random halves: compared with each other, and one against the schema of the other."""
    counts = Alarms(splits)
    for seed in range(splits):
        table = read(name, data, seed)
        middle = table.num_rows // 2
        old, new = table.slice(0, middle), table.slice(middle)
        schema = validate.infer(old)
        comparisons = compare(new, old, schema)
        counts.tests = len(comparisons)
        counts.told += any(True for _ in significant(comparisons, schema))
        counts.significant += any(c.adjusted <= ALPHA for c in comparisons)
        found = validate.check(new, schema)
        counts.blocked += bool(found.blocking)
        counts.warned += any(f.severity is validate.Severity.WARN for f in found.findings)
    sys.stderr.write(f"{name}: {counts}\n")
    return counts


def alarm_table(alarms: dict[str, Alarms]) -> list[str]:
    """Each set, and all of them with an interval."""
    lines = [
        _ALARMS,
        "",
        "| set | halves | comparisons | told | significant | blocked | warned |",
        "| --- | --- | --- | --- | --- | --- | --- |",
    ]
    for name, a in alarms.items():
        counts = f"{a.told} | {a.significant} | {a.blocked} | {a.warned}"
        lines.append(f"| {name} | {a.splits} | {a.tests} | {counts} |")
    n = sum(a.splits for a in alarms.values())
    totals = [sum(getattr(a, f) for a in alarms.values()) for f in vars(Alarms()) if f != "tests"]
    shares = " | ".join(f"{t} ({t / n:.2%}, at most {upper(t, n):.2%})" for t in totals[1:])
    return [*lines, f"| all | {n} |  | {shares} |"]


def upper(count: int, n: int) -> float:
    """The upper 95 % limit of a share (Clopper–Pearson, one-sided)."""
    return float(stats.beta.ppf(0.95, count + 1, n - count)) if count < n else 1.0


Change = Callable[[pa.Table, float, np.random.Generator], pa.Table]


def shift(column: str) -> Change:
    """Add `size` standard deviations to a column of numbers."""

    def change(table: pa.Table, size: float, _: np.random.Generator) -> pa.Table:
        values = table[column].cast(pa.float64())
        moved = pc.add(values, size * pc.stddev(values).as_py())
        if pa.types.is_integer(table[column].type):
            moved = pc.round(moved).cast(pa.int64())
        return table.set_column(table.schema.get_field_index(column), column, moved)

    return change


def lose(column: str) -> Change:
    """Empty a share `size` of the cells."""

    def change(table: pa.Table, size: float, rng: np.random.Generator) -> pa.Table:
        gone = pa.array(rng.random(table.num_rows) < size)
        values = pc.if_else(gone, pa.nulls(table.num_rows, table[column].type), table[column])
        return table.set_column(table.schema.get_field_index(column), column, values)

    return change


def rename(column: str, value: str) -> Change:
    """Write `value` into a share `size` of the cells: a category that nobody has seen."""

    def change(table: pa.Table, size: float, rng: np.random.Generator) -> pa.Table:
        hit = pa.array(rng.random(table.num_rows) < size)
        values = pc.if_else(hit, value, table[column])
        return table.set_column(table.schema.get_field_index(column), column, values)

    return change


def thin(column: str, value: str) -> Change:
    """Drop a share `size` of the rows with one value: the prior moves."""

    def change(table: pa.Table, size: float, rng: np.random.Generator) -> pa.Table:
        hit = pc.equal(table[column], value).to_numpy()
        return table.filter(pa.array(~hit | (rng.random(table.num_rows) >= size)))

    return change


def shift_in(column: str, by: str, value: str) -> Change:
    """Shift a column by `size` deviations among the rows of one value only."""

    def change(table: pa.Table, size: float, rng: np.random.Generator) -> pa.Table:
        moved = shift(column)(table, size, rng)
        hit = pc.equal(table[by], value)
        values = pc.if_else(hit, moved[column], table[column].cast(moved[column].type))
        return table.set_column(table.schema.get_field_index(column), column, values)

    return change


PLANTED: tuple[tuple[str, str, str, Change, tuple[float, ...]], ...] = (
    ("adult", "age", "shift by this many deviations", shift("age"), (0.1, 0.25, 0.5)),
    ("adult", "age", "the same for '>50K' only", shift_in("age", "label", ">50K"), (0.25, 0.5, 1)),
    ("adult", "workclass", "share of cells lost", lose("workclass"), (0.02, 0.05, 0.1)),
    ("adult", "workclass", "share renamed", rename("workclass", "Gig"), (0.002, 0.005, 0.02)),
    ("sms-spam", "label", "share of spam dropped", thin("label", "spam"), (0.5, 0.9, 1.0)),
    ("spambase", "you", "shift", shift("you"), (0.1, 0.25, 0.5)),
)


def planted_table(data: Path, splits: int) -> list[str]:
    """How often a planted drift of each size is told, and told of the right column."""
    lines = [
        f"{_PLANTED} {splits} times each: how often a finding names the column.",
        "",
        "| set | column | change | size: told |",
        "| --- | --- | --- | --- |",
    ]
    for name, column, what, change, sizes in PLANTED:
        shares = []
        for size in sizes:
            hits = 0
            for seed in range(splits):
                table = read(name, data, seed)
                middle = table.num_rows // 2
                rng = np.random.default_rng(seed)
                new = change(table.slice(middle), size, rng)
                found = validate.drift(new, table.slice(0, middle)).findings
                hits += any(f.column == column for f in found)
            shares.append(f"{size:g}: {hits / splits:.0%}")
        lines.append(f"| {name} | {column} | {what} | {', '.join(shares)} |")
        sys.stderr.write(lines[-1] + "\n")
    return lines


@dataclass(frozen=True)
class Natural:
    """Two parts of a data set that are known to differ."""

    what: str
    old: Callable[[Path], pa.Table]
    new: Callable[[Path], pa.Table]


def where(path: str, column: str, values: tuple[Any, ...], *, keep: bool) -> Any:
    """The rows of a set whose `column` has (or has not) one of the values."""

    def part(data: Path) -> pa.Table:
        table = whole(path, data)
        hit = pc.is_in(table[column], pa.array(values, table[column].type))
        return table.filter(hit if keep else pc.invert(hit))

    return part


def file(path: str) -> Callable[[Path], pa.Table]:
    """All rows of a file."""
    return lambda data: whole(path, data)


NATURAL = (
    Natural(
        "adult: private employers, then government",
        where("adult/data.parquet", "workclass", ("Private",), keep=True),
        where("adult/data.parquet", "workclass", ("Local-gov", "State-gov"), keep=True),
    ),
    Natural("pneumoniamnist: train, then test", file("pneumoniamnist/train.parquet"),
            file("pneumoniamnist/test.parquet")),
    Natural("breastmnist: train, then test (drawn alike)", file("breastmnist/train.parquet"),
            file("breastmnist/test.parquet")),
    Natural(
        "ag-news: without sports, then sports alone",
        where("ag-news/data.parquet", "label", ("Sports",), keep=False),
        where("ag-news/data.parquet", "label", ("Sports",), keep=True),
    ),
)  # fmt: skip


def natural_table(data: Path) -> list[str]:
    """What is told of parts that are known to differ, the three largest of each."""
    lines = [
        "Parts that differ in truth:",
        "",
        "| parts | findings | largest |",
        "| --- | --- | --- |",
    ]
    for natural in NATURAL:
        found = validate.drift(natural.new(data), natural.old(data)).findings
        first = "; ".join(f.message.replace("|", "/")[:160] for f in found[:3]) or "nothing"
        lines.append(f"| {natural.what} | {len(found)} | {first} |")
        sys.stderr.write(lines[-1] + "\n")
    return lines


if __name__ == "__main__":
    sys.exit(main())
