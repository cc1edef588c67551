"""Shares of changed labels are read off clear rows, and used with care."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from foretaste.stats.clear_rows import rank_evidence
from foretaste.stats.label_noise import LabelNoise, fit_label_noise


@pytest.mark.parametrize(("one", "two"), [(0.2, 0.0), (0.0, 0.2), (0.15, 0.15), (0.0, 0.0)])
def test_the_direction_of_flips_is_seen(one: float, two: float) -> None:
    rng = np.random.default_rng(0)
    truth = rng.integers(0, 2, 3_000)
    flipped = rng.random(3_000) < np.where(truth == 0, one, two)
    p = np.where(np.eye(2)[truth] > 0, 0.9, 0.1)
    p += rng.uniform(-0.05, 0.05, (3_000, 1)) * np.array([1.0, -1.0])
    noise = fit_label_noise(rank_evidence(p), np.where(flipped, 1 - truth, truth), 2)
    assert noise.changed[0, 1] == pytest.approx(one, abs=0.04)
    assert noise.changed[1, 0] == pytest.approx(two, abs=0.04)


def test_one_way_flips_come_before_as_unlikely_labels_of_the_other_way() -> None:
    noise = LabelNoise(np.array([[0.0, 0.2], [0.01, 0.0]]))
    p = np.array([[0.8, 0.2], [0.2, 0.8]])
    doubt = noise.doubt(p, np.array([1, 0]))
    right = noise.right(p, np.array([1, 0]))
    assert doubt[0] > 0.8 > doubt[1]
    assert right[0] < right[1]


def test_even_directions_change_no_order() -> None:
    noise = LabelNoise(np.array([[0.0, 0.1], [0.1, 0.0]]))
    p = np.random.default_rng(0).dirichlet([1, 1], 50)
    labels = np.arange(50) % 2
    assert np.allclose(noise.doubt(p, labels), 1 - p[np.arange(50), labels])


@given(st.integers(0, 10**6), st.integers(2, 5), st.floats(0, 0.3))
def test_answers_are_probabilities(seed: int, k: int, share: float) -> None:
    rng = np.random.default_rng(seed)
    changed = rng.dirichlet(np.ones(k), k) * share
    np.fill_diagonal(changed, 0.0)
    p = rng.dirichlet(np.ones(k), 30)
    labels = rng.integers(0, k, 30)
    for answer in (LabelNoise(changed).right(p, labels), LabelNoise(changed).doubt(p, labels)):
        assert np.isfinite(answer).all()
        assert ((answer >= 0) & (answer <= 1)).all()
