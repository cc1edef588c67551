"""Trials become power, and power becomes sentences."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from foretaste.drill.power import answers, clopper_pearson, power_of
from foretaste.report.power_curve import HEIGHT, WIDTH, lay_out_power
from foretaste.report.trials import PLACEBO, Harm, PowerPoint, Trial


def trial(rows: int, noticed: bool, seed: int = 0, works: bool | None = True) -> Trial:
    harm = Harm(0.0, 0.9, 0.1, 0.9, 0.9, 0.9, works=works, ended=None, tested=50)
    hits = rows if noticed else 0
    return Trial(
        "patch", "backdoor", rows, seed, planted=rows, hits=hits, noticed=noticed, harm=harm
    )


@pytest.mark.parametrize(
    ("trials", "outcome", "sure", "missed", "says"),
    [
        ([trial(10, True), trial(25, True)], "noticed", 10, None, "noticed patch on 10 rows"),
        (
            [trial(10, False), trial(25, True), trial(50, True)],
            "from a size on",
            25,
            10,
            "You would have noticed patch on 25 rows or more; you would have missed 10.",
        ),
        ([trial(10, False), trial(25, False)], "missed", None, 25, "even on 25 rows"),
        ([trial(10, True), trial(25, False)], "missed", None, 25, "1 of 2 trials did"),
        (
            [trial(10, True), trial(10, False, 1), trial(25, True), trial(25, True, 1)],
            "from a size on",
            25,
            10,
            "missed 10 in 1 of 2 trials",
        ),
        ([trial(10, True, works=False)], "harmless", None, None, "1 of 1 trial noticed"),
        ([trial(10, False, works=None)], "missed", None, 10, "even on 10 rows"),
        (
            [trial(10, False, works=False), trial(25, True)],
            "noticed",
            25,
            None,
            "on 25 rows, the fewest tried",
        ),
        (
            [Trial("patch", "backdoor", 10, 0, reason="too few rows")],
            "not applicable",
            None,
            None,
            "does not apply here: too few rows",
        ),
    ],
)
def test_the_sentence_says_what_trials_say(
    trials: list[Trial], outcome: str, sure: int | None, missed: int | None, says: str
) -> None:
    (answer,) = answers(trials)
    assert (answer.outcome, answer.from_rows, answer.missed_rows) == (outcome, sure, missed)
    assert says in answer.sentence
    assert answers(trials[::-1]) == (answer,)


def test_placebos_and_what_could_not_be_planted_are_no_power() -> None:
    placebo = Trial("placebo-x", PLACEBO, 0, 0, noticed=True)
    untold = Trial("blend", "backdoor", 10, 0, reason="no images")
    assert power_of([placebo, untold]) == ()
    assert answers([placebo]) == ()


def test_points_hold_all_seeds_of_a_size() -> None:
    held = [trial(25, True), trial(10, False, 1, works=False), trial(10, True), trial(25, True, 1)]
    low, high = power_of(held)
    assert (low.rows, low.trials, low.noticed, low.harmless, low.recall) == (10, 2, 1, 1, 0.5)
    assert (high.rows, high.share, high.high) == (25, 1.0, 1.0)
    assert high.low == pytest.approx(0.025**0.5)


@given(st.integers(1, 60).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n))))
def test_intervals_are_exact(counted: tuple[int, int]) -> None:
    wins, n = counted
    low, high = clopper_pearson(wins, n)
    expected = stats.binomtest(wins, n).proportion_ci(0.95, method="exact")
    assert (low, high) == pytest.approx((expected.low, expected.high), abs=1e-6)
    assert low <= wins / n <= high


points = st.builds(
    lambda attack, rows, n, noticed, recall: PowerPoint(
        attack, "f", rows, n, min(noticed, n), *clopper_pearson(min(noticed, n), n), 0, recall
    ),
    st.sampled_from(["a", "b"]),
    st.integers(1, 10**6),
    st.integers(1, 9),
    st.integers(0, 9),
    st.floats(0, 1),
)


@given(st.lists(points, max_size=8))
def test_every_mark_lies_in_the_drawing(held: list[PowerPoint]) -> None:
    curves = lay_out_power(held)
    assert sum(len(curve.marks) for curve in curves) == len(held)
    for curve in curves:
        for mark in curve.marks:
            assert curve.left <= mark.x <= curve.right <= WIDTH
            assert 0 <= mark.top <= mark.y <= mark.bottom <= curve.base <= HEIGHT
            assert curve.full <= mark.recall <= curve.base
