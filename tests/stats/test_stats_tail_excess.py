"""An excess is seen where something was planted, and nowhere that a heavy tail explains."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from foretaste.stats.distance_profile import GAP, distance_profile
from foretaste.stats.tail_excess import fit_tail_excess
from foretaste.stats.whitening import whitened

N = 1500
HONEST = {
    "normal": lambda rng: rng.normal(size=N),
    "Student, 3": lambda rng: rng.standard_t(3, size=N),
    "Student, 1": lambda rng: rng.standard_cauchy(size=N),
    "log-normal": lambda rng: np.exp(1.5 * rng.normal(size=N)),
    "power law": lambda rng: rng.pareto(1.0, size=N),
}


@pytest.mark.parametrize("draw", HONEST.values(), ids=HONEST.keys())
@pytest.mark.parametrize("seed", range(4))
def test_heavy_tails_are_no_excess(draw: object, seed: int) -> None:
    values = np.log(np.abs(draw(np.random.default_rng(seed))) + 1e-6)  # type: ignore[operator]  # see HONEST
    tail = fit_tail_excess(values)
    assert tail.surprise < 4.0
    assert tail.sure <= tail.surprise


def test_planted_values_are_the_excess() -> None:
    rng = np.random.default_rng(1)
    values = np.log(np.abs(rng.normal(size=N)) + 1.0)
    values[:30] = 3.0 + 0.1 * rng.random(30)
    tail = fit_tail_excess(values)
    assert tail.sure > 20.0
    assert set(np.flatnonzero((values >= tail.start) & (tail.share > 0.9))) == set(range(30))


@given(
    st.lists(st.floats(-50, 50), max_size=80), st.integers(0, 2**31), st.sampled_from([0.5, 1, 7])
)
@settings(max_examples=60, deadline=None)
def test_any_values_give_shares_that_grow_with_them(
    held: list[float], seed: int, unit: float
) -> None:
    values = np.r_[held, np.random.default_rng(seed).normal(size=80)]
    tail = fit_tail_excess(values)
    share = tail.share[np.argsort(values, kind="stable")]
    assert ((share >= 0) & (share <= 1)).all()
    assert (np.diff(share) >= -1e-12).all()
    # no unit of measurement matters
    np.testing.assert_allclose(fit_tail_excess(unit * values + 3.0).share, tail.share, atol=1e-6)


@pytest.mark.parametrize("values", [np.zeros(0), np.zeros(50), np.arange(5.0)])
def test_too_little_to_learn_a_tail_from(values: np.ndarray) -> None:
    tail = fit_tail_excess(values)
    assert tail.surprise == tail.sure == 0.0
    assert tail.start == np.inf
    assert not tail.share.any()


def test_a_crowd_is_looked_past() -> None:
    rng = np.random.default_rng(2)
    x = np.r_[rng.normal(size=(400, 3)), 9.0 + 0.01 * rng.normal(size=(30, 3))]
    profile = distance_profile(x, rng)
    gap, _ = profile.gaps()
    assert (gap[:400] < GAP).all()
    assert (gap[400:] >= GAP).all()
    others = profile.to_others()
    assert others[400:].min() > others[:400].max()


def test_more_points_than_are_compared() -> None:
    rng = np.random.default_rng(3)
    x = np.r_[rng.normal(size=(3_400, 2)), [[40.0, 40.0]]]
    assert int(distance_profile(x, rng).to_others().argmax()) == 3_400


@pytest.mark.parametrize("points", [np.zeros((1, 2)), np.arange(6.0).reshape(3, 2)])
def test_few_points_have_distances(points: np.ndarray) -> None:
    profile = distance_profile(points, np.random.default_rng(0))
    assert np.isfinite(profile.to_others()).all()
    assert not profile.gaps()[0].any()


def test_directions_without_variance_are_left_out() -> None:
    x = np.random.default_rng(0).normal(size=(100, 2))
    assert whitened(np.column_stack([x, x[:, 0], np.ones(100)])).shape == (100, 2)
    assert whitened(np.zeros((5, 0))).shape == (5, 0)
