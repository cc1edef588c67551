"""Leaving rows out by algebra is leaving them out."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from foretaste.probe.heads import RidgeHead
from foretaste.probe.neighbours import MOST_VOTERS, SPARE, NeighbourHead
from foretaste.types import Ints

PENALTY = 3.0


def rows(seed: int, n: int = 160, d: int = 6) -> tuple[np.ndarray, Ints]:
    rng = np.random.default_rng(seed)
    x = rng.normal(size=(n, d)).astype(np.float32)
    y = (x[:, 0] + 0.7 * rng.normal(size=n) > 0).astype(np.int64) + (x[:, 1] > 1)
    return x, y.astype(np.int64)


def refitted(head: RidgeHead, group: Ints) -> np.ndarray:
    """Probabilities for the group by a head refitted without it, same scaling and calibration."""
    keep = np.setdiff1d(np.arange(len(head._phi)), group)
    phi = head._phi.astype(np.float64)
    ridge = np.full(phi.shape[1], PENALTY)
    ridge[-1] = 1e-6
    weights = np.linalg.solve(phi[keep].T @ phi[keep] + np.diag(ridge), phi[keep].T @ head._y[keep])
    return head._calibration(phi[group] @ weights)


@settings(max_examples=25, deadline=None)
@given(seed=st.integers(0, 10_000), size=st.integers(1, 60))
def test_a_group_left_out_equals_a_refit(seed: int, size: int) -> None:
    x, y = rows(seed % 50)
    head = RidgeHead(x, y, 3, penalties=(PENALTY,))
    group = np.sort(np.random.default_rng(seed).choice(len(y), size, replace=False))
    np.testing.assert_allclose(head.leave_out(group), refitted(head, group), atol=2e-4)


def test_leave_one_out_is_the_group_of_one() -> None:
    x, y = rows(1)
    head = RidgeHead(x, y, 3, penalties=(PENALTY,))
    one = np.vstack([head.leave_out(np.array([i])) for i in range(30)])
    np.testing.assert_allclose(one, head.leave_one_out()[:30], atol=1e-4)


@pytest.mark.parametrize("kind", [RidgeHead, NeighbourHead])
def test_probabilities_are_calibrated_on_the_whole(kind: type) -> None:
    x, y = rows(2, n=2_000)
    p = kind(x, y, 3).leave_one_out()
    assert p.sum(axis=1) == pytest.approx(1.0)
    assert p.mean(axis=0) == pytest.approx(np.bincount(y) / len(y), abs=0.02)


def test_a_group_left_out_is_nobodys_neighbour() -> None:
    x, y = rows(3, n=400)
    x[:40] = x[0] + 0.001 * np.arange(40)[:, None]  # forty twins, all of a class of their own
    y[:40] = 2
    head = NeighbourHead(x, y, 3)
    group = np.arange(40)
    assert head.leave_one_out()[group, 2].min() > 0.8
    assert head.leave_out(group)[:, 2].max() < 0.5


def test_many_rows_are_judged_by_a_sample_of_them() -> None:
    x, y = rows(4, n=MOST_VOTERS + 2_000, d=3)
    some = NeighbourHead(x, y, 3, rng=np.random.default_rng(0))
    voters = np.unique(some._near)
    assert len(voters) <= MOST_VOTERS
    assert not (some._near == np.arange(len(x))[:, None]).any()
    every = NeighbourHead(x, y, 3)
    gap = np.abs(some.leave_one_out() - every.leave_one_out()).max(axis=1)
    assert np.median(gap) < 0.05
    group = np.arange(50)
    assert not np.isin(some._nearest(x[group], some._voters[50:]), group).any()


def test_copies_of_a_row_do_not_hide_it_from_itself() -> None:
    x = np.zeros((80, 2), dtype=np.float32)  # more copies than neighbours are asked for
    x[60:] = 5.0
    head = NeighbourHead(x, np.arange(80) % 2, 2)
    assert head._near.shape == (80, head._k + SPARE)
    assert not (head._near == np.arange(80)[:, None]).any()
