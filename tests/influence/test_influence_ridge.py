"""Ridge: forgetting rows by algebra is the same as never having seen them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from foretaste.errors import ForetasteError, NotAssessableError
from foretaste.influence.ridge import ExactRidge, fit_ridge
from foretaste.types import Floats, Ints


def rows(n: int, d: int, k: int, seed: int) -> tuple[np.ndarray, Ints]:
    rng = np.random.default_rng(seed)
    x = (rng.normal(size=(n, d)) * rng.uniform(0.1, 30, d) + rng.normal(size=d)).astype(np.float32)
    return x, rng.permutation(np.arange(n) % k).astype(np.int64)


def refitted(head: ExactRidge, keep: Ints, queries: np.ndarray) -> Floats:
    """Scores of `queries` by ordinary least squares with a penalty, solved from scratch."""
    x = (head.features[keep].astype(np.float64) - head.centre) / head.scale
    y = np.eye(head.n_classes)[head.labels[keep]]
    design = np.hstack([x, np.ones((len(x), 1))])
    penalty = np.diag([*[head.penalty] * x.shape[1], 0.0])
    theta = np.linalg.solve(design.T @ design + penalty, design.T @ y)
    q = (queries.astype(np.float64) - head.centre) / head.scale
    return np.hstack([q, np.ones((len(q), 1))]) @ theta


@settings(max_examples=20, deadline=None)
@given(st.integers(12, 60), st.integers(1, 20), st.integers(2, 5), st.integers(0, 2**16))
def test_leave_one_out_is_a_refit_to_1e_8(n: int, d: int, k: int, seed: int) -> None:
    head = fit_ridge(*rows(n, d, k, seed), k)
    loo = head.leave_one_out()
    for row in range(0, n, 5):
        keep = np.delete(np.arange(n), row)
        np.testing.assert_allclose(
            loo[row], refitted(head, keep, head.features[[row]])[0], rtol=0, atol=1e-8
        )


@settings(max_examples=20, deadline=None)
@given(st.integers(20, 60), st.integers(1, 20), st.integers(1, 15), st.integers(0, 2**16))
def test_leave_group_out_is_a_refit_to_1e_8(n: int, d: int, size: int, seed: int) -> None:
    head = fit_ridge(*rows(n, d, 3, seed), 3)
    queries = rows(4, d, 2, seed + 1)[0]
    group = np.random.default_rng(seed).choice(n, size, replace=False)
    said = head.without(group).scores(queries)
    wanted = refitted(head, np.setdiff1d(np.arange(n), group), queries)
    np.testing.assert_allclose(said, wanted, rtol=0, atol=1e-8)


def test_contribution_is_the_fall_of_the_margin() -> None:
    head = fit_ridge(*rows(90, 7, 3, 0), 3)
    queries, directions = rows(3, 7, 2, 5)[0], np.tile([1.0, -1.0, 0.0], (3, 1))
    before = (head.scores(queries) * directions).sum(axis=1)
    told = head.contribution(queries, directions)
    for row in range(0, 90, 9):
        after = refitted(head, np.delete(np.arange(90), row), queries)
        # features are kept in single precision, and so is the one product over all rows
        np.testing.assert_allclose(
            told[:, row], before - (after * directions).sum(axis=1), atol=1e-6
        )


def test_nothing_left_out_changes_nothing() -> None:
    head = fit_ridge(*rows(50, 4, 2, 1), 2)
    nobody = np.zeros(0, dtype=np.int64)
    same = head.without(nobody).scores(head.features)
    np.testing.assert_allclose(same, head.scores(head.features), atol=1e-10)


def test_a_constant_column_says_nothing() -> None:
    x, y = rows(60, 3, 2, 2)
    head = fit_ridge(np.hstack([x, np.full((60, 1), 7.0, dtype=np.float32)]), y, 2)
    np.testing.assert_allclose(head.leave_one_out(), fit_ridge(x, y, 2).leave_one_out())


@pytest.mark.parametrize(
    ("spoil", "says"),
    [
        (lambda x, y: (x.astype(np.float64), y), "float32"),
        (lambda x, y: (x, y[:-1]), "labels must have shape"),
        (lambda x, y: (x, y + 5), "codes from 0 to 1"),
        (lambda x, y: (np.where(x == x[3, 1], np.nan, x), y), "row 3 is not finite in column 1"),
    ],
)
def test_bad_input_is_named(spoil: Callable[..., tuple[Any, Any]], says: str) -> None:
    x, y = rows(20, 3, 2, 0)
    with pytest.raises(ForetasteError, match=says):
        fit_ridge(*spoil(x, y), n_classes=2)


def test_everything_cannot_be_left_out() -> None:
    head = fit_ridge(*rows(20, 3, 2, 0), 2)
    with pytest.raises(NotAssessableError, match="leave nothing to fit"):
        head.without(np.arange(20))
