"""What the judge says: of rows, groups, sources, and of the data set."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from foretaste.types.arrays import Bools, Floats, Ints
from foretaste.types.looking import Trigger
from foretaste.types.showing import Exhibit, Rendering
from foretaste.types.vocabulary import Kind, Verdict

__all__ = ["Confirmation", "Coverage", "Findings", "Group", "Judgement", "SourceFinding"]


@dataclass(frozen=True)
class SourceFinding:
    """How a source compares with the others."""

    name: str
    rows: int
    flagged: int
    share: float  # flagged / rows
    low: float  # 95 % Clopper–Pearson interval of the share
    high: float
    p_value: float  # family-wise over sources
    guilty: bool


@dataclass(frozen=True)
class Confirmation:
    """What became of a group when it was put to the proof."""

    method: str  # "transplant", "refit without", "independent labels"
    outcome: str  # "confirmed", "not confirmed", "not applicable"
    harm: float  # e.g. share of foreign rows that turned to the target class
    placebo: float  # the same for the strongest matched placebo
    p_value: float
    sentence: str  # for people


@dataclass(frozen=True)
class Group:
    """Rows that belong to one hypothesis, with all the evidence for it."""

    name: str  # "g1", "g2" ... in order of evidence
    kind: Kind
    verdict: Verdict  # SUSPECT or CONFIRMED
    rows: Ints  # sorted row indices
    why: str  # one sentence
    advice: str  # what to do next, one sentence
    p_value: float  # family-wise, over everything that was considered
    target: str | None = None  # the label the rows carry
    expected_labels: tuple[tuple[str, float], ...] = ()  # what they look like: (label, share)
    observed: float = 0.0  # rows with the target label
    expected: float = 0.0  # of them, by models that never saw the group
    design_effect: float = 1.0
    trigger: Trigger | None = None
    described: str | None = None  # trigger.describe(), kept when the trigger itself is gone
    drawn: Rendering | None = None
    sources: tuple[SourceFinding, ...] = ()
    confirmations: tuple[Confirmation, ...] = ()
    exhibits: tuple[Exhibit, ...] = ()
    found_by: tuple[str, ...] = ()  # detector names


@dataclass(frozen=True)
class Coverage:
    """What a detector did, or why it did not run."""

    detector: str
    family: str
    layer: str
    ran: bool
    seconds: float = 0.0
    candidates: int = 0
    considered: int = 0
    reason: str = ""


@dataclass(frozen=True)
class Findings:
    """One entry a row of the data set, in its order."""

    ids: npt.NDArray[np.object_]  # (n,) str
    score: Floats  # (n,) higher is more suspicious; compares rows of this data set only
    flagged: Bools  # (n,)
    kind: npt.NDArray[np.object_]  # (n,) str, a `Kind` or ""
    group: npt.NDArray[np.object_]  # (n,) str, a `Group.name` or ""
    why: npt.NDArray[np.object_]  # (n,) str, "" where nothing is said

    def __len__(self) -> int:
        return int(self.score.shape[0])


@dataclass(frozen=True)
class Judgement:
    """All that the judge has to say."""

    verdict: Verdict
    sentence: str  # the verdict in one sentence, for people
    groups: tuple[Group, ...]
    findings: Findings
    sources: tuple[SourceFinding, ...]
    notes: tuple[str, ...] = ()  # what was noticed and does not count as poison
    blind_spots: tuple[str, ...] = ()  # what could not be seen in this data set, and why
    power: tuple[str, ...] = ()  # what would have been seen, one sentence each
