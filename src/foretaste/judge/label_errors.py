"""Flipped labels: rows that contradict their label where nothing else is unclear."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from foretaste.probe.calibration import fit_calibration
from foretaste.stats.noise_floor import NoiseFloor, fit_noise_floor
from foretaste.types import Bools, Floats, Policy, View

__all__ = ["LabelErrors", "judge_labels"]

MAX_TREND = 3.0  # z; above it contradictions thin out with evidence: a noisy task, no floor
MIN_ROWS = 100  # the floor of fewer rows cannot be bounded


@dataclass(frozen=True)
class LabelErrors:
    """What the views say of each label.

    probabilities: (n, k) by models that never saw the row, all views together.
    floor: the fitted noise floor, None where there are too few rows.
    found: whether the data set has flipped labels beyond what is natural.
    flipped: (n,) probability that the row's label was flipped; 0 unless `found`.
    flagged: (n,) rows called flipped.
    """

    probabilities: Floats
    floor: NoiseFloor | None
    found: bool
    flipped: Floats
    flagged: Bools


def judge_labels(view: View, policy: Policy, spoken_for: Bools) -> LabelErrors:
    """Decide whether labels were flipped, and which.

    Parameters
    ----------
    view
        With heads; further opinions are used where there are any.
    policy
        `natural_noise` is the floor taken as natural, `fdr` the share of false flags allowed,
        `alpha` the error of the lower bound.
    spoken_for
        (n,) rows that another hypothesis already explains.
    """
    n = len(view)
    opinions = [h.leave_one_out() for h in view.heads or ()] + list(view.opinions.values())
    logs = np.mean([np.log(np.clip(p, 1e-3, 1.0)) for p in opinions], axis=0)
    probabilities = fit_calibration(logs, view.labels, len(view.classes))(logs)
    nothing = LabelErrors(probabilities, None, False, np.zeros(n), np.zeros(n, dtype=bool))
    rest = np.flatnonzero(~spoken_for)
    if len(rest) < MIN_ROWS:
        return nothing
    two = np.partition(logs, -2, axis=1)[:, -2:]
    margin = two[:, 1] - two[:, 0]
    u = np.zeros(n)
    u[rest[np.argsort(-margin[rest], kind="stable")]] = (np.arange(len(rest)) + 0.5) / len(rest)
    contradicted = logs.argmax(axis=1) != view.labels
    floor = fit_noise_floor(u[rest], contradicted[rest], policy.alpha)
    found = floor.low > policy.natural_noise and floor.flatness < MAX_TREND
    if not found:
        return LabelErrors(probabilities, floor, False, nothing.flipped, nothing.flagged)
    flipped = np.where(contradicted & ~spoken_for, floor.flip_probability(u), 0.0)
    return LabelErrors(probabilities, floor, True, flipped, flipped >= 1.0 - policy.fdr)
