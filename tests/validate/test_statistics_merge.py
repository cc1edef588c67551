"""Statistics of parts merge to those of the whole; sketches keep their stated errors."""

from __future__ import annotations

from collections import Counter
from itertools import pairwise
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from foretaste import validate
from foretaste.data.rows import TableRows
from foretaste.errors import UsageError
from foretaste.validate import Kind, Statistics
from foretaste.validate.distinct import Distinct
from foretaste.validate.frequent import CAPACITY, Frequent
from foretaste.validate.hashing import hash_rows, hash_values
from foretaste.validate.sample import rank_error
from foretaste.validate.summary import summarise_rows

KINDS = {"number": Kind.NUMBER, "code": Kind.STRING, "note": Kind.TEXT, "flag": Kind.BOOLEAN}


def table(n: int, seed: int) -> pa.Table:
    rng = np.random.default_rng(seed)
    number = rng.normal(size=n)
    number[rng.random(n) < 0.1] = np.nan
    lengths = rng.integers(0, 50, n)
    return pa.table(
        {
            "number": number,
            "code": [f"c{v}" for v in rng.zipf(1.5, n) % 5000],
            "note": [f"a note of {v} words" + "\u200b" * int(v == 7) for v in lengths],
            "flag": pa.array(rng.random(n) < 0.5, mask=rng.random(n) < 0.2),
        }
    )


def summarise(rows: pa.Table, first_row: int = 0, size: int = 64) -> Statistics:
    return summarise_rows(TableRows(rows), KINDS, first_row=first_row, sample_size=size)


def same(one: Statistics, other: Statistics) -> None:
    assert one.rows == other.rows
    for name, summary in one.columns.items():
        twin = other.columns[name]
        for field in ("rows", "missing", "wrong", "infinite", "low", "high", "shortest"):
            assert getattr(summary, field) == getattr(twin, field), (name, field)
        assert (summary.longest, summary.marks) == (twin.longest, twin.marks)
        assert summary.distinct.smallest.tolist() == twin.distinct.smallest.tolist()
        if summary.frequent.exact and twin.frequent.exact:
            assert summary.frequent.counts == twin.frequent.counts
    assert one.sample.keys.tolist() == other.sample.keys.tolist()
    for trait, values in one.sample.values.items():
        assert values.equals(other.sample.values[trait])


@settings(max_examples=25, deadline=None)
@given(
    n=st.integers(1, 400),
    cuts=st.lists(st.integers(0, 400), max_size=4),
    seed=st.integers(0, 5),
    shuffled=st.randoms(use_true_random=False),
)
def test_parts_merge_to_the_whole(n: int, cuts: list[int], seed: int, shuffled: Any) -> None:
    whole = table(n, seed)
    ends = sorted({0, n, *(cut % (n + 1) for cut in cuts)})
    parts = [summarise(whole.slice(a, b - a), first_row=a) for a, b in pairwise(ends)]
    shuffled.shuffle(parts)
    merged = parts[0]
    for part in parts[1:]:
        merged = merged.merged(part)
    same(merged, summarise(whole))


@given(st.lists(st.lists(st.integers(0, 3000), max_size=3000), min_size=1, max_size=4))
@settings(max_examples=25, deadline=None)
def test_frequent_counts_are_short_by_no_more_than_slack(parts: list[list[int]]) -> None:
    parts = [[*part, *range(2000)] for part in parts]  # more values than are kept
    merged = Frequent()
    for part in parts:
        merged = merged.merged(Frequent.of(pa.array(part)))
    truth = Counter(str(value) for part in parts for value in part)
    rows = sum(map(len, parts))
    assert merged.slack <= rows / (CAPACITY + 1) + 1e-9
    for value, count in truth.items():
        assert count - merged.slack <= merged.counts.get(value, 0) <= count


@pytest.mark.parametrize("n", [1000, 5000, 200_000])
def test_distinct_values_within_five_standard_errors(n: int) -> None:
    estimate = Distinct().with_hashes(hash_values(pa.array(np.arange(n)))).estimate
    assert abs(estimate - n) <= (0 if n < 1024 else 5 * n / np.sqrt(1022))


def test_the_sample_keeps_its_rank_error() -> None:
    """Over 40 samples of 1,000 rows the largest rank error stays below the bound for 1 in 1,000."""
    n, size = 20_000, 1000
    values = np.arange(n) / n
    worst = []
    for seed in range(40):
        chosen = np.sort(values[np.argsort(hash_rows(0, n, seed))[:size]])
        ranks = np.arange(1, size + 1) / size
        worst.append(float(np.abs(ranks - chosen).max()))
    assert max(worst) <= rank_error(size)
    assert max(worst) > rank_error(size) / 10, "the bound says something"


def test_memory_is_bounded_whatever_the_rows() -> None:
    """What is kept of a million rows is no larger than what is kept of a hundred thousand."""
    kept = []
    for n in (100_000, 1_000_000):
        numbers = pa.table({"number": np.random.default_rng(0).normal(size=n)})
        made = summarise_rows(TableRows(numbers), {"number": Kind.NUMBER}, sample_size=2000)
        sample = sum(values.nbytes for values in made.sample.values.values())
        summary = made.columns["number"]
        counts = len(summary.frequent.counts) + len(summary.distinct.smallest)
        kept.append((len(made.sample), sample, counts))
    assert kept[0] == kept[1]


def test_parts_of_different_schemas_do_not_merge() -> None:
    one = validate.summarise({"x": [1.0], "label": ["a"]})
    other = validate.summarise({"x": ["a"], "label": ["a"]})
    with pytest.raises(UsageError, match="do not merge"):
        one.merged(other)


@given(st.lists(st.text(max_size=20), max_size=40))
def test_hashes_agree_with_equality(values: list[str]) -> None:
    values = [value.encode("utf-8", "replace").decode() for value in values]
    hashes = hash_values(pa.array(values, pa.string())).tolist()
    assert len(set(hashes)) == len(set(values))
    assert dict(zip(values, hashes, strict=True)) == {
        value: hash_values(pa.array([value])).tolist()[0] for value in values
    }
