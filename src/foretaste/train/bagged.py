"""Many models of small random samples, with a certificate that holds with stated confidence."""

from __future__ import annotations

from typing import Any, Self

import numpy as np
import numpy.typing as npt
from scipy import stats
from sklearn.base import BaseEstimator, ClassifierMixin, clone
from sklearn.tree import DecisionTreeClassifier
from sklearn.utils.multiclass import check_classification_targets
from sklearn.utils.validation import check_is_fitted, validate_data

from foretaste.errors import UsageError
from foretaste.train.certificate import Certificate
from foretaste.train.misuse import refuse_unseeded
from foretaste.train.threads import one_thread

__all__ = ["BaggedClassifier", "certified_rows"]

Ints = npt.NDArray[np.int64]


class BaggedClassifier(ClassifierMixin, BaseEstimator):  # type: ignore[misc]  # no stubs
    """A vote of models, each of a few rows drawn with replacement.

    A small sample rarely holds one of the few poisoned rows. The certificate is about the *ideal*
    vote of infinitely many models, which the fitted ones estimate: it is probabilistic, where that
    of `PartitionedClassifier` is exact.

    Parameters
    ----------
    estimator
        The base model; a decision tree where None.
    n_models
        How many.
    sample
        Rows each of them learns from; fewer withstand more.
    random_state
        A number: of the samples.

    References
    ----------
    Jia, Cao, Gong 2021, "Intrinsic certified robustness of bagging against data poisoning
    attacks", theorem 1.

    Examples
    --------
    >>> X = np.arange(400.0)[:, None]
    >>> model = BaggedClassifier(n_models=100, sample=20).fit(X, X[:, 0] > 200)
    >>> bool(model.certify([[390.0]]).radius[0] >= 3)
    True
    """

    def __init__(
        self,
        estimator: Any = None,
        *,
        n_models: int = 200,
        sample: int = 50,
        random_state: int = 0,
    ) -> None:
        self.estimator = estimator
        self.n_models = n_models
        self.sample = sample
        self.random_state = random_state

    def fit(self, X: Any, y: Any) -> Self:
        """Draw the samples, and fit a model on each."""
        for name in ("n_models", "sample"):
            if getattr(self, name) < 1:
                raise UsageError(f"{name} must be at least 1, got {getattr(self, name)}")
        if not isinstance(self.random_state, int | np.integer):
            raise UsageError(f"random_state must be a whole number, got {self.random_state!r}")
        base = self.estimator or DecisionTreeClassifier(random_state=0)
        refuse_unseeded(base)
        X, y = validate_data(self, X, y)
        check_classification_targets(y)
        self.classes_ = np.unique(y)
        self.n_rows_ = len(y)
        rng = np.random.default_rng(self.random_state)
        draws = rng.integers(0, len(y), size=(self.n_models, self.sample))
        with one_thread():
            self.models_ = [_fit_one(clone(base), X[rows], y[rows]) for rows in draws]
        return self

    def predict(self, X: Any) -> npt.NDArray[Any]:
        """(n,) labels."""
        check_is_fitted(self, "models_")
        return np.asarray(self.classes_[self._counts(X).argmax(axis=1)])

    def predict_proba(self, X: Any) -> npt.NDArray[np.float64]:
        """(n, c) shares of the vote."""
        return np.asarray(self._counts(X) / self.n_models)

    def certify(self, X: Any, confidence: float = 0.999) -> Certificate:
        """How many rows may be inserted, removed or altered, with `confidence` for all of `X`.

        Confidence is shared among the rows of `X` (Bonferroni); an alteration costs one here.
        """
        if not 0.5 <= confidence < 1:
            raise UsageError(f"confidence must be from 0.5 to below 1, got {confidence}")
        check_is_fitted(self, "models_")
        counts = self._counts(X)
        error = (1 - confidence) / max(1, len(counts))
        radius = certified_rows(counts, self.n_models, self.n_rows_, self.sample, error)
        return Certificate(self.classes_[counts.argmax(axis=1)], radius, "row")

    def _counts(self, X: Any) -> Ints:
        check_is_fitted(self, "models_")
        X = validate_data(self, X, reset=False)
        counts = np.zeros((len(X), len(self.classes_)), dtype=np.int64)
        with one_thread():
            for model in self.models_:
                codes = np.searchsorted(self.classes_, _predict_one(model, X))
                counts[np.arange(len(X)), codes] += 1
        return counts


def _fit_one(base: Any, X: Any, y: npt.NDArray[Any]) -> Any:
    """A model, or the only label of the sample."""
    return y[:1] if len(np.unique(y)) == 1 else base.fit(X, y)


def _predict_one(model: Any, X: Any) -> npt.NDArray[Any]:
    if isinstance(model, np.ndarray):
        return np.repeat(model, len(X))
    return np.asarray(model.predict(X))


def certified_rows(counts: Ints, models: int, n_rows: int, sample: int, error: float) -> Ints:
    """(n,) the rows a vote with these counts withstands, but for a chance `error` a row.

    With p the lower bound of the winner's probability and q the upper one of every other, r
    changed rows are withstood if p - q exceeds the most that both can move. A sample of k from n
    rows misses the changed ones with probability ((max(n, n') - r) / n)^k, for n' rows after.

    Examples
    --------
    >>> certified_rows(np.array([[200, 0], [120, 80]]), 200, 1000, 20, 0.001).tolist()
    [30, 0]
    """
    ordered = -np.sort(-counts, axis=1)
    second = ordered[:, 1] if counts.shape[1] > 1 else np.zeros(len(counts), dtype=np.int64)
    # the winner was chosen by the same votes: bounds must hold for all classes at once
    each = error / max(2, counts.shape[1])
    low = stats.beta.ppf(each, ordered[:, 0], models - ordered[:, 0] + 1)
    high = stats.beta.ppf(1 - each, second + 1, models - second)
    gap = low - np.minimum(high, 1 - low)
    radius = np.zeros(len(counts), dtype=np.int64)
    for r in range(1, n_rows):
        stands = gap > _most_moved(r, n_rows, sample)
        if not stands.any():
            break
        radius[stands] = r
    return radius


def _most_moved(r: int, n: int, k: int) -> float:
    """The gap that r changed rows can close, at the worst number of rows afterwards."""
    after = np.arange(n - r, n + r + 1, dtype=np.float64)
    shared = (np.maximum(n, after) - r) / n
    return float(((after / n) ** k - 2 * shared**k + 1).max())
