"""Aggregators against lying clients."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from benchmarks.federated import AGGREGATORS, ATTACKS, simulate
from hypothesis import given, settings
from hypothesis import strategies as st

from foretaste.attack.federated_little_is_enough import FederatedLittleIsEnough
from foretaste.attack.federated_model_replacement import FederatedModelReplacement
from foretaste.attack.federated_round import FederatedAttack, Floats, Round
from foretaste.attack.federated_scaling import FederatedScaling
from foretaste.attack.federated_sign_flip import FederatedSignFlip
from foretaste.attack.federated_sybils import FederatedSybils
from foretaste.errors import UsageError
from foretaste.train.aggregation import (
    clipped_mean,
    coordinate_median,
    fltrust,
    krum,
    multi_krum,
    trimmed_mean,
)

ROBUST = [name for name in AGGREGATORS if name != "mean"]
HARMFUL = [FederatedSignFlip(), FederatedScaling(), FederatedModelReplacement(), FederatedSybils()]


def named(attack: FederatedAttack) -> str:
    return attack.name


@pytest.mark.parametrize("attack", HARMFUL, ids=named)
def test_attacks_ruin_a_mean(attack: FederatedAttack) -> None:
    """Else to withstand them says nothing."""
    clean = simulate(AGGREGATORS["mean"], None, rounds=15)
    ruined = simulate(AGGREGATORS["mean"], attack, rounds=15)
    assert ruined.accuracy < clean.accuracy - 0.05 or ruined.success > clean.success + 0.1


@pytest.mark.parametrize("attack", [a for a in ATTACKS if a is not None], ids=named)
@pytest.mark.parametrize("name", ROBUST)
def test_robust_aggregators_withstand_them(name: str, attack: FederatedAttack) -> None:
    """Clipping bounds a pull and does not end it: where the mean gives way, it gives a little."""
    clean = simulate(AGGREGATORS[name], None, rounds=15)
    found = simulate(AGGREGATORS[name], attack, rounds=15)
    assert found.accuracy > clean.accuracy - 0.06
    assert found.success < 0.1


def test_model_replacement_leaves_the_goal_where_all_are_alike() -> None:
    own, goal = np.ones((2, 3)), np.array([5.0, -1.0, 2.0])
    forged = FederatedModelReplacement().forge(Round(own, goal, 10), np.random.default_rng(0))
    mean = np.concatenate([forged, np.ones((8, 3))]).mean(axis=0)
    np.testing.assert_allclose(mean, goal)


def test_little_is_enough_stays_within_the_crowd() -> None:
    rng = np.random.default_rng(0)
    own = rng.normal(size=(8, 50))
    forged = FederatedLittleIsEnough().forge(Round(own, own[0], 24), rng)
    farthest = np.linalg.norm(own - own.mean(axis=0), axis=1).max()
    assert 0 < np.linalg.norm(forged[0] - own.mean(axis=0)) < farthest


def test_krum_tells_clients_apart_that_nearly_agree() -> None:
    """Large updates that differ in the last digits of a float32."""
    rng = np.random.default_rng(0)
    base = 1000.0 * rng.normal(size=500)
    honest = base + 1e-4 * rng.normal(size=(7, 500))
    liar = base + 1e-3 * rng.normal(size=(2, 500))
    kept = multi_krum(np.concatenate([honest, liar]), liars=2)
    np.testing.assert_allclose(kept, honest.mean(axis=0), atol=1e-9)


@settings(max_examples=50, deadline=None)
@given(st.integers(0, 2**32), st.integers(1, 3), st.floats(-1e12, 1e12))
def test_no_few_liars_move_an_aggregate_far(seed: int, liars: int, lie: float) -> None:
    """Whatever they send, each coordinate stays within what honest clients sent."""
    rng = np.random.default_rng(seed)
    honest = rng.normal(size=(9, 4))
    sent = np.concatenate([honest, lie * rng.normal(size=(liars, 4))])
    low, high = honest.min(axis=0), honest.max(axis=0)
    for found in (coordinate_median(sent), trimmed_mean(sent, liars)):
        assert (found >= low - 1e-12).all()
        assert (found <= high + 1e-12).all()
    bound = np.linalg.norm(honest, axis=1).max()
    assert np.linalg.norm(clipped_mean(sent, bound)) <= bound * (1 + 1e-9)
    assert np.linalg.norm(fltrust(sent, honest[0])) <= np.linalg.norm(honest[0]) * (1 + 1e-9)


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 2**32))
def test_the_order_of_clients_does_not_matter(seed: int) -> None:
    rng = np.random.default_rng(seed)
    sent: Floats = rng.normal(size=(9, 5))
    turned = sent[rng.permutation(9)]
    for name, combine in AGGREGATORS.items():
        if name in {"Krum", "MultiKrum", "trimmed mean"}:
            continue  # the benchmark's are told to expect more liars than nine clients allow
        np.testing.assert_allclose(combine(sent, sent[0]), combine(turned, sent[0]))
    np.testing.assert_allclose(krum(sent, 2), krum(turned, 2))
    np.testing.assert_allclose(trimmed_mean(sent, 2), trimmed_mean(turned, 2))


def test_a_client_that_sends_nonsense_is_left_out() -> None:
    sent = [[1.0, 1.0], [1.0, 3.0], [np.nan, 0.0], [np.inf, 0.0]]
    assert clipped_mean(sent, bound=99.0).tolist() == [1.0, 2.0]


@pytest.mark.parametrize(
    ("call", "says"),
    [
        (lambda: krum(np.eye(4), liars=1), "needs at least 5 clients"),
        (lambda: trimmed_mean(np.eye(4), liars=2), "needs at least 5 clients"),
        (lambda: multi_krum(np.eye(6), liars=1, keep=7), "keep must be 1 to 6"),
        (lambda: coordinate_median([[np.nan]]), "no client sent finite numbers"),
        (lambda: coordinate_median([1.0]), "must have shape"),
        (lambda: fltrust(np.eye(3), [1.0]), "trusted must be 3 finite numbers"),
        (lambda: clipped_mean(np.eye(3), -1.0), "bound must be a length"),
    ],
)
def test_what_cannot_be_withstood_is_refused(call: Callable[[], Floats], says: str) -> None:
    with pytest.raises(UsageError, match=says):
        call()
