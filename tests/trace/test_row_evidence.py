"""Rows: conformal p-values and the rule that chooses among them."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from foretaste.trace.row_test import benjamini_hochberg, conformal


def test_conformal_p_values_of_comparable_rows_are_uniform() -> None:
    rng = np.random.default_rng(0)
    p = np.concatenate([conformal(rng.normal(size=50), rng.normal(size=199)) for _ in range(100)])
    for level in (0.01, 0.05, 0.2, 0.5):
        assert abs((p <= level).mean() - level) < 0.02


@given(st.lists(st.floats(0, 1), min_size=1, max_size=50), st.floats(0.01, 0.5))
def test_what_is_chosen_is_what_the_step_up_rule_says(values: list[float], rate: float) -> None:
    p = np.array(values)
    chosen = benjamini_hochberg(p, rate)
    kept = max(
        (i for i in range(1, len(p) + 1) if np.sort(p)[i - 1] <= rate * i / len(p)), default=0
    )
    assert chosen.sum() == kept
    if kept and kept < len(p):
        assert p[chosen].max() <= p[~chosen].min()


def test_false_discoveries_stay_below_the_rate() -> None:
    rng = np.random.default_rng(1)
    shares = []
    for _ in range(200):
        scores = np.concatenate([rng.normal(4, 1, 10), rng.normal(size=40)])
        chosen = benjamini_hochberg(conformal(scores, rng.normal(size=1000)), 0.1)
        shares.append(chosen[10:].sum() / max(chosen.sum(), 1))
    assert np.mean(shares) <= 0.1


def test_nothing_is_chosen_of_nothing() -> None:
    assert benjamini_hochberg(np.zeros(0), 0.1).tolist() == []
