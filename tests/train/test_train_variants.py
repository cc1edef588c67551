"""Variants without an exact certificate: what they help against, and what their bounds say."""

from __future__ import annotations

import warnings

import numpy as np
import pytest
from sklearn.datasets import load_breast_cancer
from sklearn.tree import DecisionTreeClassifier
from sklearn.utils.estimator_checks import check_estimator

from foretaste.errors import UsageError
from foretaste.train import BaggedClassifier, TrimmedLossClassifier
from foretaste.train.bagged import certified_rows

X, Y = load_breast_cancer(return_X_y=True)


@pytest.mark.parametrize("model", [TrimmedLossClassifier(), BaggedClassifier(n_models=12)])
def test_they_keep_the_conventions_of_scikit_learn(model: object) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        results = check_estimator(model, on_fail=None)
    assert not [r["check_name"] for r in results if r["status"] == "failed"]


def test_trimming_leaves_flipped_labels_out() -> None:
    rng = np.random.default_rng(0)
    flipped = rng.choice(400, 40, replace=False)
    y = Y[:400].copy()
    y[flipped] = 1 - y[flipped]
    trimmed = TrimmedLossClassifier(drop=0.15).fit(X[:400], y)
    assert (~trimmed.kept_[flipped]).mean() > 0.8
    assert trimmed.score(X[400:], Y[400:]) > 0.95


def test_a_bagged_certificate_shrinks_with_confidence_and_with_the_sample() -> None:
    few = BaggedClassifier(n_models=150, sample=15).fit(X[:400], Y[:400])
    many = BaggedClassifier(n_models=150, sample=60).fit(X[:400], Y[:400])
    sure = few.certify(X[400:], confidence=0.9999)
    assert (sure.radius <= few.certify(X[400:], confidence=0.9).radius).all()
    assert sure.radius.max() > many.certify(X[400:]).radius.max() > 0
    assert sure.accuracy(Y[400:], 1) > 0.5


def test_no_poison_that_was_tried_breaks_the_bound_of_the_ideal_vote() -> None:
    """A base model that obeys any marked row: its ideal vote is known in closed form."""
    n, k = 60, 5
    radius = int(certified_rows(np.array([[10_000, 0]]), 10_000, n, k, 1e-9)[0])
    assert radius >= 1
    for inserted in range(radius + 1):
        for deleted in range(radius + 1 - inserted):
            after = n - deleted + inserted
            obeys = 1 - ((after - inserted) / after) ** k  # a sample that holds a marked row
            assert obeys < 0.5
    for altered in range(radius + 1):
        assert 1 - ((n - altered) / n) ** k < 0.5


@pytest.mark.parametrize(
    ("model", "says"),
    [
        (TrimmedLossClassifier(drop=0.6), "drop must be"),
        (TrimmedLossClassifier(rounds=0), "rounds must be"),
        (BaggedClassifier(sample=0), "sample must be"),
        (BaggedClassifier(random_state=None), "random_state must be"),  # type: ignore[arg-type]
        (BaggedClassifier(DecisionTreeClassifier()), "random_state of DecisionTreeClassifier"),
    ],
)
def test_wrong_parameters_say_what_is_right(model: BaggedClassifier, says: str) -> None:
    with pytest.raises(UsageError, match=says):
        model.fit(X, Y)
