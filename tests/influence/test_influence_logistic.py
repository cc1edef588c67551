"""Logistic regression: one Newton step lands next to the refitted model."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.linalg import cho_solve
from sklearn.linear_model import LogisticRegression

from foretaste.errors import UsageError
from foretaste.influence.logistic import NewtonLogistic, fit_logistic
from foretaste.types import Floats, Ints

N, D, K = 400, 6, 3


def task(seed: int = 0) -> tuple[Floats, Ints]:
    rng = np.random.default_rng(seed)
    x = rng.normal(size=(N, D))
    return x, np.argmax(x[:, :K] + rng.gumbel(size=(N, K)), axis=1).astype(np.int64)


def test_it_fits_what_scikit_learn_fits() -> None:
    x, y = task()
    peer = LogisticRegression(C=0.5, tol=1e-10, max_iter=5000).fit(x, y)
    head = fit_logistic(x, y, K, penalty=2.0)
    np.testing.assert_allclose(head.probabilities, peer.predict_proba(x), atol=1e-6)


def test_one_step_is_within_two_percent_and_plain_influence_is_not() -> None:
    x, y = task()
    head = fit_logistic(x, y, K)
    queries, direction = task(1)[0][:5], np.tile([1.0, -1.0, 0.0], (5, 1))
    before = (head.scores(queries) * direction).sum(axis=1)
    told = head.contribution(queries, direction)
    missed, plain_missed = [], []
    plain = _plain(head, queries, direction)
    for row in range(0, N, 8):
        keep = np.delete(np.arange(N), row)
        after = (fit_logistic(x[keep], y[keep], K).scores(queries) * direction).sum(axis=1)
        missed.append(np.abs(told[:, row] / (before - after) - 1))
        plain_missed.append(np.abs(plain[:, row] / (before - after) - 1))
    assert np.median(missed) <= 0.02
    assert np.median(missed) < 0.5 * np.median(plain_missed)


def _plain(head: NewtonLogistic, queries: Floats, direction: Floats) -> Floats:
    """First-order influence: the row's own weight stays in the Hessian."""
    x = np.hstack([queries, np.ones((len(queries), 1))])
    asked = (direction[:, :, None] * x[:, None, :]).reshape(len(x), -1)
    solved = cho_solve(head.hessian, asked.T).T.reshape(len(x), K, -1)
    push = head.one_hot - head.probabilities
    return np.asarray(np.stack([((head.design @ s.T) * push).sum(axis=1) for s in solved]))


def test_leave_one_out_margins_are_those_of_a_refit() -> None:
    x, y = task()
    loo = fit_logistic(x, y, K).leave_one_out()
    for row in (3, 77, 201):
        keep = np.delete(np.arange(N), row)
        wanted = fit_logistic(x[keep], y[keep], K).scores(x[[row]])[0]
        np.testing.assert_allclose(np.diff(loo[row]), np.diff(wanted), atol=0.02)


def test_too_many_unknowns_are_refused() -> None:
    with pytest.raises(UsageError, match="use fit_ridge"):
        fit_logistic(np.zeros((3, 4000)), np.array([0, 1, 0]), 2)
