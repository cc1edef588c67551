"""Training that leaves out, again and again, the rows it cannot fit: against flipped labels."""

from __future__ import annotations

from typing import Any, Self

import numpy as np
import numpy.typing as npt
from sklearn.base import BaseEstimator, ClassifierMixin, clone
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.utils.multiclass import check_classification_targets
from sklearn.utils.validation import check_is_fitted, validate_data

from foretaste.errors import UsageError
from foretaste.train.threads import one_thread

__all__ = ["TrimmedLossClassifier"]


class TrimmedLossClassifier(ClassifierMixin, BaseEstimator):  # type: ignore[misc]  # no stubs
    """Fits, drops the rows of largest loss within each class, and fits again.

    A heuristic, without a certificate. It helps where wrong labels are few and the base model is
    too stiff to learn them by heart; it does nothing against backdoors, whose rows are fitted
    easily, and costs hard rows and rare subclasses.

    Parameters
    ----------
    estimator
        With ``predict_proba``; standardised logistic regression where None.
    drop
        Share of each class that is left out, at least as large as the share of wrong labels.
    rounds
        How often.

    Attributes
    ----------
    classes_
        (c,) labels.
    kept_
        (n,) the rows the last fit used.
    model_
        The last fit.

    References
    ----------
    Shen, Sanghavi 2019, "Learning with bad training data via iterative trimmed loss
    minimization", algorithm 1; here trimmed within classes, so that no class is dropped whole.

    Examples
    --------
    >>> X = np.r_[np.zeros(20), np.ones(20)][:, None] + np.linspace(0, 0.1, 40)[:, None]
    >>> y = np.r_[np.zeros(20), np.ones(20)]
    >>> y[3] = 1
    >>> bool(TrimmedLossClassifier(drop=0.1).fit(X, y).kept_[3])
    False
    """

    def __init__(self, estimator: Any = None, *, drop: float = 0.1, rounds: int = 5) -> None:
        self.estimator = estimator
        self.drop = drop
        self.rounds = rounds

    def fit(self, X: Any, y: Any) -> Self:
        """Fit on all rows, then `rounds` times on those of small loss."""
        if not 0 <= self.drop < 0.5:
            raise UsageError(f"drop must be a share from 0 to below 0.5, got {self.drop}")
        if self.rounds < 1:
            raise UsageError(f"rounds must be at least 1, got {self.rounds}")
        X, y = validate_data(self, X, y)
        check_classification_targets(y)
        self.classes_, codes = np.unique(y, return_inverse=True)
        if len(self.classes_) < 2:
            raise ValueError("y holds one class only; a classifier needs 2 classes or more")
        self.kept_ = np.ones(len(y), dtype=np.bool_)
        with one_thread():
            for _ in range(self.rounds):
                self.model_ = self._base().fit(X[self.kept_], y[self.kept_])
                kept = self._small(self.model_.predict_proba(X), codes)
                if (kept == self.kept_).all():
                    break
                self.kept_ = kept
            self.model_ = self._base().fit(X[self.kept_], y[self.kept_])
        return self

    def _base(self) -> Any:
        if self.estimator is None:
            return make_pipeline(StandardScaler(), LogisticRegression(random_state=0))
        return clone(self.estimator)

    def _small(self, p: npt.NDArray[Any], codes: npt.NDArray[np.int64]) -> npt.NDArray[np.bool_]:
        """(n,) rows that are not among the worst of their class; one of each always stays."""
        own = p[np.arange(len(codes)), codes]
        kept = np.ones(len(codes), dtype=np.bool_)
        for code in range(len(self.classes_)):
            rows = np.flatnonzero(codes == code)
            worst = rows[np.argsort(own[rows], kind="stable")[: int(self.drop * len(rows))]]
            kept[worst] = False
        return kept

    def predict(self, X: Any) -> npt.NDArray[Any]:
        """(n,) labels."""
        check_is_fitted(self, "model_")
        return np.asarray(self.model_.predict(validate_data(self, X, reset=False)))

    def predict_proba(self, X: Any) -> npt.NDArray[np.float64]:
        """(n, c) probabilities of the last fit."""
        check_is_fitted(self, "model_")
        return np.asarray(self.model_.predict_proba(validate_data(self, X, reset=False)))
