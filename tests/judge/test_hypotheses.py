"""How much of an opened group was planted."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from foretaste.judge.group_test import GroupTest
from foretaste.judge.hypotheses import planted_share


def group(size: int, observed: int, p: float) -> GroupTest:
    """A group of which the rest of each row gives the label with probability p."""
    probabilities = np.tile([1.0 - p, p], (size, 1))
    wanted = np.ones(size, dtype=np.int64)
    return GroupTest(np.arange(size), wanted, observed, p * size, 1.0, 20.0, 5.0, probabilities)


def test_a_pure_group_is_planted_throughout() -> None:
    assert planted_share(group(30, 30, 0.4)) == 1.0


def test_a_group_as_expected_has_nothing_planted() -> None:
    assert planted_share(group(50, 20, 0.4)) == 0.0


@given(planted=st.integers(0, 60), untouched=st.integers(5, 60), p=st.floats(0.05, 0.6))
def test_the_share_is_that_of_the_rows_put_in(planted: int, untouched: int, p: float) -> None:
    by_nature = round(p * untouched)
    found = planted_share(group(planted + untouched, planted + by_nature, p))
    true = planted / (planted + untouched)
    # by_nature is rounded to whole rows
    assert abs(found - true) <= 0.5 / (planted + untouched) / (1.0 - p) + 1e-9
