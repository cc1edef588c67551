"""What every scenario keeps to."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any, ClassVar, Protocol

import numpy as np
import numpy.typing as npt

from foretaste.attack.contract import Sample
from foretaste.errors import NotAssessableError, UsageError
from foretaste.stream.batch import Batch, concat
from foretaste.stream.learner import Learner
from foretaste.types import Images, Texts

__all__ = ["DAY", "Exam", "Material", "Play", "Scenario", "Stage", "merge_by_time"]

DAY = 86_400.0

Bools = npt.NDArray[np.bool_]


@dataclass(frozen=True)
class Material:
    """Real rows that a scenario is played with: contents and their true labels.

    Attributes
    ----------
    content
        (n,) str, or (n, d) float32.
    labels
        (n,) str.
    """

    content: npt.NDArray[Any]
    labels: npt.NDArray[np.object_]

    def __len__(self) -> int:
        return len(self.labels)

    @classmethod
    def of(cls, sample: Sample) -> Material:
        """Texts or grey images of a sample, with the names of their labels."""
        if isinstance(sample.content, Texts):
            content: npt.NDArray[Any] = sample.content.values.astype(object)
        elif isinstance(sample.content, Images):
            pixels = sample.content.values.astype(np.float32)
            content = pixels.reshape(len(pixels), -1, pixels.shape[-1]).mean(axis=2)
        else:
            raise UsageError(
                "scenario: it is played with texts or images, got a table; "
                "name the column with --text or --image"
            )
        names = np.array(sample.classes, dtype=object)
        return cls(content, names[sample.labels])

    def take(self, rows: npt.NDArray[Any]) -> Material:
        """Rows by number or by mask."""
        return Material(self.content[rows], self.labels[rows])

    def dealt(self, rng: np.random.Generator, *sizes: int) -> list[Material]:
        """Parts of these sizes in random order, and what remains as the last one."""
        if len(self) < sum(sizes) + 1:
            raise NotAssessableError(
                f"scenario: {len(self):,} rows are too few, it needs more than {sum(sizes):,}; "
                "take a larger data set"
            )
        order = rng.permutation(len(self))
        return [self.take(part) for part in np.split(order, np.cumsum(sizes))]


Exam = Callable[[Learner], float]  # harm, 0 to 1, that a model does


@dataclass(frozen=True)
class Stage:
    """What was known before, what is trusted, and an honest stream.

    Attributes
    ----------
    history, golden, honest
        Rows; those of `honest` are in order of time.
    exam
        Harm that a model does to its users.
    spare
        Real rows that nobody has seen yet: what attackers and crowds draw from.
    """

    history: Batch
    golden: Batch
    honest: Batch
    exam: Exam
    spare: Material


@dataclass(frozen=True)
class Play:
    """A stream with something in it.

    Attributes
    ----------
    rows
        The honest stream and what was added, in order of time.
    planted
        (n,) rows of the attacker; all False for a control.
    burst
        (n,) honest rows of the burst of a control.
    exam
        Harm that matters in this play.
    said
        What the model was made to say before rows came in: (time, text).
    """

    rows: Batch
    planted: Bools
    burst: Bools
    exam: Exam
    said: tuple[tuple[float, str], ...] = ()

    @classmethod
    def of(cls, stage: Stage, added: Batch, *, attack: bool) -> Play:
        """The honest stream of a stage, with rows added."""
        rows, new = merge_by_time(stage.honest, added)
        none = np.zeros(len(rows), dtype=bool)
        return cls(rows, new if attack else none, none if attack else new, stage.exam)

    def about(self, exam: Exam) -> Play:
        """The same play, with a harm of its own."""
        return replace(self, exam=exam)


class Scenario(Protocol):
    """A frozen dataclass whose fields are its parameters."""

    name: ClassVar[str]
    what: ClassVar[str]  # what harm is, one line for people
    data: ClassVar[str]  # what material it wants, one line for people

    def stage(self, material: Material, rng: np.random.Generator) -> Stage:
        """Deal the material."""

    def learner(self) -> Learner:
        """A model that knows nothing yet."""

    @property
    def attacks(self) -> Mapping[str, Callable[[Stage, np.random.Generator], Play]]:
        """Attacks by name."""

    @property
    def controls(self) -> Mapping[str, Callable[[Stage, np.random.Generator], Play]]:
        """Honest bursts by name."""


def merge_by_time(honest: Batch, added: Batch) -> tuple[Batch, Bools]:
    """Both in order of time, and which rows were added."""
    rows = concat([honest, added])
    order = np.argsort(rows.times, kind="stable")
    return rows.take(order), order >= len(honest)
