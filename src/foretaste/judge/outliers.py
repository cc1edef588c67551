"""Outliers: rows that are farther out than any honest tail explains, whatever their labels."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from foretaste.judge.exhibits import exhibit_rows
from foretaste.judge.groups import all_sources
from foretaste.modality.table_numbers import damped_numbers
from foretaste.stats.tail_excess import fit_tail_excess
from foretaste.types import Bools, Floats, Group, Ints, Kind, Policy, Scores, Verdict, View

__all__ = ["Outliers", "judge_outliers", "outlier_group"]

PREFIX = "outlier-"  # detectors whose scores are logarithms made for this judge
SHUFFLED = "outlier-shuffled"
CROWD = "outlier-crowd"
LEAST_GAP = math.log(4.0)  # a narrower crowd is none
MIN_ROWS = 100  # the tail of fewer rows is unknown
MIN_FLAGGED = 5
APART = 0.5  # nats between the least of the flagged rows and the first that is not: a tail goes on
ONE_REASON = 0.5  # share of these rows that are most extreme in one column: its tail
LEAST_COLUMNS = 3  # fewer are always the reason
APART_CROWD = 0.1  # the same for crowds, whose edge is another row of theirs
PIECED = 0.01  # prior share of pieced rows, only for their place in the order
LIKELY = 0.5  # share of an excess above which its rows come before all others
NOTICED = 0.1  # error at which an excess moves rows up in the order; rows are flagged at alpha

WORDS = {
    "outlier-distance": "lie farther from all other rows",
    "outlier-norm": "lie farther from the middle",
    "outlier-residual": "break what ties the columns together more",
    "outlier-cells": "have more cells at the edges of their columns",
    "outlier-shuffled": "look more like shuffled cells",
    CROWD: "crowd more closely around one point, far from all others,",
}


@dataclass(frozen=True)
class Outliers:
    """What tails do not explain.

    flagged: (n,) rows called outliers.
    likely: (n,) rows of an excess that was noticed, more likely than not.
    score: (n,) 0 to 1, how little honest tails explain each row; compares rows only.
    p_value: family-wise over the detectors; 1 where none is surprised.
    found_by: detectors that are surprised.
    """

    flagged: Bools
    likely: Bools
    score: Floats
    p_value: float
    found_by: tuple[str, ...]


def judge_outliers(
    view: View, looked: Mapping[str, Scores], policy: Policy, spoken_for: Bools
) -> Outliers:
    """Which rows no heavy tail explains, in any of the ways in which a row can be odd.

    Parameters
    ----------
    view
        All parts.
    looked
        Scores by detector; those of the outlier detectors are used.
    policy
        `alpha` is the error of finding outliers in honest data, `fdr` the share of false flags.
    spoken_for
        (n,) rows that another hypothesis already explains.
    """
    n = len(view)
    flagged, likely, score = np.zeros(n, dtype=bool), np.zeros(n, dtype=bool), np.zeros(n)
    names = [name for name in sorted(looked) if name.startswith(PREFIX)]
    rest = np.flatnonzero(~spoken_for)
    if len(rest) < MIN_ROWS:
        return Outliers(flagged, likely, score, 1.0, ())
    paid = math.log(max(1, len(names)))
    noticed, opened = paid - math.log(NOTICED), paid - math.log(policy.alpha)
    best, found = 0.0, []
    for name in names:
        values = looked[name].values[rest]
        tail = fit_tail_excess(values)
        # rows of a crowd are no independent witnesses: only the heaviest tail will do
        surprise = tail.sure if name == CROWD else tail.surprise
        possible = values >= (LEAST_GAP if name == CROWD else -math.inf)
        share = np.where(possible, tail.share, 0.0)
        if surprise >= noticed:
            score[rest] = np.maximum(score[rest], share)
            likely[rest[share >= LIKELY]] = True
        if name == SHUFFLED:
            ratio = PIECED * np.exp(values)
            score[rest] = np.maximum(score[rest], ratio / (1.0 + ratio))
        own = (values >= tail.start) & (share >= 1.0 - policy.fdr)
        # a new domain, or a kind of rows with few examples, bends the likeliest tail: the excess
        # must stand out from the heaviest, too, and end where other rows begin
        stands_out = (
            tail.sure >= noticed and not tail.steps and _no_tail(view, name, values, own, rest)
        )
        if surprise >= opened and stands_out and own.sum() >= MIN_FLAGGED:
            flagged[rest[own]] = True
            found.append((surprise, name))
            best = max(best, surprise)
    by = tuple(name for _, name in sorted(found, reverse=True))
    return Outliers(flagged, likely, score, min(1.0, math.exp(paid - best)), by)


def _no_tail(view: View, name: str, values: Floats, own: Bools, rest: Ints) -> bool:
    """Whether the rows called outliers are more than the end of a tail or a rare kind of rows.

    Those end where other rows begin, and are extreme in one thing: the largest farms in acres, the
    oldest patients in years. Errors and poison stand apart, or are extreme each in its own way.
    """
    if not own.any() or own.all():
        return False
    apart = float(values[own].min() - values[~own].max())
    if name == CROWD:
        return apart >= APART_CROWD
    return apart >= APART or not _one_reason(view, rest[own])


def _one_reason(view: View, rows: Ints) -> bool:
    """Whether most of the rows are most extreme in the same column."""
    if view.content is None:
        return True
    numbers = np.abs(damped_numbers(view.content))
    if numbers.shape[1] < LEAST_COLUMNS:
        return True
    reasons = np.bincount(numbers[rows].argmax(axis=1))
    return bool(reasons.max() > ONE_REASON * len(rows))


def outlier_group(
    view: View, outliers: Outliers, number: int, flagged: Bools, policy: Policy
) -> Group:
    """The outliers as one group, in words."""
    rows = np.flatnonzero(outliers.flagged)
    why = (
        f"{len(rows)} rows {WORDS[outliers.found_by[0]]} "
        "than the heaviest tail that the other rows allow."
    )
    return Group(
        name=f"g{number}",
        kind=Kind.OUTLIER,
        verdict=Verdict.SUSPECT,
        rows=rows,
        why=why,
        advice="Check how these rows were measured, and drop them unless they are meant.",
        p_value=outliers.p_value,
        observed=float(len(rows)),
        sources=tuple(s for s in all_sources(view, outliers.flagged, policy) if s.flagged),
        exhibits=exhibit_rows(view, rows, outliers.score[rows], flagged, None),
        found_by=outliers.found_by,
    )
