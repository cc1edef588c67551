"""Flipped labels: rows that contradict their label where nothing else is unclear."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from foretaste.probe.calibration import fit_calibration
from foretaste.stats.noise_floor import NoiseFloor, fit_noise_floor
from foretaste.types import Bools, Floats, Ints, Policy, View

__all__ = ["LabelErrors", "judge_labels"]

MAX_TREND = 2.5  # z; above it contradictions thin out with evidence: a noisy task, no floor
MAX_TREND_ONE_CLASS = 2.0  # one class alone needs a flatter floor
MIN_ROWS = 100  # the floor of fewer rows cannot be bounded
MAX_BLINDNESS = 0.5  # share of the errors of always naming the most frequent label
MIN_FLIPPED = 5  # near-certain rows below which nobody is accused


@dataclass(frozen=True)
class LabelErrors:
    """What the views say of each label.

    probabilities: (n, k) by models that never saw the row, all views together.
    floor: the fitted noise floor of all rows, None where there are too few.
    found: whether the data set has flipped labels beyond what is natural.
    flipped: (n,) probability that the row's label was flipped; 0 unless `found`.
    flagged: (n,) rows called flipped.
    """

    probabilities: Floats
    floor: NoiseFloor | None
    found: bool
    flipped: Floats
    flagged: Bools


@dataclass(frozen=True)
class _Evidence:
    """Which class each row looks like, by how much, and whether its label contradicts that."""

    looks: Ints
    margin: Floats
    contradicted: Bools

    def floor(self, rows: Ints, level: float) -> tuple[NoiseFloor, Floats]:
        """The noise floor of `rows`, and the rank of each of them, 0 the clearest."""
        u = np.empty(len(rows))
        u[np.argsort(-self.margin[rows], kind="stable")] = (np.arange(len(rows)) + 0.5) / len(rows)
        return fit_noise_floor(u, self.contradicted[rows], level), u


def judge_labels(view: View, policy: Policy, spoken_for: Bools) -> LabelErrors:
    """Decide whether labels were flipped, and which.

    Random flips raise the floor whatever class a row looks like, so it must show in at least
    two classes: a noisy task has its floor in one. Flips out of one class only must show a
    flatter floor there, at twice the natural noise.

    Parameters
    ----------
    view
        With heads; further opinions are used where there are any.
    policy
        `natural_noise` is the floor taken as natural, `fdr` the share of false flags allowed,
        `label_alpha` the error of the lower bound.
    spoken_for
        (n,) rows that another hypothesis already explains.
    """
    n, k = len(view), len(view.classes)
    opinions = [h.leave_one_out() for h in view.heads or ()] + list(view.opinions.values())
    logs = np.mean([np.log(np.clip(p, 1e-3, 1.0)) for p in opinions], axis=0)
    probabilities = fit_calibration(logs, view.labels, k)(logs)
    nobody = LabelErrors(probabilities, None, False, np.zeros(n), np.zeros(n, dtype=bool))
    rest = np.flatnonzero(~spoken_for)
    if len(rest) < MIN_ROWS:
        return nobody
    two = np.partition(logs, -2, axis=1)[:, -2:]
    looks = logs.argmax(axis=1)
    evidence = _Evidence(looks, two[:, 1] - two[:, 0], looks != view.labels)
    whole, u = evidence.floor(rest, policy.label_alpha)
    by_class = {
        c: (rows, *evidence.floor(rows, policy.label_alpha / k))
        for c in range(k)
        if len(rows := rest[looks[rest] == c]) >= MIN_ROWS // 2
    }
    if not _telling(evidence.contradicted[rest], view.labels[rest], whole):
        return LabelErrors(probabilities, whole, False, nobody.flipped, nobody.flagged)
    flipped = np.zeros(n)
    if _everywhere(whole, [f for _, f, _ in by_class.values()], policy):
        flipped[rest] = whole.flip_probability(u)
    for rows, floor, own in by_class.values():
        if _in_one_class(floor, policy):
            flipped[rows] = np.maximum(flipped[rows], floor.flip_probability(own))
    flipped[~evidence.contradicted] = 0.0
    flagged = flipped >= 1.0 - policy.fdr
    if flagged.sum() < MIN_FLIPPED:
        return LabelErrors(probabilities, whole, False, nobody.flipped, nobody.flagged)
    return LabelErrors(probabilities, whole, True, flipped, flagged)


def _telling(contradicted: Bools, labels: Ints, whole: NoiseFloor) -> bool:
    """Whether the rows tell their label at all, the floor set aside.

    Where they hardly beat the most frequent label, mistakes are everywhere, clear rows included.
    """
    blind = 1.0 - np.bincount(labels).max() / len(labels) - whole.epsilon
    return bool(contradicted.mean() - whole.epsilon <= MAX_BLINDNESS * blind)


def _everywhere(whole: NoiseFloor, by_class: list[NoiseFloor], policy: Policy) -> bool:
    shown = sum(f.epsilon >= policy.natural_noise / 2.0 for f in by_class)
    return whole.low > policy.natural_noise and whole.flatness < MAX_TREND and shown >= 2


def _in_one_class(floor: NoiseFloor, policy: Policy) -> bool:
    return floor.low > 2.0 * policy.natural_noise and floor.flatness < MAX_TREND_ONE_CLASS
