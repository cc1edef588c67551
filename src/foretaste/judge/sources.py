"""Which source did it: flagged rows per source, family-wise over all sources."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import numpy.typing as npt
from scipy.stats import beta, hypergeom

from foretaste.judge.source_labels import SourceLabels
from foretaste.types import Bools, Ints, Policy, SourceFinding

__all__ = ["join_label_evidence", "judge_sources", "share_interval"]


def share_interval(hits: int, n: int, level: float = 0.95) -> tuple[float, float]:
    """Clopper–Pearson interval of a share.

    Examples
    --------
    >>> tuple(round(x, 3) for x in share_interval(0, 10))
    (0.0, 0.308)
    """
    tail = (1.0 - level) / 2.0
    low = 0.0 if hits == 0 else float(beta.ppf(tail, hits, n - hits + 1))
    high = 1.0 if hits == n else float(beta.ppf(1.0 - tail, hits + 1, n - hits))
    return low, high


def judge_sources(
    flagged: Bools, sources: Ints, names: tuple[str, ...], policy: Policy
) -> tuple[SourceFinding, ...]:
    """Every source, with a family-wise p-value for having more flagged rows than chance gives.

    Parameters
    ----------
    flagged
        (n,) rows in question.
    sources
        (n,) codes into `names`.
    names
        Source names.
    policy
        `alpha` is the family-wise error over sources.

    Returns
    -------
    tuple of SourceFinding
        Guilty first, then by share of flagged rows. The p-value is hypergeometric given the
        total of flagged rows, times the number of sources (Bonferroni).
    """
    n, k = len(flagged), int(flagged.sum())
    size = np.bincount(sources, minlength=len(names))
    hits = np.bincount(sources[flagged], minlength=len(names))
    p: npt.NDArray[np.float64] = np.minimum(1.0, hypergeom.sf(hits - 1, n, k, size) * len(names))
    found = []
    for s, name in enumerate(names):
        if size[s] == 0:
            continue
        low, high = share_interval(int(hits[s]), int(size[s]))
        guilty = bool(p[s] <= policy.alpha and hits[s] >= 2)
        share = float(hits[s] / size[s])
        found.append(
            SourceFinding(name, int(size[s]), int(hits[s]), share, low, high, float(p[s]), guilty)
        )
    return tuple(sorted(found, key=lambda f: (not f.guilty, -f.share, f.name)))


def join_label_evidence(
    found: Sequence[SourceFinding], labels: Sequence[SourceLabels], names: Sequence[str]
) -> tuple[SourceFinding, ...]:
    """The sources, guilty also where their labels are wrong too often to be those of the others.

    Parameters
    ----------
    found
        By flagged rows.
    labels
        By contradicted labels, flagged or not.
    names
        Source names by code.

    Returns
    -------
    tuple of SourceFinding
        Guilty first, then by share of flagged rows; of two p-values twice the smaller (Bonferroni).
    """
    by_name = {names[s.source]: s for s in labels}
    joined = []
    for finding in found:
        own = by_name.get(finding.name)
        if own is not None and own.guilty:
            p = min(1.0, 2.0 * min(finding.p_value, own.p_value))
            joined.append(replace(finding, p_value=p, guilty=True))
        else:
            joined.append(finding)
    return tuple(sorted(joined, key=lambda f: (not f.guilty, -f.share, f.name)))
