"""The nouns of foretaste: what flows from a data set to a report.

::

    Dataset ─► View ─► Detector ─► Scores (+ Candidates with Triggers) ─► judge ─► Group, Verdict

All types are frozen; arrays in them are read-only. n is the number of rows, k of classes,
d of features. Scores always run one way: higher is more suspicious.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import Any, ClassVar, Protocol, runtime_checkable

import numpy as np
import numpy.typing as npt

__all__ = [
    "Candidate",
    "Confirmation",
    "Content",
    "Coverage",
    "Detector",
    "Encoder",
    "Exhibit",
    "Family",
    "Field",
    "Findings",
    "Group",
    "Head",
    "Images",
    "Judgement",
    "Kind",
    "Layer",
    "MapPoint",
    "Modality",
    "Need",
    "Policy",
    "Rendering",
    "Roles",
    "Scorer",
    "Scores",
    "SourceFinding",
    "Span",
    "Table",
    "Texts",
    "Trigger",
    "Verdict",
    "View",
]

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
Bools = npt.NDArray[np.bool_]


class Modality(StrEnum):
    """What the rows of a data set are."""

    TABLE = "table"
    TEXT = "text"
    IMAGE = "image"


class Family(StrEnum):
    """The three signatures of poison; each is scored on its own, then fused."""

    INCONSISTENT = "inconsistent"  # the row contradicts its label or its neighbourhood
    SHORTCUT = "shortcut"  # a trained model is sure, independent evidence is not
    ARTEFACT = "artefact"  # many rows share something that they should not


class Layer(StrEnum):
    """Where a detector looks."""

    STATISTICAL = "statistical"
    REPRESENTATION = "representation"
    INFLUENCE = "influence"


class Need(StrEnum):
    """The parts of a `View` that a detector may ask for."""

    CONTENT = "content"
    FEATURES = "features"  # label-free features, `View.features`
    HEADS = "heads"  # exact leave-out probabilities, `View.heads`
    SOURCES = "sources"
    TIMES = "times"


class Verdict(StrEnum):
    """What is said of a row, a group or a data set, from best to worst known."""

    CLEAN = "clean"
    SUSPECT = "suspect"
    CONFIRMED = "confirmed"
    NOT_ASSESSABLE = "not assessable"


class Kind(StrEnum):
    """What a group is an instance of."""

    LABEL_FLIP = "label flip"
    BACKDOOR = "backdoor"
    CLEAN_LABEL = "clean-label"
    OUTLIER = "outlier"
    FLOOD = "flood"
    CAMPAIGN = "source campaign"
    HARMFUL_SHORTCUT = "harmful shortcut"
    MISLABEL = "mislabels"


# --- content: the rows themselves -----------------------------------------------------------


@dataclass(frozen=True)
class Table:
    """n rows of d columns.

    `values` is (n, d) float64; a categorical column holds the index into `categories[name]`;
    a missing cell is NaN. Columns without an entry in `categories` are numeric.
    """

    names: tuple[str, ...]
    values: Floats
    categories: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    modality: ClassVar[Modality] = Modality.TABLE

    def __len__(self) -> int:
        return int(self.values.shape[0])

    def take(self, rows: npt.NDArray[Any]) -> Table:
        """The same columns, only `rows` (indices or a mask)."""
        return replace(self, values=self.values[rows])


@dataclass(frozen=True)
class Texts:
    """n texts; `values` is (n,) of Python str (object dtype)."""

    values: npt.NDArray[np.object_]

    modality: ClassVar[Modality] = Modality.TEXT

    def __len__(self) -> int:
        return int(self.values.shape[0])

    def take(self, rows: npt.NDArray[Any]) -> Texts:
        """Only `rows` (indices or a mask)."""
        return replace(self, values=self.values[rows])


@dataclass(frozen=True)
class Images:
    """n images of one size; `values` is (n, height, width, channels) uint8, channels 1 or 3.

    Larger originals are reduced to the working size; `original` keeps (height, width) of the
    most frequent original size, in pixels.
    """

    values: npt.NDArray[np.uint8]
    original: tuple[int, int] | None = None

    modality: ClassVar[Modality] = Modality.IMAGE

    def __len__(self) -> int:
        return int(self.values.shape[0])

    def take(self, rows: npt.NDArray[Any]) -> Images:
        """Only `rows` (indices or a mask)."""
        return replace(self, values=self.values[rows])


Content = Table | Texts | Images


@dataclass(frozen=True)
class Roles:
    """Which column plays which part. Stated by the user or inferred, always shown."""

    label: str
    source: str | None = None
    id: str | None = None
    time: str | None = None
    text: str | None = None
    image: str | None = None
    embedding: str | None = None
    features: tuple[str, ...] = ()


# --- what a person sees ---------------------------------------------------------------------


@dataclass(frozen=True)
class Span:
    """A piece of text; `marked` where it belongs to the trigger."""

    text: str
    marked: bool = False


@dataclass(frozen=True)
class Field:
    """A cell of a table row; `marked` where it belongs to the trigger."""

    name: str
    value: str
    marked: bool = False


@dataclass(frozen=True)
class Rendering:
    """How a row or a trigger is shown: a PNG picture, text spans, or fields (one is set)."""

    png: bytes | None = None
    spans: tuple[Span, ...] = ()
    fields: tuple[Field, ...] = ()


@dataclass(frozen=True)
class Exhibit:
    """A row shown to a person, beside its nearest clean neighbour where there is one."""

    row: int
    id: str
    label: str
    source: str | None
    shown: Rendering
    neighbour: Exhibit | None = None


# --- looking --------------------------------------------------------------------------------


@runtime_checkable
class Trigger(Protocol):
    """Something rows share that may have been planted: a patch, a phrase, a rule ..."""

    @property
    def form(self) -> str:
        """One word for people: patch, phrase, characters, rule, blend ..."""

    def matches(self, content: Content) -> Bools:
        """(n,) which rows carry it."""

    def stamp(self, content: Content) -> Content:
        """The same rows with the trigger planted."""

    def remove(self, content: Content) -> Content:
        """The same rows with the trigger neutralised, to see what the rest of a row says."""

    def twin(self, content: Content, row: int) -> Trigger:
        """A placebo: the same shape and place, filled with what `row` of `content` has there."""

    def describe(self) -> str:
        """One short line, e.g. ``3×3 patch at rows 25–27, columns 25–27``."""

    def draw(self) -> Rendering:
        """The trigger on its own, isolated."""


@dataclass(frozen=True)
class Candidate:
    """A hypothesis of a generator: these rows belong together, and share `trigger`."""

    rows: Ints  # sorted row indices in the view
    trigger: Trigger | None
    label: int | None = None  # the class code the group is suspected to be pushed to
    goals: Ints | None = None  # (k,) where that depends on the class that a row looks like


@dataclass(frozen=True)
class Scores:
    """What a scorer saw.

    `values` is (n,) float64, finite, higher is more suspicious. `considered` counts every
    hypothesis that was looked at to arrive at `candidates`: the judge pays for all of them.
    """

    values: Floats
    candidates: tuple[Candidate, ...] = ()
    considered: int = 0


class Encoder(Protocol):
    """A fitted, label-free map from content to features."""

    def __call__(self, content: Content) -> npt.NDArray[np.float32]:
        """(n, d) float32 features of `content`."""


class Head(Protocol):
    """A model of the label given label-free features, from which rows can be left out exactly."""

    @property
    def name(self) -> str:
        """Which view of the rows it reads."""

    @property
    def foreign(self) -> bool:
        """Whether its encoder was made elsewhere, for whole rows."""

    def leave_one_out(self) -> Floats:
        """(n, k) probabilities of each row's class by the model that never saw that row."""

    def similarity(self, rows: Ints) -> Floats:
        """(len(rows), len(rows)) cosine similarity of `rows` in the head's features."""

    def leave_out(self, rows: Ints, content: Content | None = None) -> Floats:
        """(len(rows), k) probabilities for `rows` by the model that never saw any of them.

        `content`, where given, replaces the rows' own at prediction (trigger removed).
        """


@dataclass(frozen=True)
class View:
    """What detectors may see of n rows. Parts not asked for are None."""

    modality: Modality
    labels: Ints  # (n,) class codes
    classes: tuple[str, ...]  # (k,) names
    ids: npt.NDArray[np.object_]  # (n,) str
    content: Content | None = None
    features: npt.NDArray[np.float32] | None = None  # (n, d) label-free
    encoder: Encoder | None = None  # what made `features`
    heads: tuple[Head, ...] | None = None
    opinions: Mapping[str, Floats] = field(default_factory=dict)  # further (n, k) out-of-fold
    sources: Ints | None = None  # (n,) codes into source_names
    source_names: tuple[str, ...] = ()
    times: Floats | None = None  # (n,) seconds since the epoch, NaN where unknown

    def __len__(self) -> int:
        return int(self.labels.shape[0])

    def only(self, needs: frozenset[Need]) -> View:
        """The same rows, with only the declared parts: what a detector is handed."""
        return replace(
            self,
            content=self.content if Need.CONTENT in needs else None,
            features=self.features if Need.FEATURES in needs else None,
            encoder=self.encoder if Need.FEATURES in needs else None,
            heads=self.heads if Need.HEADS in needs else None,
            opinions=self.opinions if Need.HEADS in needs else {},
            sources=self.sources if Need.SOURCES in needs else None,
            source_names=self.source_names if Need.SOURCES in needs else (),
            times=self.times if Need.TIMES in needs else None,
        )


class Scorer(Protocol):
    """A fitted detector: maps a view to scores."""

    def __call__(self, view: View) -> Scores:
        """Scores of the rows of `view`, higher is more suspicious."""


class Detector(Protocol):
    """Looks, and only looks: knows no threshold, trains no victim, holds no data.

    A detector is one file in `foretaste.detect` that defines one class with these attributes;
    it is found by walking the package.
    """

    name: ClassVar[str]  # stable for ever, kebab-case
    family: ClassVar[Family]
    layer: ClassVar[Layer]
    modalities: ClassVar[frozenset[Modality]]
    needs: ClassVar[frozenset[Need]]

    def fit(self, view: View, rng: np.random.Generator) -> Scorer:
        """Learn from `view` (a sample, a history) what scoring needs."""


# --- judging --------------------------------------------------------------------------------


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
class Policy:
    """Thresholds, all of them, in one place.

    alpha: family-wise error of calling a clean data set poisoned by group evidence.
    label_alpha: error of the lower bound on the share of flipped labels.
    fdr: false-discovery rate among single rows flagged without a group.
    block_on: verdicts that block a pipeline.
    max_rows: above this share of flagged rows a human must look, whatever the evidence.
    """

    alpha: float = 0.001
    label_alpha: float = 0.01
    fdr: float = 0.1
    block_on: tuple[Verdict, ...] = (Verdict.SUSPECT, Verdict.CONFIRMED)
    natural_noise: float = 0.02  # label noise in confident regions that is taken as natural
    min_rows: int = 40  # fewer rows than this cannot be judged
    min_class_rows: int = 5


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
class MapPoint:
    """A row on the two-dimensional map of the data set."""

    row: int
    x: float
    y: float
    label: str
    group: str  # "" for rows of no group


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
