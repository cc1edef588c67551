"""Outliers are named as such, and honest tables with heavy tails get nothing."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.datasets import (
    load_breast_cancer,
    load_diabetes,
    load_iris,
    load_wine,
    make_classification,
)
from sklearn.metrics import average_precision_score

import foretaste
from foretaste.attack.contract import Sample
from foretaste.attack.table_outlier_cluster import TableOutlierCluster
from foretaste.attack.table_outlier_far import TableOutlierFar
from foretaste.types import Kind, Table

COLUMNS = 10


def made(seed: int, rows: int = 600) -> tuple[np.ndarray, np.ndarray]:
    x, y = make_classification(rows, COLUMNS, n_informative=5, class_sep=1.5, random_state=seed)
    return x, y


def heavy(x: np.ndarray, how: str) -> np.ndarray:
    rng = np.random.default_rng(0)
    return np.exp(x) if how == "log-normal" else x + rng.standard_t(2, size=x.shape)


def test_honest_data_have_no_outliers() -> None:
    x, y = load_diabetes(return_X_y=True)
    sets = [load_breast_cancer(return_X_y=True), load_wine(return_X_y=True), (x, y > np.median(y))]
    sets += [load_iris(return_X_y=True)]
    sets += [(heavy(made(s)[0], how), made(s)[1]) for s in (0, 1) for how in ("log-normal", "t")]
    for x, y in sets:
        report = foretaste.scan((x, np.asarray(y).astype(int)))
        assert report.verdict == "clean"
        assert not report.findings.flagged.any()


@pytest.mark.parametrize("attack", [TableOutlierFar(), TableOutlierCluster()], ids=lambda a: a.name)
def test_planted_outliers_are_flagged_as_outliers(
    attack: TableOutlierFar | TableOutlierCluster,
) -> None:
    x, y = made(3, 1_500)
    sample = Sample(Table(tuple(map(str, range(COLUMNS))), x), y.astype(np.int64), ("no", "yes"))
    done = attack.poison(sample, np.random.default_rng(3))
    assert isinstance(done.sample.content, Table)
    report = foretaste.scan((done.sample.content.values, y))
    assert [g.kind for g in report.groups] == [Kind.OUTLIER]
    found = report.findings.flagged
    assert found[done.truth].mean() > 0.4  # the nearest of them could be honest
    assert done.truth[found].mean() > 0.9
    assert average_precision_score(done.truth, report.findings.score) > 0.95
