"""A scikit-learn estimator that fits another on the rows that a scan does not flag."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from typing import Any, Self

import numpy as np
import numpy.typing as npt
from sklearn.base import BaseEstimator, ClassifierMixin, clone
from sklearn.linear_model import LogisticRegression
from sklearn.utils import get_tags
from sklearn.utils.metaestimators import available_if
from sklearn.utils.multiclass import check_classification_targets
from sklearn.utils.validation import (
    check_consistent_length,
    check_is_fitted,
    column_or_1d,
    validate_data,
)

from foretaste.errors import BlockedError, NotAssessableError, UsageError
from foretaste.report import Report
from foretaste.scanning import scan
from foretaste.types import Verdict

__all__ = ["InconclusiveWarning", "PoisonFilter"]

FOUND = ("drop", "raise")
INCONCLUSIVE = ("warn", "raise", "ignore")


class InconclusiveWarning(UserWarning):
    """The rows could not be judged, and the estimator was fitted on all of them."""


def _offers(method: str) -> Callable[[Any], bool]:
    def check(self: Any) -> bool:
        getattr(getattr(self, "estimator_", None) or self.first_choice(), method)
        return True

    return check


class PoisonFilter(ClassifierMixin, BaseEstimator):  # type: ignore[misc]  # no stubs
    """Scans the training rows, and fits a classifier on those that are not flagged.

    scikit-learn's transformers cannot drop rows, so this is no step before a classifier but one
    around it: the last step of a pipeline. What comes before it is fitted on all rows; put what
    must not see poison inside. `fit_resample` parts the rows for imbalanced-learn's pipelines.

    Parameters
    ----------
    estimator
        The classifier, or a pipeline that ends in one; logistic regression where None.
    found
        What a finding leads to: "drop" the flagged rows, or "raise" a `BlockedError`.
    inconclusive
        Where too few rows or classes allow no verdict: "warn" and fit on all rows, "raise" a
        `NotAssessableError`, or "ignore".
    profile, random_state
        Of `foretaste.scan`: how long it may take, and its seed.

    Attributes
    ----------
    estimator_
        The fitted classifier.
    report_
        The `foretaste.report.Report` of the scan.
    kept_
        (n,) which rows it was fitted on.
    classes_
        (k,) labels.

    Examples
    --------
    >>> import numpy as np
    >>> from sklearn.datasets import load_breast_cancer
    >>> from sklearn.pipeline import make_pipeline
    >>> from sklearn.preprocessing import StandardScaler
    >>> X, y = load_breast_cancer(return_X_y=True)
    >>> poisoned = y.copy()
    >>> poisoned[::7] = 1 - poisoned[::7]
    >>> model = make_pipeline(StandardScaler(), PoisonFilter()).fit(X, poisoned)
    >>> dropped = np.flatnonzero(~model[-1].kept_)
    >>> len(dropped) > 20, bool((y[dropped] != poisoned[dropped]).mean() > 0.8)
    (True, True)
    """

    def __init__(
        self,
        estimator: Any = None,
        *,
        found: str = "drop",
        inconclusive: str = "warn",
        profile: str = "balanced",
        random_state: int = 0,
    ) -> None:
        self.estimator = estimator
        self.found = found
        self.inconclusive = inconclusive
        self.profile = profile
        self.random_state = random_state

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.input_tags = get_tags(self.first_choice()).input_tags
        tags.input_tags.sparse = tags.input_tags.allow_nan = False  # the scan reads every cell
        tags.classifier_tags.poor_score = True  # of few or contradictory rows, some are dropped
        return tags

    def first_choice(self) -> Any:
        """The classifier that is to be fitted, unfitted."""
        return LogisticRegression() if self.estimator is None else self.estimator

    def fit(self, X: Any, y: Any, sources: Any = None) -> Self:
        """Scan, and fit the classifier on what is not flagged.

        Parameters
        ----------
        X
            (n, d) numbers, or a list of n texts.
        y
            (n,) labels.
        sources
            (n,) who gave each row; finds more where there is one.

        Raises
        ------
        BlockedError
            Rows are flagged and `found` is "raise", or a whole class would be dropped.
        NotAssessableError
            No verdict is possible and `inconclusive` is "raise".
        """
        self._check()
        X, y = self._rows(X, y)
        check_classification_targets(y)
        self.classes_ = np.unique(y)
        if len(self.classes_) < 2:
            raise ValueError("Classifier can't train when only one class is present.")
        self.report_ = self._scan(X, y, sources)
        self.kept_ = ~np.asarray(self.report_.findings.flagged, dtype=np.bool_)
        self._act()
        lost = np.setdiff1d(self.classes_, y[self.kept_])
        if lost.size:
            raise BlockedError(
                f"every row labelled {lost[0]!r} is flagged: {self.report_.judgement.sentence}"
            )
        rows = np.flatnonzero(self.kept_)
        self.estimator_ = clone(self.first_choice()).fit(_take(X, rows), y[rows])
        return self

    def fit_resample(self, X: Any, y: Any) -> tuple[Any, npt.NDArray[Any]]:
        """The rows that are not flagged, and their labels: a sampler of imbalanced-learn."""
        self._check()
        X, y = self._rows(X, y)
        self.report_ = self._scan(X, y, None)
        self.kept_ = ~np.asarray(self.report_.findings.flagged, dtype=np.bool_)
        self._act()
        rows = np.flatnonzero(self.kept_)
        return _take(X, rows), y[rows]

    def predict(self, X: Any) -> npt.NDArray[Any]:
        """(n,) labels, by the classifier."""
        return np.asarray(self._fitted().predict(self._new(X)))

    @available_if(_offers("predict_proba"))  # type: ignore[untyped-decorator]  # no stubs
    def predict_proba(self, X: Any) -> npt.NDArray[np.float64]:
        """(n, k) probabilities, by the classifier."""
        return np.asarray(self._fitted().predict_proba(self._new(X)))

    @available_if(_offers("decision_function"))  # type: ignore[untyped-decorator]  # no stubs
    def decision_function(self, X: Any) -> npt.NDArray[np.float64]:
        """(n,) or (n, k) scores, by the classifier."""
        return np.asarray(self._fitted().decision_function(self._new(X)))

    def _check(self) -> None:
        for name, allowed in (("found", FOUND), ("inconclusive", INCONCLUSIVE)):
            if getattr(self, name) not in allowed:
                told = ", ".join(map(repr, allowed))
                raise UsageError(f"{name} must be one of {told}, got {getattr(self, name)!r}")

    def _rows(self, X: Any, y: Any) -> tuple[Any, npt.NDArray[Any]]:
        if _is_texts(X):
            check_consistent_length(X, y)
            return np.array(list(X), dtype=object), column_or_1d(y)
        return validate_data(self, X, y)  # type: ignore[no-any-return]

    def _new(self, X: Any) -> Any:
        return list(X) if _is_texts(X) else validate_data(self, X, reset=False)

    def _scan(self, X: Any, y: npt.NDArray[Any], sources: Any) -> Report:
        columns: dict[str, Any] = {"label": np.array([str(label) for label in y])}
        roles: dict[str, Any] = {"label": "label", "source": "", "id": "", "time": ""}
        if X.ndim == 1:
            columns["text"], roles["text"] = X.tolist(), "text"
        else:
            names = [f"x{i}" for i in range(X.shape[1])]
            columns |= dict(zip(names, X.T.astype(np.float64), strict=True))
            roles["features"] = names
        if sources is not None:
            check_consistent_length(X, sources)
            columns["source"], roles["source"] = list(map(str, sources)), "source"
        return scan(columns, profile=self.profile, seed=self.random_state, **roles)

    def _act(self) -> None:
        report = self.report_
        if report.verdict is Verdict.NOT_ASSESSABLE:
            if self.inconclusive == "raise":
                raise NotAssessableError(report.judgement.sentence)
            if self.inconclusive == "warn":
                told = f"{report.judgement.sentence} All rows are used as they are."
                warnings.warn(told, InconclusiveWarning, stacklevel=3)
        elif self.found == "raise" and not self.kept_.all():
            raise BlockedError(report.judgement.sentence)

    def _fitted(self) -> Any:
        check_is_fitted(self, "estimator_")
        return self.estimator_


def _is_texts(X: Any) -> bool:
    if not isinstance(X, list | np.ndarray) or len(X) == 0:
        return False
    return isinstance(X[0], str)


def _take(X: Any, rows: npt.NDArray[np.int64]) -> Any:
    return X[rows].tolist() if X.ndim == 1 else X[rows]
