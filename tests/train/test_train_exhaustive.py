"""Certificates against every change an attacker could make, where all of them can be tried."""

from __future__ import annotations

import itertools
import warnings
from collections.abc import Iterator

import numpy as np
import pytest
from sklearn.base import BaseEstimator, ClassifierMixin

from foretaste.train import CertificateWarning, PartitionedClassifier
from foretaste.train.partition import cells_of, content_digests

Row = tuple[int, int]  # content, label
SourcedRow = tuple[int, int, str]

CONTENTS = (0, 1, 2)
LABELS = (0, 1, 2)  # 2 may be new to the data


class Tally(ClassifierMixin, BaseEstimator):  # type: ignore[misc]  # no stubs
    """Counts how often each label goes with each content: swayed by a single row."""

    def fit(self, X: np.ndarray, y: np.ndarray) -> Tally:
        self.classes_ = np.unique(y)
        self.n_features_in_ = 1
        self.rows_ = [(int(x), label) for x, label in zip(X[:, 0], y, strict=True)]
        return self

    def predict_proba(self, X: np.ndarray) -> np.ndarray:
        whole = [label for _, label in self.rows_]
        out = []
        for x in X[:, 0]:
            near = [label for c, label in self.rows_ if c == x] or whole
            out.append([near.count(k) + 0.01 * whole.count(k) for k in self.classes_])
        return np.array(out, dtype=float)

    def predict(self, X: np.ndarray) -> np.ndarray:
        return np.asarray(self.classes_[self.predict_proba(X).argmax(axis=1)])


def train(rows: list[Row], vote: str, k: int, spread: int | None) -> PartitionedClassifier:
    model = PartitionedClassifier(Tally(), k, vote, spread=spread)
    return model.fit(np.array([[r[0]] for r in rows], dtype=float), np.array([r[1] for r in rows]))


def train_sources(
    rows: list[SourcedRow], vote: str, spread: int | None, roster: list[str] | None
) -> PartitionedClassifier:
    model = PartitionedClassifier(Tally(), 5, vote, "source", spread=spread, roster=roster)
    X, y = np.array([[r[0]] for r in rows], dtype=float), np.array([r[1] for r in rows])
    return model.fit(X, y, sources=[r[2] for r in rows])


def one_change(rows: list[Row], contents: tuple[int, ...]) -> Iterator[list[Row]]:
    """Everything that counts as one row: insert, delete, relabel."""
    for row in itertools.product(contents, LABELS):
        yield [*rows, row]
    for at in range(len(rows)):
        if len(rows) > 1:
            yield rows[:at] + rows[at + 1 :]
        for label in LABELS:
            yield [*rows[:at], (rows[at][0], label), *rows[at + 1 :]]


def neighbours(rows: list[Row], contents: tuple[int, ...], r: int) -> set[tuple[Row, ...]]:
    """Every data set within r changes, as multisets."""
    reached = {tuple(sorted(rows))}
    frontier = set(reached)
    for _ in range(r):
        frontier = {tuple(sorted(n)) for d in frontier for n in one_change(list(d), contents)}
        reached |= frontier
    return reached


def one_a_cell(n_cells: int) -> list[int]:
    """Contents that fill every cell once."""
    cells = cells_of(content_digests(np.arange(200.0)[:, None]), n_cells)
    return [int(c) for c in np.unique(cells, return_index=True)[1]]


VOTES = [("dpa", None), ("fa", 2), ("fa", 3), ("roe", None), ("roe", 2)]


@pytest.fixture(autouse=True)
def _empty_parts_are_meant() -> Iterator[None]:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", CertificateWarning)
        yield


@pytest.mark.parametrize(("vote", "spread"), VOTES)
@pytest.mark.parametrize("seed", range(2))
def test_no_single_row_breaks_a_certificate(vote: str, spread: int | None, seed: int) -> None:
    """All data sets one change away from a random one of ten rows with many contents."""
    rng = np.random.default_rng(seed)
    contents = tuple(range(8))
    rows = [(int(c), int(rng.random() < 0.2)) for c in rng.integers(8, size=10)]
    inputs = np.array(contents, dtype=float)[:, None]
    certificate = train(rows, vote, 5, spread).certify(inputs)
    certified = certificate.radius >= 1
    for changed in one_change(rows, contents):
        after = train(changed, vote, 5, spread).predict(inputs)
        assert (after == certificate.predictions)[certified].all(), changed


@pytest.mark.parametrize(("vote", "spread"), [("dpa", None), ("fa", 2), ("roe", None)])
def test_no_two_rows_break_a_certificate(vote: str, spread: int | None) -> None:
    """All data sets two changes away from one whose votes are clear."""
    rows = [(c, 0) for c in one_a_cell(5 * (spread or 1))]
    inputs = np.array([[0.0], [5.0], [99.0]])
    certificate = train(rows, vote, 5, spread).certify(inputs)
    assert certificate.radius.max() == 2  # the promise is not empty
    for changed in neighbours(rows, (0, 17), 2):
        after = train(list(changed), vote, 5, spread).predict(inputs)
        assert (after == certificate.predictions)[certificate.radius >= 2].all(), changed


@pytest.mark.parametrize(("vote", "spread"), [("dpa", None), ("fa", 2), ("roe", None)])
def test_new_content_for_an_old_row_costs_two(vote: str, spread: int | None) -> None:
    rows = [(c, int(c == 3)) for c in range(9)]
    inputs = np.arange(4, dtype=float)[:, None]
    certificate = train(rows, vote, 7, spread).certify(inputs)
    for at, row in itertools.product(range(len(rows)), itertools.product(range(11), LABELS)):
        after = train([*rows[:at], row, *rows[at + 1 :]], vote, 7, spread).predict(inputs)
        assert (after == certificate.predictions)[certificate.radius >= 2].all()


DELIVERIES: tuple[list[Row], ...] = ([], [(0, 1)] * 3, [(c, 1) for c in CONTENTS], [(1, 2)] * 4)


@pytest.mark.parametrize("roster", [True, False])
@pytest.mark.parametrize(("vote", "spread"), [("dpa", None), ("fa", 2), ("roe", None)])
def test_no_sources_break_a_certificate(vote: str, spread: int | None, roster: bool) -> None:
    """Each pair of sources, without a roster a new one too, delivers anything or nothing."""
    names = [f"v{i}" for i in range(5)]
    rows = [(i % 3, int(i == 4), name) for i, name in enumerate(names) for _ in range(2)]
    inputs = np.array([[0.0], [1.0], [2.0]])
    certificate = train_sources(rows, vote, spread, names if roster else None).certify(inputs)
    assert certificate.unit == "source"
    for r in (1, 2):
        for guilty in itertools.combinations(names if roster else [*names, "new"], r):
            kept = [row for row in rows if row[2] not in guilty]
            for given in itertools.product(DELIVERIES, repeat=r):
                pairs = zip(guilty, given, strict=True)
                poison = [(*row, name) for name, many in pairs for row in many]
                stands = certificate.radius >= r
                model = train_sources(kept + poison, vote, spread, names if roster else None)
                after = model.predict(inputs)
                assert (after == certificate.predictions)[stands].all(), (guilty, given)
    assert certificate.radius.max() >= int(roster)
