"""The nouns of a trace: incidents, what caused them, and whether it is gone without the cause."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from foretaste.types import Exhibit, Rendering

__all__ = [
    "Agreement",
    "Arm",
    "Cause",
    "Incident",
    "Proof",
    "Repair",
    "TracedRow",
    "TracedSource",
]


class Proof(StrEnum):
    """What became of the suspicion when it was put to the proof."""

    CONFIRMED = "confirmed"  # the incidents are gone without the suspects, and only then
    PARTLY = "partly confirmed"  # some of them are, or the margin falls without turning
    REFUTED = "refuted"  # they stay
    INCONCLUSIVE = "inconclusive"  # the model that is retrained does not show them, or not stably


@dataclass(frozen=True)
class Incident:
    """One prediction that was wrong."""

    row: int  # in the incidents given
    said: str
    expected: str
    reproduced: bool  # whether the head that is traced says the same
    shown: Rendering | None = None


@dataclass(frozen=True)
class TracedRow:
    """A training row that speaks for the incidents."""

    row: int
    id: str
    label: str
    source: str | None
    score: float  # compares rows of this cause only
    contribution: float  # exact fall of the mean margin without this row alone
    p_value: float
    flagged: bool


@dataclass(frozen=True)
class TracedSource:
    """What a source has to do with it."""

    name: str
    rows: int  # of the label in question
    strongest: int  # of them among the strongest
    p_value: float  # family-wise over sources
    guilty: bool


@dataclass(frozen=True)
class Cause:
    """Why a model said one label: for all incidents that were called it.

    `rows` holds the strongest training rows, the flagged ones among them in front; `flagged` is
    how many are flagged in all, and `suspects` their row numbers (or, where no single row can be
    named, the smallest strongest set without which the head stops saying it).
    """

    said: str
    expected: tuple[str, ...]
    incidents: tuple[int, ...]
    explained: bool
    p_value: float  # of resting on few rows, against matched natural mistakes
    references: int
    effective_rows: float
    accused: int  # rows that carry the label
    rows: tuple[TracedRow, ...]
    flagged: int
    suspects: tuple[int, ...]
    suspects_are: str  # how they were chosen, for people
    sources: tuple[TracedSource, ...]
    source_depth: int  # strongest rows that the sources are counted in
    source_refusal: str  # why sources were not tested, or ""
    sentence: str
    exhibits: tuple[Exhibit, ...] = ()


@dataclass(frozen=True)
class Agreement:
    """How far the head that is traced stands for the model."""

    of: str  # what it is compared with
    share: float
    low: float  # 95 % Clopper–Pearson interval
    high: float
    rows: int


@dataclass(frozen=True)
class Arm:
    """A way to train: with everything, without the suspects, without other rows like them."""

    name: str
    removed: int
    margins: tuple[float, ...]  # mean margin of said over expected, one a seed
    turned: tuple[float, ...]  # share of incidents no longer read as they were, one a seed
    accuracy: tuple[float, ...]  # on rows held out of all arms, one a seed


@dataclass(frozen=True)
class Repair:
    """Three arms, and what they prove."""

    proof: Proof
    sentence: str
    model: str  # what was retrained
    arms: tuple[Arm, ...]
    shift: float  # of the margin: without suspects, less without others
    low: float  # 95 % interval over seeds
    high: float
    accuracy_cost: float  # as it is, less without suspects
    smallest: int | None  # rows whose removal is enough, where it was looked for
    smallest_in: str  # by what
