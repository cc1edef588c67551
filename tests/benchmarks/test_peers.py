"""Our own versions of published methods rank the poison that their papers are about."""

from __future__ import annotations

import numpy as np
import pytest
from benchmarks.peers import Peer, discover
from benchmarks.reference import Seen, features, probabilities
from sklearn.metrics import roc_auc_score

from foretaste.attack.contract import Sample
from foretaste.attack.victim_table import train_logistic
from foretaste.types import Table

OWN = {kind.name: kind for kind in discover() if not kind.needs}


@pytest.fixture(scope="module")
def cluster() -> tuple[Seen, np.ndarray]:
    """A far, tight cluster of class 1 that carries label 0, in a set of six classes."""
    rng = np.random.default_rng(0)
    labels = rng.integers(0, 6, 900)
    x = rng.normal(size=(900, 8)) + 3 * np.eye(8)[labels]
    truth = np.zeros(900, dtype=np.bool_)
    truth[rng.choice(np.flatnonzero(labels == 1), 40, replace=False)] = True
    x[truth, 7] += 8
    sample = Sample(Table(tuple("abcdefgh"), x), np.where(truth, 0, labels), tuple("uvwxyz"))
    model = train_logistic(sample, 0)
    told = probabilities(model, sample.content, 6)
    return Seen(sample, features(sample.content, model), told, model), truth


@pytest.mark.parametrize("name", ["SCAn (own)", "SPECTRE (own)"])
def test_a_second_population_in_a_class_is_ranked(
    name: str, cluster: tuple[Seen, np.ndarray]
) -> None:
    seen, truth = cluster
    answer = OWN[name]().judge(seen, "default", np.random.default_rng(0))
    assert roc_auc_score(truth, answer.scores) > 0.9
    assert answer.flagged[truth].mean() > 0.9


@pytest.mark.parametrize("kind", OWN.values(), ids=lambda k: k.name)
def test_a_peer_answers_alike_twice_and_for_every_row(
    kind: type[Peer], cluster: tuple[Seen, np.ndarray]
) -> None:
    seen, _ = cluster
    one, two = (kind().judge(seen, kind.settings[0], np.random.default_rng(1)) for _ in range(2))
    assert one.scores.shape == one.flagged.shape == (900,)
    assert np.isfinite(one.scores).all()
    assert np.array_equal(one.scores, two.scores)
    assert np.array_equal(one.flagged, two.flagged)


def test_probabilities_are_probabilities(cluster: tuple[Seen, np.ndarray]) -> None:
    told = cluster[0].predict(cluster[0].sample.content)
    assert told.shape == (900, 6)
    assert np.allclose(told.sum(axis=1), 1)
