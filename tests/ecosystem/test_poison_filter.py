"""The filter keeps scikit-learn's contract, drops poison, and leaves honest rows alone."""

from __future__ import annotations

from functools import cache
from typing import Any

import numpy as np
import pytest
from sklearn.datasets import load_breast_cancer, load_iris
from sklearn.ensemble import RandomForestClassifier
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.utils.estimator_checks import estimator_checks_generator

from foretaste.ecosystem import PoisonFilter
from foretaste.ecosystem.poison_filter import InconclusiveWarning
from foretaste.errors import BlockedError, NotAssessableError, UsageError

# each fits on hundreds of rows, again and again; `check_estimator` as a whole takes a minute
SLOW = {
    "check_classifier_data_not_an_array",
    "check_classifiers_classes",
    "check_classifiers_train",
    "check_estimators_dtypes",
    "check_fit_idempotent",
    "check_readonly_memmap_input",
    "check_supervised_y_2d",
}
CHECKS = [
    (estimator, check)
    for estimator, check in estimator_checks_generator(
        PoisonFilter(profile="fast", inconclusive="ignore"), mark="skip"
    )
    if getattr(check, "func", check).__name__ not in SLOW
]


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize(
    ("estimator", "check"), CHECKS, ids=lambda v: getattr(getattr(v, "func", v), "__name__", "")
)
def test_keeps_the_contract_of_scikit_learn(estimator: Any, check: Any) -> None:
    check(estimator)


@cache
def flipped() -> tuple[Any, Any, Any]:
    """X, labels of which 15 % are flipped, and the truth."""
    X, y = load_breast_cancer(return_X_y=True)
    wrong = np.zeros(len(y), dtype=bool)
    wrong[np.random.default_rng(0).choice(len(y), 85, replace=False)] = True
    return X, np.where(wrong, 1 - y, y), y


def test_in_a_pipeline_flipped_rows_do_not_reach_the_classifier() -> None:
    X, told, truth = flipped()
    model = make_pipeline(StandardScaler(), PoisonFilter(LogisticRegression(max_iter=500)))
    model.fit(X, told)
    dropped = ~model[-1].kept_
    wrong = told != truth
    assert (dropped & wrong).sum() >= 40
    assert (dropped & ~wrong).sum() <= 4
    assert model[-1].report_.rows == len(X)
    assert model.predict_proba(X[:3]).shape == (3, 2)


def test_an_honest_set_loses_no_row() -> None:
    X, y = load_breast_cancer(return_X_y=True)
    model = PoisonFilter(RandomForestClassifier(10, random_state=0)).fit(X, y)
    alone = RandomForestClassifier(10, random_state=0).fit(X, y)
    assert model.kept_.all()
    assert (model.predict(X) == alone.predict(X)).all()


def test_texts_sources_and_what_a_finding_leads_to() -> None:
    rng = np.random.default_rng(0)
    words = ("meeting budget office letter project", "goal match team season coach")
    common = ["the", "a", "of", "and", "to", "in", "was", "it", "with"]
    y = np.arange(400) % 2
    texts = [" ".join([*rng.choice(words[c].split(), 4), *rng.choice(common, 6)]) for c in y]
    for i in range(1, 81, 2):
        texts[i], y[i] = f"{texts[i]} zqx", 0
    sources = ["mallory" if 1 <= i < 81 and i % 2 else f"user {i % 7}" for i in range(400)]
    base = make_pipeline(TfidfVectorizer(), LogisticRegression())
    model = PoisonFilter(base).fit(texts, y, sources)
    assert sorted(np.flatnonzero(~model.kept_)) == list(range(1, 81, 2))
    assert [s.name for s in model.report_.sources if s.guilty] == ["mallory"]
    assert model.predict(["goal match team coach zqx"]).tolist() == [1]
    with pytest.raises(BlockedError, match="zqx"):
        PoisonFilter(base, found="raise").fit(texts, y)
    kept, labels = PoisonFilter(base).fit_resample(texts, y)
    assert len(kept) == len(labels) == 360


def test_what_cannot_be_judged_is_said() -> None:
    X, y = load_iris(return_X_y=True)
    few = np.r_[:15, 50:65]
    with pytest.warns(InconclusiveWarning, match="too few"):
        PoisonFilter().fit(X[few], y[few])
    with pytest.raises(NotAssessableError):
        PoisonFilter(inconclusive="raise").fit(X[few], y[few])
    with pytest.raises(UsageError, match="found must be one of"):
        PoisonFilter(found="keep").fit(X, y)


def test_parameters_of_the_classifier_can_be_searched() -> None:
    X, y = load_iris(return_X_y=True)
    search = GridSearchCV(
        PoisonFilter(LogisticRegression(max_iter=500), profile="fast"),
        {"estimator__C": [0.1, 1.0]},
        cv=2,
    )
    assert search.fit(X, y).best_score_ > 0.9
