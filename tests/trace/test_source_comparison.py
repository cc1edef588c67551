"""Sources: honest ones are left alone at the stated rate, guilty ones are found."""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from foretaste.trace.source_test import compare_sources, confounded

N, SOURCES, ALPHA = 600, 20, 0.05


def dealt(rng: np.random.Generator) -> np.ndarray:
    return rng.permutation(np.arange(N) % SOURCES)


def test_honest_sources_are_blamed_no_more_often_than_stated() -> None:
    """200 simulations with heavy-tailed, clustered scores: 0.05 and three standard errors."""
    rng = np.random.default_rng(0)
    alarms = 0
    for _ in range(200):
        scores = rng.pareto(1.5, N // 6).repeat(6) * rng.normal(size=N)
        alarms += compare_sources(scores[None], dealt(rng), SOURCES, rng).p_value.min() <= ALPHA
    assert alarms / 200 <= ALPHA + 3 * np.sqrt(ALPHA * (1 - ALPHA) / 200)


def test_a_source_with_a_few_strong_rows_is_found() -> None:
    rng = np.random.default_rng(1)
    found = 0
    for _ in range(40):
        sources, scores = dealt(rng), rng.normal(size=N)
        own = rng.choice(np.flatnonzero(sources == 7), 6, replace=False)
        scores[own] += 3.0
        test = compare_sources(scores[None], sources, SOURCES, rng)
        found += test.p_value.argmin() == 7 and test.p_value[7] <= ALPHA
    assert found >= 36


@settings(max_examples=30, deadline=None)
@given(st.integers(2, 30), st.integers(20, 200), st.integers(0, 2**16))
def test_p_values_are_shares(sources: int, n: int, seed: int) -> None:
    rng = np.random.default_rng(seed)
    codes = rng.integers(0, sources, n)
    test = compare_sources(rng.normal(size=(2, n)), codes, sources, rng)
    assert ((test.p_value > 0) & (test.p_value <= 1)).all()
    assert (test.strongest <= test.held).all()
    assert test.strongest.sum() == min(test.depth, n)
    assert test.held.tolist() == np.bincount(codes, minlength=sources).tolist()


def test_a_label_of_one_source_is_confounded() -> None:
    mostly = np.array([0] * 95 + [1] * 5)
    assert "all but 5 of 100 rows" in str(confounded(mostly, 2))
    assert confounded(np.arange(100) % 4, 4) is None
