"""KNN-Shapley, trees and head gradients, each against what defines it."""

from __future__ import annotations

from itertools import combinations
from math import comb

import numpy as np
import pytest
from sklearn.ensemble import ExtraTreesClassifier, RandomForestClassifier

from foretaste.errors import UsageError
from foretaste.influence.head_gradients import (
    Checkpoint,
    alignment,
    gradient_products,
    self_influence,
)
from foretaste.influence.neighbour_shapley import knn_shapley
from foretaste.influence.trees import drawn_effect, forest_leaves
from foretaste.types import Floats, Ints


def brute_force(order: Ints, labels: Ints, wanted: int, vote: int) -> Floats:
    """Shapley values by their definition, over every coalition."""
    n = len(labels)

    def worth(coalition: tuple[int, ...]) -> float:
        near = [row for row in order if row in coalition][:vote]
        return float(sum(labels[row] == wanted for row in near)) / vote

    value = np.zeros(n)
    for row in range(n):
        rest = [other for other in range(n) if other != row]
        for size in range(n):
            for chosen in combinations(rest, size):
                gain = worth((*chosen, row)) - worth(chosen)
                value[row] += gain / (n * comb(n - 1, size))
    return value


@pytest.mark.parametrize("vote", [1, 2, 3])
def test_knn_shapley_is_the_shapley_value(vote: int) -> None:
    rng = np.random.default_rng(vote)
    labels, order = rng.integers(0, 2, 7), rng.permutation(7)
    told = knn_shapley(order[None], labels, np.array([1]), vote)
    np.testing.assert_allclose(told, brute_force(order, labels, 1, vote), atol=1e-12)


def test_knn_shapley_of_near_neighbours_only_is_off_by_less_than_promised() -> None:
    rng = np.random.default_rng(0)
    labels, queries = rng.integers(0, 2, 60), rng.integers(0, 2, 40)
    order = rng.permuted(np.tile(np.arange(60), (40, 1)), axis=1)
    whole = knn_shapley(order, labels, queries, 3)
    near = knn_shapley(order[:, :20], labels, queries, 3)
    assert np.abs(whole - near).max() <= 1 / 20


def test_knn_shapley_refuses_more_votes_than_neighbours() -> None:
    with pytest.raises(UsageError, match="vote must be from 1 to the 2"):
        knn_shapley(np.array([[0, 1]]), np.array([0, 1]), np.array([0]), 3)


@pytest.mark.parametrize("kind", [RandomForestClassifier, ExtraTreesClassifier])
def test_leaf_weights_are_the_vote_of_the_forest(kind: type) -> None:
    rng = np.random.default_rng(0)
    x, queries = rng.normal(size=(150, 4)), rng.normal(size=(20, 4))
    y = (x[:, 0] + 0.5 * rng.normal(size=150) > 0).astype(int)
    forest = kind(20, min_samples_leaf=3, random_state=0).fit(x, y)
    weights = forest_leaves(forest, x).weights(forest.apply(queries))
    np.testing.assert_allclose(weights @ np.eye(2)[y], forest.predict_proba(queries), atol=1e-12)


def test_a_mislabelled_twin_pulls_its_forest() -> None:
    rng = np.random.default_rng(0)
    x = rng.normal(size=(200, 2))
    y = (x[:, 0] > 0).astype(int)
    x[7], y[7] = (2.5, 0.0), 0  # deep in the other class
    forest = RandomForestClassifier(300, random_state=0).fit(x, y)
    query = np.array([[2.5, 0.01]])
    said = np.stack([tree.predict_proba(query)[:, 0] for tree in forest.estimators_], axis=1)
    effect = drawn_effect(forest_leaves(forest, x), said)
    assert effect[0].argmax() == 7


def checkpoints(n: int, seed: int) -> list[Checkpoint]:
    rng = np.random.default_rng(seed)
    return [Checkpoint(rng.normal(size=(n, 4)), rng.normal(size=(n, 3)), rate) for rate in (1, 0.3)]


def test_products_are_those_of_whole_gradients() -> None:
    rows, queries = checkpoints(9, 0), checkpoints(5, 1)
    wanted = np.zeros((5, 9))
    for row, query in zip(rows, queries, strict=True):
        g = np.einsum("nk,nd->nkd", row.residual, row.features).reshape(9, -1)
        q = np.einsum("nk,nd->nkd", query.residual, query.features).reshape(5, -1)
        wanted += row.rate * q @ g.T
    np.testing.assert_allclose(gradient_products(rows, queries), wanted)
    np.testing.assert_allclose(self_influence(rows), np.diag(gradient_products(rows, rows)))


def test_alignment_of_a_vetted_row_with_itself_is_one() -> None:
    row = checkpoints(1, 0)[0]
    assert alignment(row, row) == pytest.approx([1.0])


def test_products_are_those_of_captum() -> None:
    torch = pytest.importorskip("torch")
    influence = pytest.importorskip("captum.influence")
    torch.manual_seed(0)
    layer = torch.nn.Linear(4, 3, bias=False).double()
    x, y = torch.randn(12, 4, dtype=torch.double), torch.arange(12) % 3
    peer = influence.TracInCPFast(
        layer,
        layer,
        torch.utils.data.TensorDataset(x, y),
        ["now"],
        checkpoints_load_func=lambda _model, _path: 0.5,
        loss_fn=torch.nn.CrossEntropyLoss(reduction="sum"),
        batch_size=12,
    )
    wanted = peer.influence((x[:3], y[:3])).numpy()
    with torch.no_grad():
        residual = torch.softmax(layer(x), dim=1).numpy() - np.eye(3)[y.numpy()]
    features = x.numpy()
    rows = Checkpoint(features, residual, 0.5)
    told = gradient_products([rows], [Checkpoint(features[:3], residual[:3], 0.5)])
    np.testing.assert_allclose(told, wanted, atol=1e-6)
