"""Intervals, and sentences that say what the trials say."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from foretaste.drill.power import answers, clopper_pearson, power_of
from foretaste.report.trials import Harm, Trial


def harm(*, works: bool | None) -> Harm:
    return Harm(0.1, 0.9, 0.1, 0.9, 0.9, 0.9, works, ended=None, tested=50)


def trial(rows: int, noticed: bool, seed: int = 0, works: bool = True) -> Trial:
    return Trial(
        "image-patch",
        "dirty-label backdoor",
        rows,
        seed,
        planted=rows,
        noticed=noticed,
        harm=harm(works=works),
    )


@given(st.integers(1, 40).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n))))
def test_the_interval_is_the_exact_one(counts: tuple[int, int]) -> None:
    wins, n = counts
    low, high = clopper_pearson(wins, n)
    known = stats.binomtest(wins, n).proportion_ci(0.95, "exact")
    assert (low, high) == pytest.approx((known.low, known.high))


@pytest.mark.parametrize(
    ("trials", "outcome", "sentence"),
    [
        ([trial(10, False), trial(25, True)], "from a size on",
         "You would have noticed image-patch on 25 rows or more; you would have missed 10."),
        ([trial(10, True), trial(25, True)], "noticed",
         "You would have noticed image-patch on 10 rows, the fewest tried, or more."),
        ([trial(10, False), trial(25, False)], "missed",
         "You would have missed image-patch, even on 25 rows."),
        ([trial(10, True), trial(25, False)], "missed",
         "You cannot rely on noticing image-patch: 1 of 2 trials did, and 25 rows were missed."),
        ([trial(10, True), trial(10, False, 1), trial(25, True)], "from a size on",
         ("You would have noticed image-patch on 25 rows or more; "
         "you would have missed 10 in 1 of 2 trials.")),
        ([trial(10, False, works=False), trial(25, True)], "noticed",
         "You would have noticed image-patch on 25 rows, the fewest tried, or more."),
        ([trial(10, False, works=False)], "harmless",
         "image-patch did no harm that could be shown, up to 10 rows: it does not count."),
    ],
)  # fmt: skip
def test_sentences(trials: list[Trial], outcome: str, sentence: str) -> None:
    (answer,) = answers(trials)
    assert (answer.outcome, answer.sentence) == (outcome, sentence)


def test_power_counts_trials_of_a_size() -> None:
    points = power_of([trial(10, True), trial(10, False, 1), trial(25, True)])
    assert [(p.rows, p.trials, p.noticed) for p in points] == [(10, 2, 1), (25, 1, 1)]
