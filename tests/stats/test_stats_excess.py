"""The surprise bounds what it claims to bound."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import binom, poisson

from foretaste.stats.excess import group_design_effect, poisson_surprise, share_surprise


@given(observed=st.integers(0, 500), expected=st.floats(0.01, 400))
def test_surprise_bounds_the_poisson_tail(observed: int, expected: float) -> None:
    tail = float(poisson.sf(observed - 1, expected))
    assert tail <= np.exp(-float(poisson_surprise(observed, expected))) + 1e-9


@given(expected=st.floats(0.01, 50), a=st.integers(0, 100), b=st.integers(0, 100))
def test_surprise_grows_with_the_excess(expected: float, a: int, b: int) -> None:
    low, high = sorted((a, b))
    assert poisson_surprise(low, expected) <= poisson_surprise(high, expected)


@given(size=st.integers(1, 300), share=st.floats(0.001, 0.999), data=st.data())
def test_surprise_of_a_share_bounds_the_binomial_tail(
    size: int, share: float, data: st.DataObject
) -> None:
    observed = data.draw(st.integers(0, size))
    surprise = float(share_surprise(observed, size * share, size))
    assert float(binom.sf(observed - 1, size, share)) <= np.exp(-surprise) + 1e-9
    assert surprise >= float(poisson_surprise(observed, size * share)) - 1e-6


@pytest.mark.parametrize(("rho", "effect"), [(0.0, 1.0), (0.5, 3.0), (1.0, 5.0)])
def test_design_effect_of_equally_alike_rows(rho: float, effect: float) -> None:
    correlation = np.full((5, 5), rho)
    np.fill_diagonal(correlation, 1.0)
    assert group_design_effect(np.full(5, 0.2), correlation) == pytest.approx(effect)
