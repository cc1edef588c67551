"""The classifier keeps scikit-learn's conventions, and refuses what would void its promise."""

from __future__ import annotations

import warnings
from collections.abc import Iterator

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import sparse
from sklearn.base import clone
from sklearn.datasets import load_digits
from sklearn.decomposition import PCA
from sklearn.feature_extraction.text import HashingVectorizer, TfidfVectorizer
from sklearn.linear_model import LogisticRegression, RidgeClassifier
from sklearn.model_selection import GridSearchCV
from sklearn.naive_bayes import GaussianNB
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import Normalizer, StandardScaler
from sklearn.tree import DecisionTreeClassifier
from sklearn.utils.estimator_checks import check_estimator

from foretaste.data import open_dataset
from foretaste.errors import UsageError
from foretaste.train import Certificate, CertificateWarning, PartitionedClassifier, certify
from foretaste.train.partition import cells_of, content_digests, models_fed
from foretaste.train.rows import labelled_rows

WASTED = ".*weaker than it could be.*"


@pytest.fixture(autouse=True)
def _empty_parts_are_meant() -> Iterator[None]:
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message=WASTED, category=CertificateWarning)
        yield


DIGITS = load_digits(return_X_y=True)
X, Y = DIGITS[0][:600], DIGITS[1][:600]
NB = GaussianNB(var_smoothing=0.1)


@pytest.mark.parametrize("vote", ["dpa", "fa", "roe"])
def test_it_keeps_the_conventions_of_scikit_learn(vote: str) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # the checks scale on all rows, and skip optional arrays
        results = check_estimator(PartitionedClassifier(NB, vote=vote), on_fail=None)
    assert not [r["check_name"] for r in results if r["status"] == "failed"]


@pytest.mark.parametrize("vote", ["dpa", "fa", "roe"])
@pytest.mark.parametrize("unit", ["row", "source"])
def test_the_order_of_rows_does_not_matter(vote: str, unit: str) -> None:
    """Not even to a base model that is sensitive to it."""
    tree = DecisionTreeClassifier(random_state=0, max_features=5)
    model = PartitionedClassifier(tree, 6, vote, unit)
    sources = np.array([f"v{i % 9}" for i in range(len(Y))])
    shuffled = np.random.default_rng(0).permutation(len(Y))
    given_sources = (None, None) if unit == "row" else (sources, sources[shuffled])
    one = clone(model).fit(X, Y, given_sources[0]).certify(X)
    other = clone(model).fit(X[shuffled], Y[shuffled], given_sources[1]).certify(X)
    np.testing.assert_array_equal(one.predictions, other.predictions)
    np.testing.assert_array_equal(one.radius, other.radius)


def test_the_number_of_workers_does_not_matter() -> None:
    alone = PartitionedClassifier(NB, 8, "roe").fit(X, Y).predict_proba(X)
    many = PartitionedClassifier(NB, 8, "roe", n_jobs=2).fit(X, Y).predict_proba(X)
    np.testing.assert_array_equal(alone, many)


@settings(max_examples=30, deadline=None)
@given(st.integers(1, 400), st.integers(0, 2**32))
def test_every_cell_is_used_and_a_row_knows_its_own(n_cells: int, seed: int) -> None:
    rows = np.random.default_rng(seed).normal(size=(20 * n_cells, 2))
    digests = content_digests(rows)
    cells = cells_of(digests, n_cells)
    assert np.unique(cells).size == n_cells
    assert cells_of(digests[-3:], n_cells).tolist() == cells[-3:].tolist()


@pytest.mark.parametrize(("cells", "spread"), [(5, 1), (12, 3), (40, 4)])
def test_every_model_learns_from_as_many_cells(cells: int, spread: int) -> None:
    fed = models_fed(cells, spread)
    assert all(len(set(models)) == spread for models in fed.tolist())
    assert np.bincount(fed.ravel()).tolist() == [spread] * cells


def test_what_a_row_is_does_not_depend_on_the_other_rows() -> None:
    """A text among numbers turns a column into texts; no other row may move."""
    plain = np.array([[1.0, "a"], [2.5, "b"]], dtype=object)
    joined = np.array([[1.0, "a"], [2.5, "b"], ["oops", None]], dtype=object)
    assert content_digests(joined)[:2] == content_digests(plain)
    wide = sparse.csr_matrix(np.eye(4))
    assert content_digests(wide)[1:] == content_digests(wide[1:])


def test_a_word_in_a_column_of_numbers_moves_no_other_row() -> None:
    """The column is then read as words; the cells of the other rows say what they said."""
    plain = {"a": ["1", "2.50", "3"] * 20, "b": ["x", "y", "z"] * 20, "label": ["p", "q", "p"] * 20}
    spoilt = {"a": [*plain["a"], "oops"], "b": [*plain["b"], "x"], "label": [*plain["label"], "p"]}
    numbers = {**plain, "a": [float(v) for v in plain["a"]]}
    found = [labelled_rows(open_dataset(d, label="label")) for d in (plain, spoilt, numbers)]
    assert found[0].digests == found[1].digests[:60] == found[2].digests


UNSEEDED = [
    DecisionTreeClassifier(),
    make_pipeline(StandardScaler(), LogisticRegression()),
    DecisionTreeClassifier(random_state=np.random.RandomState(0)),  # remembers earlier draws
]


@pytest.mark.parametrize("base", UNSEEDED, ids=["tree", "pipeline", "generator"])
def test_an_unseeded_base_model_is_refused(base: object) -> None:
    with pytest.raises(UsageError, match=r"random_state .* must be a whole number.*=0"):
        PartitionedClassifier(base).fit(X, Y)


def test_preprocessing_fitted_on_all_rows_is_refused_or_warned_about() -> None:
    with pytest.raises(UsageError, match=r"PCA learns from all rows.*base estimator"):
        PartitionedClassifier(NB, features=PCA(random_state=0)).fit(X, Y)
    with pytest.warns(CertificateWarning, match="centred exactly"):
        PartitionedClassifier(NB).fit(StandardScaler().fit_transform(X), Y)
    outside = make_pipeline(PCA(5, random_state=0), PartitionedClassifier(NB))
    with pytest.warns(CertificateWarning):
        outside.fit(X, Y)
    assert outside.score(X, Y) > 0.5  # it may be used, but not certified
    with pytest.raises(UsageError, match="PCA learns from all rows"):
        certify(outside, X)


def test_preprocessing_within_a_partition_is_welcome() -> None:
    base = make_pipeline(StandardScaler(), PCA(8, random_state=0), NB)
    inside = make_pipeline(Normalizer(), PartitionedClassifier(base, 6))
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        certificate = certify(inside.fit(X, Y), X)
    assert certificate.share(1) > 0.5


@pytest.mark.parametrize(
    ("sources", "says"),
    [
        (None, "sources must be given"),
        (["a"] * 599 + [None], "row 599 has no source"),
        (["a"] * 599 + [float("nan")], "row 599 has no source"),
        (["a", "b"], r"shape \(600,\)"),
    ],
)
def test_rows_without_a_source_are_refused(sources: object, says: str) -> None:
    with pytest.raises(UsageError, match=says):
        PartitionedClassifier(NB, unit="source").fit(X, Y, sources=sources)


@pytest.mark.parametrize(
    ("parameters", "says"),
    [
        ({"vote": "majority"}, "vote must be one of"),
        ({"unit": "vendor"}, "unit must be one of"),
        ({"n_partitions": 0}, "n_partitions must be"),
        ({"n_partitions": 2.5}, "n_partitions must be"),
        ({"spread": 3}, "spread must be 1 for vote='dpa'"),
        ({"vote": "fa", "spread": 65}, "spread must be a whole number 1 to 64"),
        ({"roster": ["a"]}, "needs unit='source'"),
    ],
)
def test_wrong_parameters_say_what_is_right(parameters: dict[str, object], says: str) -> None:
    with pytest.raises(UsageError, match=says):
        PartitionedClassifier(NB, **parameters).fit(X, Y)  # type: ignore[arg-type]


def test_a_source_that_is_not_on_the_roster_is_refused() -> None:
    model = PartitionedClassifier(NB, 2, unit="source", roster=["a", "b"])
    with pytest.raises(UsageError, match="'c', which is not on the roster"):
        model.fit(X, Y, sources=["a", "b", "c"] * 200)


def test_partitions_that_are_wasted_are_told() -> None:
    warnings.filterwarnings("always", message=WASTED, category=CertificateWarning)
    with pytest.warns(CertificateWarning, match=r"of 900 partitions hold no row.*lower"):
        PartitionedClassifier(NB, 900).fit(X, Y)
    names = [f"v{i % 12}" for i in range(len(Y))]
    with pytest.warns(CertificateWarning, match="12 sources share 4 partitions: .*raise"):
        PartitionedClassifier(NB, 4, unit="source").fit(X, Y, sources=names)


def test_a_search_finds_the_partitions_and_hands_sources_on() -> None:
    search = GridSearchCV(PartitionedClassifier(NB, unit="source"), {"n_partitions": [2, 30]}, cv=2)
    search.fit(X, Y, sources=np.array([f"v{i % 40}" for i in range(len(Y))]))
    assert search.best_params_["n_partitions"] == 2
    assert search.best_estimator_.certify(X).unit == "source"


def test_texts_sparse_rows_and_frames_are_rows_too() -> None:
    texts = [f"{w} and {i}" for i in range(60) for w in ("good", "bad")]
    labels = np.array(["yes", "no"] * 60)
    hashed = HashingVectorizer(n_features=256)
    one = PartitionedClassifier(RidgeClassifier(random_state=0), 5, features=hashed)
    two = PartitionedClassifier(
        make_pipeline(TfidfVectorizer(), RidgeClassifier(random_state=0)), 5
    )
    for model in (one, two):
        assert model.fit(texts, labels).certify(["good"]).radius[0] >= 1
    sparse_rows = PartitionedClassifier(RidgeClassifier(random_state=0), 5)
    assert (
        sparse_rows.fit(hashed.transform(texts), labels).score(hashed.transform(texts), labels) == 1
    )
    frame = pd.DataFrame({"a": np.arange(100.0), "b": ["x", "y"] * 50})
    encoded = make_pipeline(OnlyNumbers(), DecisionTreeClassifier(random_state=0))
    in_frames = PartitionedClassifier(encoded, 5).fit(frame, frame["a"] > 50)
    assert in_frames.predict(frame.iloc[[0, 99]]).tolist() == [False, True]


class OnlyNumbers(Normalizer):  # type: ignore[misc]  # no stubs
    """Drops the column of words."""

    def fit(self, X: pd.DataFrame, y: object = None) -> OnlyNumbers:
        return self

    def transform(self, X: pd.DataFrame) -> np.ndarray:
        return X[["a"]].to_numpy()


def test_what_a_certificate_says() -> None:
    certificate = Certificate(np.array([1, 1, 0, 0]), np.array([4, 3, 3, 0]), "source")
    assert certificate.sentence(3, "vendor") == "no 3 vendors together can flip 75 % of predictions"
    assert certificate.sentence(1) == "no single source can flip 75 % of predictions"
    assert certificate.accuracy([1, 0, 0, 0], 3) == 0.5
    assert certificate.largest(0.75) == 3
