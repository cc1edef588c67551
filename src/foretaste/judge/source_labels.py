"""Which source labels wrongly: contradicted labels of each source, against rows as clear elsewhere.

A source with harder rows is contradicted more often, and honestly so; therefore its rows are
compared with rows of other sources that look like the same class and are as clear.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from scipy.stats import beta

from foretaste.stats.clear_rows import Evidence, rank_of
from foretaste.stats.excess import poisson_surprise
from foretaste.types import Bools, Floats, Ints, Policy

__all__ = ["SourceLabels", "judge_source_labels"]

STEPS = 10  # of clarity, within each class that rows look like
MIN_ROWS = 20  # of a source that can be judged by its labels
CLEAR = 0.5  # share of all rows, the clearer ones: a source of hard rows has few of them
SMOOTHING = 1.0  # rows that every stratum is given, and one contradicted row among all others:
# few rows elsewhere prove little
SET_APART = 0.05  # error at which a source is no measure of the others; accused are few of them
LARGEST_SQUARE = 9.0  # of a residual
MIN_CONTRADICTED = 5  # rows below which nobody is accused


@dataclass(frozen=True)
class SourceLabels:
    """How a source's labels compare with those of the others.

    source: its code.
    contradicted: rows whose label is not the one they look like.
    expected: of them, if the source labelled as the others do.
    p_value: family-wise over the sources.
    floor: lower bound of its share of wrong labels where nothing is unclear.
    guilty: both are beyond what honest sources show.
    """

    source: int
    contradicted: int
    expected: float
    p_value: float
    floor: float
    guilty: bool


def judge_source_labels(
    evidence: Evidence, contradicted: Bools, sources: Ints, policy: Policy
) -> tuple[SourceLabels, ...]:
    """Every source with enough rows against the others.

    Parameters
    ----------
    evidence
        What the n rows look like.
    contradicted
        (n,) whether the label is another.
    sources
        (n,) source codes.
    policy
        `alpha` is the family-wise error, `natural_noise` the floor that is taken as natural.

    Returns
    -------
    tuple of SourceLabels
        In order of the codes. Rows as clear elsewhere say what to expect (Mantel, Haenszel 1959,
        "Statistical aspects of the analysis of data from retrospective studies of disease"); the
        p-value is a Chernoff bound, times the sources, after counts are divided by how much more
        than by chance sources differ.

    Examples
    --------
    >>> import numpy as np
    >>> from foretaste.stats.clear_rows import rank_evidence
    >>> rng = np.random.default_rng(0)
    >>> clear = rng.uniform(0.8, 0.99, 2000)
    >>> evidence = rank_evidence(np.column_stack([clear, 1 - clear]))
    >>> sources = np.arange(2000) % 10
    >>> wrong = rng.random(2000) < np.where(sources == 3, 0.3, 0.01)
    >>> [s.source for s in judge_source_labels(evidence, wrong, sources, Policy()) if s.guilty]
    [3]
    """
    codes = np.flatnonzero(np.bincount(sources) >= MIN_ROWS)
    if len(codes) < 2:
        return ()
    stratum = _strata(evidence)
    everyone = np.ones(len(sources), dtype=bool)
    observed, expected = _counts(codes, sources, contradicted, stratum, everyone)
    # what a guilty source did is not to be expected of the others: the median source knows
    usual = min(1.0, float(np.median(observed / expected)))
    apart = _p_values(observed, usual * expected, np.ones(len(codes), dtype=bool)) <= SET_APART
    honest = ~np.isin(sources, codes[apart])
    observed, expected = _counts(codes, sources, contradicted, stratum, honest)
    p_values = _p_values(observed, expected, ~apart)
    found = []
    for i, s in enumerate(codes):
        p_value = float(p_values[i])
        low = 0.0
        if p_value <= policy.alpha:
            low = _floor_within(evidence, contradicted, sources == s, policy)
        guilty = low > policy.natural_noise and observed[i] >= MIN_CONTRADICTED
        found.append(
            SourceLabels(int(s), int(observed[i]), float(expected[i]), p_value, low, bool(guilty))
        )
    return tuple(found)


def _strata(evidence: Evidence) -> Ints:
    """(n,) which rows look like the same class and are as clear."""
    step = np.zeros(len(evidence.looks), dtype=np.int64)
    for c in np.unique(evidence.looks):
        own = np.flatnonzero(evidence.looks == c)
        step[own] = np.minimum((rank_of(evidence.margin[own]) * STEPS).astype(int), STEPS - 1)
    return np.asarray(evidence.looks * STEPS + step)


def _counts(
    codes: Ints, sources: Ints, contradicted: Bools, stratum: Ints, honest: Bools
) -> tuple[Floats, Floats]:
    """Contradicted rows of each source, and how many its rows would have elsewhere."""
    m = int(stratum.max()) + 1
    observed: Floats = np.zeros(len(codes))
    expected: Floats = np.zeros(len(codes))
    for i, s in enumerate(codes):
        mine = sources == s
        others = honest & ~mine
        rows = np.bincount(stratum[others], minlength=m)
        wrong = np.bincount(stratum[others & contradicted], minlength=m)
        usual = float((wrong.sum() + SMOOTHING) / (rows.sum() + SMOOTHING))
        rate = (wrong + SMOOTHING * usual) / (rows + SMOOTHING)
        observed[i] = (mine & contradicted).sum()
        expected[i] = (np.bincount(stratum[mine], minlength=m) * rate).sum()
    return observed, expected


def _p_values(observed: Floats, expected: Floats, usual: Bools) -> Floats:
    """(sources,) family-wise; `usual` sources say how much sources differ."""
    # squared residuals of honest sources alike have mean 1; a single wild one is capped
    squares = np.minimum((observed - expected) ** 2 / np.maximum(expected, 1.0), LARGEST_SQUARE)
    p: Floats = np.ones(len(observed))
    for i in range(len(observed)):
        others = usual & (np.arange(len(observed)) != i)
        excess = max(1.0, float(squares[others].mean())) if others.any() else 1.0
        surprise = float(poisson_surprise(observed[i] / excess, expected[i] / excess))
        p[i] = min(1.0, len(observed) * math.exp(-surprise))
    return p


def _floor_within(evidence: Evidence, contradicted: Bools, mine: Bools, policy: Policy) -> float:
    """Lower bound of the share of a source's labels that contradict clear rows."""
    clear = mine & (evidence.rank <= CLEAR)
    wrong, rows = int((clear & contradicted).sum()), int(clear.sum())
    return float(beta.ppf(policy.label_alpha, wrong, rows - wrong + 1)) if wrong else 0.0
