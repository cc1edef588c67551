"""Models that learn row by row, and how one is taken back to before what it should forget."""

from __future__ import annotations

import copy
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt
from sklearn.feature_extraction.text import HashingVectorizer
from sklearn.linear_model import SGDClassifier

from foretaste.stream.batch import Batch, concat

__all__ = ["Learner", "OnlineClassifier", "Replayed"]

_BLOCK = 50  # rows that the learner takes at once
_STEP = 0.5  # constant: a model that follows its users goes on learning as quickly as it began

Floats = npt.NDArray[np.float64]


class Learner(Protocol):
    """A model that goes on learning."""

    def learn(self, rows: Batch) -> None:
        """Learn rows, in their order."""

    def p(self, content: npt.NDArray[Any]) -> Floats:
        """(n, labels) probabilities, labels in the order that it was made with."""


class OnlineClassifier:
    """Logistic regression by stochastic gradient (scikit-learn), on hashed words or on numbers.

    Parameters
    ----------
    labels
        All labels it will meet; rows with others are passed over.
    seed
        Of the order of steps.
    """

    def __init__(self, labels: tuple[str, ...], seed: int = 0) -> None:
        self.labels = labels
        self._words = HashingVectorizer(n_features=2**18, ngram_range=(1, 2), alternate_sign=False)
        self._model = SGDClassifier(
            loss="log_loss", alpha=1e-5, learning_rate="constant", eta0=_STEP, random_state=seed
        )

    def learn(self, rows: Batch) -> None:
        """Take steps of 50 rows."""
        known = np.isin(rows.labels, self.labels)
        rows = rows.take(known)
        for start in range(0, len(rows), _BLOCK):
            part = slice(start, start + _BLOCK)
            self._model.partial_fit(
                self._features(rows.content[part]),
                rows.labels[part].astype(str),
                classes=np.array(sorted(self.labels)),
            )

    def p(self, content: npt.NDArray[Any]) -> Floats:
        """Probabilities, labels in the order of `labels`."""
        order = [sorted(self.labels).index(label) for label in self.labels]
        return np.asarray(self._model.predict_proba(self._features(content))[:, order])

    def _features(self, content: Any) -> Any:
        if content.ndim == 2:
            return content
        return self._words.transform(content)


class Replayed:
    """A learner that can unlearn rows exactly: it goes back and learns again what came after.

    Parameters
    ----------
    learner
        Any model that `copy.deepcopy` can copy.
    horizon
        Rows up to which it can go back; as many as the guard keeps.
    """

    def __init__(self, learner: Learner, horizon: int = 50_000) -> None:
        self.learner, self.horizon = learner, horizon
        self._before: list[Learner] = []  # one for each round
        self._rounds: list[Batch] = []

    def follow(self, merged: Batch, retracted: Batch) -> None:
        """Do what an outcome of the guard says."""
        if len(retracted):
            self._unlearn(set(retracted.ids))
        if len(merged):
            self._before.append(copy.deepcopy(self.learner))
            self._rounds.append(merged)
            self.learner.learn(merged)
        while sum(map(len, self._rounds)) > self.horizon and len(self._rounds) > 1:
            self._before.pop(0)
            self._rounds.pop(0)

    def _unlearn(self, ids: set[str]) -> None:
        kept = [
            rows.take(np.array([name not in ids for name in rows.ids], dtype=bool))
            for rows in self._rounds
        ]
        first = next(
            (i for i, (a, b) in enumerate(zip(kept, self._rounds, strict=True)) if len(a) < len(b)),
            None,
        )
        if first is None:
            return
        self.learner = copy.deepcopy(self._before[first])
        again = concat([kept[first], *kept[first + 1 :]])
        del self._before[first:], self._rounds[first:]
        if len(again):
            self.follow(again, again.take(np.arange(0)))
