"""The model of one part of the rows: how it learns, and what it says in the vote."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np
import numpy.typing as npt
from sklearn.dummy import DummyClassifier

from foretaste.errors import UsageError
from foretaste.train.inputs import n_rows_of
from foretaste.train.threads import one_thread

__all__ = ["favour", "fit_part", "votes_of"]

Ints = npt.NDArray[np.int64]


def fit_part(base: Any, X: Any, y: npt.NDArray[Any], at: int) -> Any:
    """The model of one part; None without rows; of one class, it knows that class only."""
    if not len(y):
        return None
    if len(np.unique(y)) == 1:
        return DummyClassifier(strategy="most_frequent").fit(np.zeros((len(y), 1)), y)
    try:
        # a worker process of its own has threads of its own
        with one_thread(), warnings.catch_warnings():
            # a part of few rows that does not converge is still a fixed function of these rows
            warnings.filterwarnings("ignore", category=UserWarning, module="sklearn")
            return base.fit(X, y)
    except ValueError as error:
        raise ValueError(
            f"the base model of part {at} ({len(y)} rows) cannot be fitted: {error}"
        ) from error


def votes_of(model: Any, X: Any, classes: npt.NDArray[Any]) -> Ints:
    """(n,) class codes, -1 where the model abstains."""
    n = n_rows_of(X)
    if model is None:
        return np.full(n, -1, dtype=np.int64)
    if isinstance(model, DummyClassifier):
        return np.full(n, int(np.searchsorted(classes, model.classes_[0])), dtype=np.int64)
    return np.asarray(np.searchsorted(classes, model.predict(X)), dtype=np.int64)


def favour(model: Any, X: Any, classes: npt.NDArray[Any]) -> npt.NDArray[np.float64]:
    """(n, k) how much the model favours each class; -inf for classes it never saw."""
    n = n_rows_of(X)
    scores = np.full((n, len(classes)), -np.inf)
    if model is None:
        return scores
    known = np.searchsorted(classes, model.classes_)
    if isinstance(model, DummyClassifier):
        scores[:, known] = 1.0
    elif hasattr(model, "predict_proba"):
        scores[:, known] = model.predict_proba(X)
    elif hasattr(model, "decision_function"):
        margin = np.asarray(model.decision_function(X))
        scores[:, known] = margin if margin.ndim == 2 else np.column_stack([-margin, margin])
    else:
        raise UsageError(
            f"vote='roe' needs scores: {type(model).__name__} has neither predict_proba nor "
            "decision_function; use vote='dpa'"
        )
    return scores
