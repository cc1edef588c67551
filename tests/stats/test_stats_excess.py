"""The surprise bounds what it claims to bound."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import poisson

from foretaste.stats.excess import group_design_effect, poisson_surprise


@given(observed=st.integers(0, 500), expected=st.floats(0.01, 400))
def test_surprise_bounds_the_poisson_tail(observed: int, expected: float) -> None:
    tail = float(poisson.sf(observed - 1, expected))
    assert tail <= np.exp(-float(poisson_surprise(observed, expected))) + 1e-9


@given(expected=st.floats(0.01, 50), a=st.integers(0, 100), b=st.integers(0, 100))
def test_surprise_grows_with_the_excess(expected: float, a: int, b: int) -> None:
    low, high = sorted((a, b))
    assert poisson_surprise(low, expected) <= poisson_surprise(high, expected)


@pytest.mark.parametrize(("rho", "effect"), [(0.0, 1.0), (0.5, 3.0), (1.0, 5.0)])
def test_design_effect_of_equally_alike_rows(rho: float, effect: float) -> None:
    correlation = np.full((5, 5), rho)
    np.fill_diagonal(correlation, 1.0)
    assert group_design_effect(np.full(5, 0.2), correlation) == pytest.approx(effect)
