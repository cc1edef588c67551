"""Flipped labels: rows that contradict their label where nothing else is unclear."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace

import numpy as np

from foretaste.judge.flip_direction import in_a_class_of_anything
from foretaste.judge.source_labels import SourceLabels, judge_source_labels
from foretaste.probe.consensus import consensus_of
from foretaste.stats.clear_rows import Evidence, rank_evidence, rank_of, unevenness
from foretaste.stats.label_noise import fit_label_noise
from foretaste.stats.noise_floor import NoiseFloor, fit_noise_floor
from foretaste.types import Bools, Floats, Ints, Policy, View

__all__ = ["LabelErrors", "judge_labels"]

MAX_TREND = 2.5  # z; above it contradictions thin out with evidence: a noisy task, no floor
MAX_TREND_ONE_CLASS = 2.0  # one class alone needs a flatter floor
MIN_ROWS = 100  # the floor of fewer rows cannot be bounded
MIN_CLASS = 50  # that look like a class
LEARNT = 0.45  # share of them that labels as they came may be: the task was learnt
MOST_FLIPPED = 0.78  # the same, where rows are so evenly clear that flips must be why
MAX_UNEVEN = 1.15  # that share times how unevenly clear rows are
MAX_UNEVEN_ONE_CLASS = 3.6  # a class between two others is: the middle third of an amount
MAX_BLINDNESS = 0.5  # share of the errors of always naming the most frequent label
MAX_BLINDNESS_ONE_CLASS = (
    0.2  # one class alone may be ill defined where the task is not learnt well
)
MOST_OF_ALIKE = 0.36  # of rows that look alike: where more are contradicted, rows do not tell
UNDONE = 0.5  # labels likelier flipped than not are taken back to see what could be told
MIN_FLIPPED = 5  # near-certain rows below which nobody is accused


@dataclass(frozen=True)
class LabelErrors:
    """What the views say of each label.

    probabilities: (n, k) by models that never saw the row, all views together.
    doubt: (n,) 0 to 1, how little each label is believed; more so in directions and sources in
        which labels are changed often. Compares rows only.
    floor: the fitted noise floor, None where there are too few rows: of all rows; where only some
        are affected, of these.
    where: whose labels these are, in words; "" for all rows.
    found: whether the data set has flipped labels beyond what is natural.
    flipped: (n,) probability that the row's label was flipped; 0 unless `found`.
    flagged: (n,) rows called flipped.
    sources: how each source labels, where there are several.
    """

    probabilities: Floats
    floor: NoiseFloor | None
    found: bool
    flipped: Floats
    flagged: Bools
    doubt: Floats = field(kw_only=True)
    where: str = ""
    sources: tuple[SourceLabels, ...] = ()


@dataclass(frozen=True)
class _Part:
    """Rows with a noise floor of their own; `where` says which, in words.

    one_way: whether they are those that look like one class.
    """

    rows: Ints
    rank: Floats
    floor: NoiseFloor
    where: str = ""
    one_way: bool = False

    def flipped(self, n: int) -> Floats:
        """(n,) probability that contradicted labels of the part were flipped; 0 elsewhere."""
        p: Floats = np.zeros(n)
        p[self.rows] = self.floor.flip_probability(self.rank)
        return p


def judge_labels(view: View, policy: Policy, spoken_for: Bools) -> LabelErrors:
    """Decide whether labels were flipped, and which.

    Random flips raise the floor whatever class a row looks like, so it must show in at least
    two classes: a noisy task has its floor in one. Flips out of one class only must show a
    flatter floor there, at twice the natural noise; flips of one source a floor among its rows,
    and more contradicted labels than other sources have on rows as clear.

    Parameters
    ----------
    view
        With heads, and the consensus of all views where there is one.
    policy
        `natural_noise` is the floor taken as natural, `fdr` the share of false flags allowed,
        `label_alpha` the error of the lower bound, `alpha` that of naming a source.
    spoken_for
        (n,) rows that another hypothesis already explains.
    """
    n = len(view)
    p = consensus_of(view)
    none = np.zeros(n, dtype=bool)
    unasked = 1.0 - p[np.arange(n), view.labels]
    rest = np.flatnonzero(~spoken_for)
    if len(rest) < MIN_ROWS:
        return LabelErrors(p, None, False, np.zeros(n), none, doubt=unasked)
    evidence = rank_evidence(p)
    contradicted = evidence.looks != view.labels
    whole = _part(_ranks(evidence.margin, [rest]), contradicted, rest, policy.label_alpha)
    sources = _sources(view, evidence, contradicted, rest, policy)
    affected = list(_affected(view, evidence, contradicted, whole, sources, policy))
    doubt = _doubt(view, p, rest, sources, one_way=any(part.one_way for part in affected))
    honest = LabelErrors(p, whole.floor, False, np.zeros(n), none, doubt=doubt, sources=sources)
    flipped = np.max([np.zeros(n), *(part.flipped(n) for part in affected)], axis=0)
    flipped[~contradicted] = 0.0
    flagged = flipped >= 1.0 - policy.fdr
    restored = np.where(flipped >= UNDONE, evidence.looks, view.labels)[rest]
    unexplained = float((contradicted[rest] - flipped[rest]).mean())
    most = MAX_BLINDNESS_ONE_CLASS if any(part.one_way for part in affected) else MAX_BLINDNESS
    if (
        flagged.sum() < MIN_FLIPPED
        or in_a_class_of_anything(flagged, p, view.labels, policy)
        or not _telling(unexplained, restored, most)
        or not _learnt(evidence.doubt[rest], contradicted[rest], view.labels[rest])
    ):
        return honest
    worst = max(affected, key=lambda part: part.floor.low)
    return replace(
        honest, floor=worst.floor, found=True, flipped=flipped, flagged=flagged, where=worst.where
    )


def _ranks(margin: Floats, parts: list[Ints]) -> Floats:
    """(n,) rank of each row within its part, 0 the clearest."""
    rank: Floats = np.zeros(len(margin))
    for rows in parts:
        rank[rows] = rank_of(margin[rows])
    return rank


def _part(
    rank: Floats, contradicted: Bools, rows: Ints, level: float, others: Ints | None = None
) -> _Part:
    """The floor of `rows`; with `others`, whose natural part is taken to be theirs, too."""
    natural = None if others is None else fit_noise_floor(rank[others], contradicted[others], level)
    floor = fit_noise_floor(rank[rows], contradicted[rows], level, natural)
    return _Part(rows, rank[rows], floor)


def _affected(
    view: View,
    evidence: Evidence,
    contradicted: Bools,
    whole: _Part,
    sources: tuple[SourceLabels, ...],
    policy: Policy,
) -> Iterator[_Part]:
    """The parts of the data whose floor honest labels do not explain."""
    rest = whole.rows
    # flips make all rows of a class less clear: it is compared with others rank by rank
    rank = _ranks(evidence.margin, [rest[evidence.looks[rest] == c] for c in range(_k(view))])
    guilty = [source.source for source in sources if source.guilty]
    if guilty and view.sources is not None:
        honest = rest[~np.isin(view.sources[rest], guilty)]
        for code in guilty:
            rows = rest[view.sources[rest] == code]
            of_source = _part(rank, contradicted, rows, policy.label_alpha, honest)
            yield replace(of_source, where=f" of {view.source_names[code]!r}")
        # what these sources did is no floor of the others
        whole = _part(_ranks(evidence.margin, [honest]), contradicted, honest, policy.label_alpha)
        rest = honest
    by_class = []
    for c in range(_k(view)):
        own = evidence.looks[rest] == c
        if MIN_CLASS <= own.sum() < len(rest):
            level = policy.label_alpha / _k(view)
            of_class = _part(rank, contradicted, rest[own], level, rest[~own])
            where = f" of rows that look like {view.classes[c]!r}"
            by_class.append(replace(of_class, where=where, one_way=True))
    if _everywhere(whole.floor, [p.floor for p in by_class], policy):
        yield whole
        return
    for part in by_class:
        even = unevenness(evidence.doubt[part.rows]) <= MAX_UNEVEN_ONE_CLASS
        others = (
            max(p.floor.epsilon for p in by_class if p is not part) if len(by_class) > 1 else 0.0
        )
        if even and _in_one_class(part.floor, others, policy):
            yield part


def _k(view: View) -> int:
    return len(view.classes)


def _sources(
    view: View, evidence: Evidence, contradicted: Bools, rest: Ints, policy: Policy
) -> tuple[SourceLabels, ...]:
    if view.sources is None:
        return ()
    return judge_source_labels(evidence.of(rest), contradicted[rest], view.sources[rest], policy)


def _doubt(
    view: View, p: Floats, rest: Ints, sources: tuple[SourceLabels, ...], *, one_way: bool
) -> Floats:
    """How little each label is believed, given directions and sources of changed labels."""
    doubt: Floats = 1.0 - p[np.arange(len(view)), view.labels]
    if one_way:  # natural mistakes have directions, too: they count where a floor was found
        noise = fit_label_noise(rank_evidence(p[rest]), view.labels[rest], len(view.classes))
        doubt = noise.doubt(p, view.labels)
    if view.sources is None:
        return doubt
    odds = np.ones(len(view))
    for source in sources:
        if source.guilty:
            more = (source.contradicted + 1.0) / (source.expected + 1.0)
            odds[view.sources == source.source] = max(more, 1.0)
    return np.asarray(odds * doubt / (odds * doubt + 1.0 - doubt))


def _telling(unexplained: float, restored: Ints, most: float) -> bool:
    """Whether the rows tell their label at all, flips set aside.

    Where they hardly beat the most frequent label, mistakes are everywhere, clear rows included.
    """
    blind = 1.0 - np.bincount(restored).max() / len(restored)
    return bool(unexplained <= most * blind)


def _learnt(doubt: Floats, contradicted: Bools, labels: Ints) -> bool:
    """Whether the labels as they are were learnt, or flips alone could be why they were not.

    A task that tells little of its labels has contradictions on clear rows, too.
    """
    blind = 1.0 - float(np.bincount(labels).max()) / len(labels)
    share = float(contradicted.mean()) / max(blind, 1e-9)
    even = share <= MOST_FLIPPED and share * unevenness(doubt) <= MAX_UNEVEN
    return even or share <= LEARNT


def _everywhere(whole: NoiseFloor, by_class: list[NoiseFloor], policy: Policy) -> bool:
    shown = sum(f.epsilon >= policy.natural_noise / 2.0 for f in by_class)
    raised = policy.natural_noise < whole.low and whole.epsilon <= MOST_OF_ALIKE
    return raised and whole.flatness < MAX_TREND and shown >= 2


def _in_one_class(floor: NoiseFloor, others: float, policy: Policy) -> bool:
    """Whether the floor is no nature of the task: it stands out from every other class's."""
    raised = max(2.0 * policy.natural_noise, others) < floor.low
    return raised and floor.epsilon <= MOST_OF_ALIKE and floor.flatness < MAX_TREND_ONE_CLASS
