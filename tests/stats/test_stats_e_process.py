"""Looking as often as one likes costs nothing; a change is seen soon."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from foretaste.errors import UsageError
from foretaste.stats.e_process import (
    RateProcess,
    Side,
    bets_against,
    e_benjamini_hochberg,
    log_wealth,
    which_worse,
)
from foretaste.stats.rate_change import RateChange

RATES = st.floats(0.001, 0.999)


@given(RATES, st.sampled_from(Side))
def test_every_bet_is_fair_at_the_stated_rate(rate: float, side: Side) -> None:
    win, lose = bets_against(rate, side)
    np.testing.assert_allclose(rate * np.exp(win) + (1 - rate) * np.exp(lose), 1.0, rtol=1e-9)


@given(RATES, st.floats(0, 1))
def test_no_bet_gains_within_what_was_stated(rate: float, part: float) -> None:
    win, lose = bets_against(rate, Side.ABOVE)
    true = rate * part
    assert (true * np.exp(win) + (1 - true) * np.exp(lose) <= 1 + 1e-9).all()


@given(RATES, st.sampled_from(Side), st.integers(0, 30))
@settings(deadline=None)
def test_the_expected_e_value_is_one_after_any_number_of_trials(
    rate: float, side: Side, trials: int
) -> None:
    hits = np.arange(trials + 1)
    e_values = np.exp(log_wealth(hits, np.full(trials + 1, trials), rate, side))
    chance = [math.comb(trials, k) * rate**k * (1 - rate) ** (trials - k) for k in hits.tolist()]
    assert float(np.dot(chance, e_values)) == pytest.approx(1.0, rel=1e-6)


@given(RATES, st.lists(st.tuples(st.integers(0, 9), st.integers(0, 9)), max_size=12))
def test_batches_add_up_in_any_order(rate: float, batches: list[tuple[int, int]]) -> None:
    forth, back = RateProcess(rate), RateProcess(rate)
    for hits, misses in batches:
        forth = forth.after(hits, hits + misses)
    for hits, misses in reversed(batches):
        back = back.after(hits, hits + misses)
    assert forth == back


def test_peeking_at_every_trial_gives_few_false_alarms() -> None:
    """A binomial test that is peeked at the same way is wrong several times as often."""
    outcomes = np.random.default_rng(0).random((3000, 1000)) < 0.05
    hits = np.cumsum(outcomes.astype(np.int64), axis=1)[:, 9::10]
    trials = np.arange(10, 1001, 10)
    ever = (log_wealth(hits, np.broadcast_to(trials, hits.shape), 0.05) >= math.log(20)).any(axis=1)
    z = (hits - 0.05 * trials) / np.sqrt(0.05 * 0.95 * trials)
    assert ever.mean() <= 0.05
    assert (z > 1.645).any(axis=1).mean() > 0.2


@pytest.mark.parametrize(
    ("side", "true", "found"),
    [
        (Side.ABOVE, 0.4, True),
        (Side.ABOVE, 0.1, False),
        (Side.BELOW, 0.05, True),
        (Side.BELOW, 0.4, False),
        (Side.BOTH, 0.4, True),
        (Side.BOTH, 0.05, True),
        (Side.BOTH, 0.2, False),
    ],
)
def test_what_is_evidence_depends_on_the_side(side: Side, true: float, found: bool) -> None:
    process = RateProcess(0.2, side).after(round(500 * true), 500)
    assert (process.e_value > 1000) is found


def test_two_models_that_err_alike_are_told_apart_only_where_they_differ() -> None:
    assert which_worse(0, 0).e_value == 1.0
    assert which_worse(3, 40).e_value < 1.0  # the challenger is better: no evidence against it
    assert which_worse(40, 3).e_value > 1e6


@given(
    st.lists(st.floats(0, 1e6), max_size=15), st.lists(st.integers(0, 14), min_size=15, max_size=15)
)
def test_larger_e_values_never_lose_claims(e_values: list[float], raised: list[int]) -> None:
    before = e_benjamini_hochberg(e_values, 0.05)
    after = e_benjamini_hochberg([e + r for e, r in zip(e_values, raised, strict=False)], 0.05)
    assert sum(after) >= sum(before)
    assert all(e >= 20 for e, falls in zip(e_values, before, strict=True) if falls)


def test_few_slices_fall_wrongly() -> None:
    """Half of 20 slices are bad; among those that fall, hardly any is good."""
    rng = np.random.default_rng(1)
    wrong = []
    for _ in range(200):
        hits = np.asarray(rng.binomial(200, np.r_[np.full(10, 0.05), np.full(10, 0.2)]))
        e_values = np.exp(log_wealth(hits, np.full(20, 200), 0.05))
        falls = np.array(e_benjamini_hochberg(e_values.tolist(), 0.1))
        wrong.append(falls[:10].sum() / max(1, falls.sum()))
    assert float(np.mean(wrong)) <= 0.1


@given(st.lists(st.booleans(), max_size=60), st.integers(0, 60))
def test_a_change_is_the_same_in_one_batch_or_in_two(hits: list[bool], cut: int) -> None:
    whole = RateChange(0.1, 50.0).after(hits)
    assert RateChange(0.1, 50.0).after(hits[:cut]).after(hits[cut:]) == whole


def test_the_average_run_is_as_long_as_stated_and_a_change_is_seen_soon() -> None:
    rng = np.random.default_rng(2)
    runs, delays = [], []
    for _ in range(40):
        quiet = RateChange(0.05, 200.0)
        while not quiet.alarmed:
            quiet = quiet.after((rng.random(100) < 0.05).tolist())
        runs.append(quiet.first_alarm)
        calm = RateChange(0.05, 1e6).after((rng.random(400) < 0.05).tolist())
        seen = calm.after((rng.random(200) < 0.5).tolist())
        delays.append(seen.first_alarm - 400)
    assert np.mean(runs) >= 200
    assert 0 < np.median(delays) < 40


@pytest.mark.parametrize("rate", [0.0, 1.0, -0.1, math.nan])
def test_a_rate_that_is_certain_cannot_be_bet_on(rate: float) -> None:
    with pytest.raises(UsageError, match="strictly between 0 and 1"):
        RateProcess(rate)
    with pytest.raises(UsageError, match="strictly between 0 and 1"):
        RateChange(rate)


def test_impossible_counts_are_refused() -> None:
    with pytest.raises(UsageError, match="3 of 2"):
        RateProcess(0.1).after(3, 2)
    with pytest.raises(UsageError, match="run_length"):
        RateChange(0.1, 0.5)
    with pytest.raises(UsageError, match="level"):
        e_benjamini_hochberg([1.0], 1.5)
    with pytest.raises(UsageError, match="0 or more"):
        e_benjamini_hochberg([math.nan], 0.1)
