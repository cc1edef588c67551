"""What can be trained again: the user's model, a small model of ours, or the exact head."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.special import softmax

from foretaste.influence.fingerprint import Fingerprint
from foretaste.modality import tools_of
from foretaste.trace.incidents import Asked
from foretaste.trace.models import Prepare, Retrain, as_predictor
from foretaste.types import Content, Floats, Ints

__all__ = ["HeadTrainer", "LearnerTrainer", "OwnTrainer"]


@dataclass(frozen=True)
class _Model:
    """A fitted function of content."""

    predict: Callable[[Content], Floats]
    incidents: Content
    content: Content

    def on_incidents(self) -> Floats:
        return self.predict(self.incidents)

    def on_rows(self, rows: Ints) -> Floats:
        return self.predict(self.content.take(rows))


@dataclass(frozen=True)
class OwnTrainer:
    """The user's own training, called with row numbers and a seed."""

    name: str
    retrain: Retrain
    classes: tuple[str, ...]
    prepare: Prepare
    content: Content
    asked: Asked

    def __call__(self, without: Ints, seed: int) -> _Model:
        """A model that never saw the rows `without`."""
        rows = np.setdiff1d(np.arange(len(self.content)), without)
        model = self.retrain(rows, seed)
        predict = as_predictor(model, self.classes, self.prepare)
        return _Model(predict, self.asked.content, self.content)


@dataclass(frozen=True)
class LearnerTrainer:
    """A small model of ours, which learns triggers as a real one would."""

    labels: Ints
    n_classes: int
    content: Content
    asked: Asked
    name: str = "a small model of ours"

    def __call__(self, without: Ints, seed: int) -> _Model:
        """A model that never saw the rows `without`."""
        rows = np.setdiff1d(np.arange(len(self.content)), without)
        rng = np.random.default_rng(seed)
        fit = tools_of(self.content.modality).fit_learner
        learner = fit(self.content.take(rows), self.labels[rows], self.n_classes, rng)

        def predict(content: Content) -> Floats:
            scores = learner(content)
            return scores if _is_probability(scores) else np.asarray(softmax(scores, axis=1))

        return _Model(predict, self.asked.content, self.content)


def _is_probability(scores: Floats) -> bool:
    return bool((scores >= 0).all() and np.allclose(scores.sum(axis=1), 1.0))


@dataclass(frozen=True)
class _Head:
    scores: Callable[[npt.NDArray[np.floating]], Floats]
    incidents: npt.NDArray[np.float32]
    features: npt.NDArray[np.float32]

    def on_incidents(self) -> Floats:
        return self.scores(self.incidents)

    def on_rows(self, rows: Ints) -> Floats:
        return self.scores(self.features[rows])


@dataclass(frozen=True)
class HeadTrainer:
    """The exact head: what it would say, had it never seen the rows. Needs no content."""

    fingerprint: Fingerprint
    incidents: npt.NDArray[np.float32]
    name: str = "the exact head over stored features"

    def __call__(self, without: Ints, seed: int) -> _Head:
        """The head refitted to the other rows; nothing in it is random."""
        del seed
        head = self.fingerprint.head
        return _Head(head.without(without).scores, self.incidents, head.features)
