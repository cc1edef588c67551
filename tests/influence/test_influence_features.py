"""What models make of rows: the last layer's input, a pipeline's columns, leaves."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.ensemble import GradientBoostingClassifier, RandomForestClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.neighbors import KNeighborsClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from foretaste.errors import UsageError
from foretaste.influence.model_features import features_of, leaf_features
from foretaste.types import Content, Table

RNG = np.random.default_rng(0)
X = RNG.normal(size=(120, 4))
Y = (X[:, 0] > 0).astype(int)
ROWS = Table(("a", "b", "c", "d"), X)


def values(content: Content) -> np.ndarray:
    return content.values


def test_a_network_gives_what_enters_its_last_layer() -> None:
    torch = pytest.importorskip("torch")
    body = torch.nn.Sequential(torch.nn.Linear(4, 7), torch.nn.ReLU())
    network = torch.nn.Sequential(body, torch.nn.Linear(7, 2)).train()

    def prepare(content: Content) -> object:
        return torch.from_numpy(content.values.astype(np.float32))

    made = features_of(network, prepare)(ROWS)
    with torch.no_grad():
        wanted = body(prepare(ROWS)).numpy()
    np.testing.assert_allclose(made, wanted, atol=1e-6)
    assert network.training


def test_a_pipeline_gives_what_enters_its_linear_model() -> None:
    pipeline = make_pipeline(StandardScaler(), LogisticRegression()).fit(X, Y)
    np.testing.assert_allclose(
        features_of(pipeline, values)(ROWS), pipeline[0].transform(X), atol=1e-6
    )


@pytest.mark.parametrize("kind", [RandomForestClassifier, GradientBoostingClassifier])
def test_rows_are_as_alike_as_the_leaves_they_share(kind: type) -> None:
    trees = kind(n_estimators=40, max_depth=3, random_state=0).fit(X, Y)
    made = features_of(trees, values)(ROWS)
    leaves = trees.apply(X).reshape(len(X), -1)
    shared = (leaves[:, None] == leaves[None]).mean(axis=2)
    assert np.abs(made @ made.T - shared).max() < 0.25
    assert np.corrcoef((made @ made.T).ravel(), shared.ravel())[0, 1] > 0.95


def test_leaves_in_blocks_are_the_same_leaves() -> None:
    trees = RandomForestClassifier(10, random_state=0).fit(X, Y)
    features = leaf_features(trees, values)
    whole = features(ROWS)
    np.testing.assert_array_equal(whole[:5], features(ROWS.take(np.arange(5))))


def test_what_is_not_known_is_said() -> None:
    with pytest.raises(UsageError, match="inside of KNeighborsClassifier"):
        features_of(KNeighborsClassifier().fit(X, Y), values)
