"""What moved is told, of the right column, with its size; like data stays silent."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.datasets import load_breast_cancer, load_wine

from foretaste import validate
from foretaste.validate import DriftLimits, Finding
from foretaste.validate.two_samples import (
    compare_categories,
    compare_numbers,
    compare_shares,
    holm,
    jensen_shannon,
    psi,
    unseen,
)
from foretaste.validate.vocabulary import compare_words

Columns = dict[str, list[Any]]


def rows(n: int, seed: int) -> Columns:
    """A table with a number, a category, a text, two labels and three vendors."""
    rng = np.random.default_rng(seed)
    label = rng.choice(["yes", "no"], n)
    return {
        "size": (rng.normal(size=n) + (label == "yes")).tolist(),
        "colour": rng.choice(["red", "blue", "green"], n, p=[0.5, 0.3, 0.2]).tolist(),
        "text": [" ".join(rng.choice(WORDS, 6)) for _ in range(n)],
        "vendor": rng.choice(["u", "v", "w"], n).tolist(),
        "label": label.tolist(),
    }


WORDS = ["good", "bad", "film", "plot", "cast", "end", "star", "song", "scene", "joke"]


def moved(old: Columns, new: Columns) -> list[Finding]:
    return list(validate.drift(new, old, label="label", source="vendor").findings)


def test_nothing_is_told_of_like_data() -> None:
    for seed in range(5):
        assert moved(rows(600, seed), rows(600, seed + 100)) == []


def test_each_kind_of_drift_is_told_of_its_column() -> None:
    old, new = rows(2000, 0), rows(2000, 1)
    rng = np.random.default_rng(2)
    half = rng.random(2000) < 0.5
    changes: dict[str, Callable[[Any], object]] = {
        "size": lambda v: v + 1.0,
        "colour": lambda _: "red",
        "text": lambda v: f"{v} buy now",
        "label": lambda _: "yes",
    }
    for column, change in changes.items():
        pairs = zip(half, new[column], strict=True)
        found = moved(old, {**new, column: [change(v) if hit else v for hit, v in pairs]})
        assert column in {f.column for f in found}, column
        assert all(f.p_value is not None and f.p_value <= 0.01 for f in found)
        assert all(max(f.measures.values()) >= 0.05 for f in found)


def test_missing_and_unseen_values() -> None:
    old, new = rows(2000, 0), rows(2000, 1)
    lost = {**new, "colour": [None if n % 8 == 0 else v for n, v in enumerate(new["colour"])]}
    assert {(f.column, f.rule) for f in moved(old, lost)} == {("colour", "drift")}
    assert "missing" in moved(old, lost)[0].message
    pink = {**new, "colour": ["pink" if n % 100 == 0 else v for n, v in enumerate(new["colour"])]}
    found = moved(old, pink)
    assert [f.column for f in found] == ["colour"]
    assert "'pink' (20 rows)" in found[0].message
    one = {**new, "colour": ["pink", *new["colour"][1:]]}
    assert moved(old, one) == [], "one row of a new kind is chance"


def test_drift_within_one_label_or_source_that_the_whole_hides() -> None:
    old, new = rows(4000, 0), rows(4000, 1)
    sign = {"yes": 0.45, "no": -0.45}
    pairs = zip(new["size"], new["label"], strict=True)
    within = {**new, "size": [v + sign[str(y)] for v, y in pairs]}
    found = moved(old, within)
    assert {(f.column, f.part) for f in found} >= {("size", "label = yes"), ("size", "label = no")}
    pairs = zip(new["size"], new["vendor"], strict=True)
    vendor = {**new, "size": [v + 2 * (s == "w") - 0.7 for v, s in pairs]}
    assert any(f.column == "size" for f in moved(old, vendor))


def test_many_rows_do_not_alarm_on_nothing() -> None:
    rng = np.random.default_rng(0)
    old = {"x": rng.normal(size=200_000).tolist()}
    new = {"x": (rng.normal(size=200_000) + 0.05).tolist()}
    assert validate.drift(new, old, label="").findings == ()
    strict = validate.drift(new, old, label="", limits=DriftLimits(statistic=0.01))
    assert [f.column for f in strict.findings] == ["x"]


def test_columns_that_come_and_go() -> None:
    old, new = rows(100, 0), rows(100, 1)
    new["note"] = new.pop("size")
    told = {(f.rule, f.column) for f in moved(old, new)}
    assert {("presence", "size"), ("columns", "note")} <= told


@pytest.mark.parametrize("load", [load_breast_cancer, load_wine])
def test_random_halves_of_real_data_stay_silent(load: Any) -> None:
    bunch = load(as_frame=True)
    frame = bunch.frame.rename(columns={"target": "label"})
    told = 0
    for seed in range(10):
        order = np.random.default_rng(seed).permutation(len(frame))
        middle = len(frame) // 2
        halves = [frame.iloc[order[:middle]], frame.iloc[order[middle:]]]
        told += bool(validate.drift(halves[1], halves[0]).findings)
    assert told == 0


def test_check_against_a_reference_says_both() -> None:
    old, new = rows(1000, 0), rows(1000, 1)
    schema = validate.infer(old, label="label", source="vendor")
    summary = validate.summarise(old, schema)
    new["size"] = [v + 0.5 for v in new["size"]]
    for reference in (old, summary):
        result = validate.check(new, schema, reference=reference)
        assert [f.rule for f in result.findings] == ["drift"]
        assert result.outcome.value == "pass", "drift warns"
        assert result.tests > 10


counts = st.lists(st.integers(0, 500), min_size=2, max_size=8).filter(any)


@given(counts, counts)
def test_measures_are_zero_for_the_same_and_bounded(one: list[int], other: list[int]) -> None:
    size = min(len(one), len(other))
    p, q = (np.array(c[:size]) + 1.0 for c in (one, other))
    assert jensen_shannon(p / p.sum(), p / p.sum()) == pytest.approx(0.0, abs=1e-7)
    assert 0.0 <= jensen_shannon(p / p.sum(), q / q.sum()) <= 1.0
    turned = jensen_shannon(q / q.sum(), p / p.sum())
    assert jensen_shannon(p / p.sum(), q / q.sum()) == pytest.approx(turned)
    assert psi(p, q) >= -1e-12


@given(st.lists(st.floats(0, 1), min_size=1, max_size=20))
def test_holm_never_helps(p_values: list[float]) -> None:
    adjusted = holm(p_values)
    assert (adjusted >= np.array(p_values) - 1e-12).all()
    assert (adjusted <= np.minimum(1.0, np.array(p_values) * len(p_values)) + 1e-12).all()


def test_tests_keep_their_level() -> None:
    """Of 200 comparisons of like samples no more than chance has p below 5 %."""
    rng = np.random.default_rng(0)
    p = np.array([0.5, 0.3, 0.15, 0.05])
    low = dict.fromkeys(("numbers", "categories", "shares", "unseen", "words"), 0)
    for _ in range(200):
        a, b = rng.normal(size=(2, 600))
        low["numbers"] += compare_numbers(a, b).p_value < 0.05
        c, d = ({str(k): int(n) for k, n in enumerate(rng.multinomial(300, p))} for _ in range(2))
        low["categories"] += compare_categories(c, d).p_value < 0.05
        hits = rng.binomial(500, 0.05, 2)
        low["shares"] += compare_shares((int(hits[0]), 500), (int(hits[1]), 500)).p_value < 0.05
        tails = [Counter(rng.zipf(2, 300).astype(str).tolist()) for _ in range(2)]
        low["unseen"] += unseen(tails[0], tails[1]).p_value < 0.05
    for _ in range(40):
        texts = [[" ".join(rng.choice(WORDS, 4)) for _ in range(200)] for _ in range(2)]
        low["words"] += compare_words(texts[0], texts[1]).p_value < 0.05
    assert max(low[k] for k in ("numbers", "categories", "shares", "unseen")) <= 20
    assert low["words"] <= 6
