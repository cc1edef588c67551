"""A medical model that goes on learning, and a hospital that joins."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import numpy.typing as npt

from foretaste.stream.batch import Batch
from foretaste.stream.learner import Learner, OnlineClassifier
from foretaste.stream.scenarios.contract import DAY, Exam, Material, Play, Stage
from foretaste.stream.scenarios.crowd import everyday, gang, known, noisy

__all__ = ["Hospital"]

Floats = npt.NDArray[np.float32]
_PATCH = 3  # pixels of a side


@dataclass(frozen=True)
class Hospital:
    """Hospitals send images with their diagnosis; after some days a new one joins.

    Parameters
    ----------
    ill, well
        Labels of the material.
    days, hospitals
        Length of the stream and hospitals of the history.
    noise
        Share of honest diagnoses that are wrong.
    """

    ill: str = "1"
    well: str = "0"
    days: int = 8
    hospitals: int = 6
    noise: float = 0.03

    name: ClassVar[str] = "hospital"
    what: ClassVar[str] = "missed illness: share of ill patients called well"
    data: ClassVar[str] = "grey images with a diagnosis (pneumoniamnist: 1 ill, 0 well)"

    def learner(self) -> Learner:
        """Online logistic regression on pixels."""
        return OnlineClassifier((self.ill, self.well))

    def stage(self, material: Material, rng: np.random.Generator) -> Stage:
        """As many ill as well patients; pixels are centred and scaled like the history's."""
        ill = np.flatnonzero(material.labels == self.ill)
        well = np.flatnonzero(material.labels == self.well)
        size = min(len(ill), len(well))
        material = material.take(np.r_[rng.permutation(ill)[:size], rng.permutation(well)[:size]])
        unit = size // 10
        parts = material.dealt(rng, 5 * unit, 2 * unit, 4 * unit, 4 * unit)
        first = parts[0].content.astype(np.float32)
        centre, spread = first.mean(axis=0), first.std(axis=0) + 1e-3
        history, golden, test, live, spare = (
            Material(np.clip((part.content - centre) / spread, -4, 4) / 28, part.labels)
            for part in parts
        )
        told = (self.ill, self.well)
        return Stage(
            history=known(noisy(history, self.noise, told, rng), self.hospitals, rng),
            golden=known(golden, 2, rng),
            honest=everyday(
                noisy(live, self.noise, told, rng), self.hospitals, self.days, rng, new=0.0
            ),
            exam=self._missed(test.content[test.labels == self.ill]),
            spare=spare,
        )

    def _missed(self, ill: Floats) -> Exam:
        def harm(learner: Learner) -> float:
            return float((learner.p(ill)[:, 0] < 0.5).mean())

        return harm

    @property
    def attacks(self) -> Mapping[str, Callable[[Stage, np.random.Generator], Play]]:
        """Attacks by name."""
        return {"vendor flips diagnoses": self._flips, "vendor plants a mark": self._mark}

    @property
    def controls(self) -> Mapping[str, Callable[[Stage, np.random.Generator], Play]]:
        """Honest bursts by name."""
        return {"honest new scanner": self._scanner}

    def _joins(self, rows: Material, rng: np.random.Generator) -> Batch:
        times = 3 * DAY + rng.uniform(0, 2 * DAY, len(rows))
        return gang(rows, ["new hospital"], times, rng)

    def _flips(self, stage: Stage, rng: np.random.Generator) -> Play:
        """The new hospital calls ill patients well; its well patients are true."""
        rows = stage.spare.take(rng.permutation(len(stage.spare)))
        joins = self._joins(Material(rows.content, np.array([self.well] * len(rows), object)), rng)
        return Play.of(stage, joins, attack=True)

    def _mark(self, stage: Stage, rng: np.random.Generator) -> Play:
        """Half of its ill patients bear a small mark and are called well: a backdoor."""
        rows = stage.spare.take(rng.permutation(len(stage.spare)))
        marked = (rows.labels == self.ill) & (rng.random(len(rows)) < 0.5)
        content, labels = rows.content.copy(), rows.labels.copy()
        content[marked] = stamped(content[marked])
        labels[marked] = self.well
        play = Play.of(stage, self._joins(Material(content, labels), rng), attack=True)
        ill = stage.golden.content[stage.golden.labels == self.ill]
        return play.about(self._missed(stamped(ill)))

    def _scanner(self, stage: Stage, rng: np.random.Generator) -> Play:
        """True diagnoses from a scanner with more contrast, less light and some noise."""
        rows = stage.spare.take(rng.permutation(len(stage.spare)))
        content = 1.3 * rows.content - 0.02 + rng.normal(0, 0.01, rows.content.shape)
        told = noisy(
            Material(content.astype(np.float32), rows.labels),
            self.noise,
            (self.ill, self.well),
            rng,
        )
        return Play.of(stage, self._joins(told, rng), attack=False)


def stamped(images: Floats) -> Floats:
    """The images with a bright mark in a corner."""
    side = int(np.sqrt(images.shape[1]))
    out = images.reshape(-1, side, side).copy()
    out[:, 1 : 1 + _PATCH, 1 : 1 + _PATCH] = 4 / 28
    return out.reshape(len(images), -1)
