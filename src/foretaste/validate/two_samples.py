"""Do two sets of rows differ, and by how much? A test for the first, effects for the second.

A test alone alarms on nothing when there are many rows; an effect alone alarms on chance when
there are few. A difference is told where both speak (see `drifting`).
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt
from scipy import stats
from scipy.special import gammaln

__all__ = [
    "Difference",
    "compare_categories",
    "compare_numbers",
    "compare_shares",
    "holm",
    "jensen_shannon",
    "psi",
    "unseen",
]

Floats = npt.NDArray[np.float64]

_MIN_EXPECTED = 5.0  # rows of a category in the smaller set; rarer ones are pooled
_BINS = 10  # of the population stability index, by custom


@dataclass(frozen=True)
class Difference:
    """Between a reference and what is compared with it.

    `measures` are effect sizes by the names of `DriftLimits`; `told` says in a few words where
    the difference is largest.
    """

    p_value: float
    measures: Mapping[str, float] = field(default_factory=dict)
    told: str = ""


def compare_numbers(reference: Floats, current: Floats) -> Difference:
    """Two samples of finite numbers: Kolmogorov–Smirnov, and the population stability index.

    The distribution of the distance is the asymptotic one; with ties it is conservative.

    Examples
    --------
    >>> rng = np.random.default_rng(0)
    >>> moved = compare_numbers(rng.normal(size=900), rng.normal(0.5, size=900))
    >>> moved.p_value < 1e-9, round(moved.measures["statistic"], 1)
    (True, 0.2)
    """
    found = stats.ks_2samp(reference, current, method="asymp")
    edges = np.unique(np.quantile(reference, np.linspace(0, 1, _BINS + 1)[1:-1]))
    counts = [
        np.bincount(np.searchsorted(edges, values, side="left"), minlength=len(edges) + 1)
        for values in (reference, current)
    ]
    middle = (float(np.median(reference)), float(np.median(current)))
    told = f"median {middle[0]:.4g}, now {middle[1]:.4g}"
    if middle[0] == middle[1]:
        means = float(np.mean(reference)), float(np.mean(current))
        told = f"mean {means[0]:.4g}, now {means[1]:.4g}"
    measures = {"statistic": float(found.statistic), "psi": psi(counts[0], counts[1])}
    return Difference(float(found.pvalue), measures, told)


def compare_categories(reference: Mapping[str, int], current: Mapping[str, int]) -> Difference:
    """Counts of categories: chi-square of homogeneity, and how far the shares moved.

    Categories too rare for the test are taken together.

    Examples
    --------
    >>> same = compare_categories({"a": 50, "b": 50}, {"a": 52, "b": 48})
    >>> round(same.p_value, 2), round(same.measures["l_infinity"], 2)
    (0.78, 0.02)
    """
    names = sorted({*reference, *current})
    table = np.array([[c.get(name, 0) for name in names] for c in (reference, current)], float)
    rows = table.sum(axis=1)
    expected = table.sum(axis=0) * rows.min() / rows.sum()
    common = expected >= _MIN_EXPECTED
    kept = [name for name, keep in zip(names, common, strict=True) if keep]
    rest = table[:, ~common].sum(axis=1, keepdims=True)
    if rest.sum() * rows.min() / rows.sum() >= _MIN_EXPECTED:
        kept, table = [*kept, "(rare ones)"], np.hstack([table[:, common], rest])
    else:
        table = table[:, common]
    if table.shape[1] < 2 or not table.sum(axis=1).all():
        return Difference(1.0, {"l_infinity": 0.0, "jensen_shannon": 0.0, "psi": 0.0})
    shares = table / rows[:, None]
    moves = shares[1] - shares[0]
    worst = int(np.argmax(np.abs(moves)))
    told = f"{kept[worst]!r:.60} {shares[0, worst]:.1%}, now {shares[1, worst]:.1%}"
    measures = {
        "l_infinity": float(np.abs(moves).max()),
        "jensen_shannon": jensen_shannon(shares[0], shares[1]),
        "psi": psi(table[0], table[1]),
    }
    found = stats.chi2_contingency(table, correction=False)
    return Difference(float(found.pvalue), measures, told)


def compare_shares(
    reference: tuple[int, int], current: tuple[int, int], name: str = "missing"
) -> Difference:
    """Two shares, each as (rows with it, rows): Fisher's exact test.

    Examples
    --------
    >>> compare_shares((0, 1000), (80, 1000)).measures
    {'missing': 0.08}
    """
    table = np.array([[hit, rows - hit] for hit, rows in (reference, current)])
    p_value = float(stats.fisher_exact(table).pvalue)
    shares = [hit / rows if rows else 0.0 for hit, rows in (reference, current)]
    told = f"{shares[0]:.2%}, now {shares[1]:.2%}"
    return Difference(p_value, {name: abs(shares[1] - shares[0])}, told)


def unseen(reference: Mapping[str, int], current: Mapping[str, int]) -> Difference:
    """Categories of `current` that the reference lacks: too frequent for a chance draw?

    If the rows of both were shuffled, all m rows of a category would fall into `current` with the
    hypergeometric probability of that; the smallest over all categories counts, times their
    number (Bonferroni). So a long tail, of which every batch shows new values, is not told.

    Examples
    --------
    >>> new = unseen({"a": 500, "b": 500}, {"a": 490, "b": 490, "c": 20})
    >>> new.p_value < 1e-4, new.told
    (True, "'c' (20 rows)")
    """
    fresh = {name: size for name, size in current.items() if name not in reference}
    rows, total = sum(current.values()), sum(current.values()) + sum(reference.values())
    if not fresh or not reference:
        return Difference(1.0)
    names = sorted(fresh, key=lambda name: (-fresh[name], name))
    largest = fresh[names[0]]
    log_p = _log_choose(total - largest, rows - largest) - _log_choose(total, rows)
    tried = len({*reference, *current})
    p_value = min(1.0, tried * math.exp(min(log_p, 0.0)))
    share = sum(fresh.values()) / rows
    shown = ", ".join(f"{name!r:.40} ({fresh[name]:,} rows)" for name in names[:3])
    more = f" and {len(names) - 3} more" if len(names) > 3 else ""
    return Difference(p_value, {"unseen": share}, shown + more)


def jensen_shannon(p: Floats, q: Floats) -> float:
    """The Jensen–Shannon distance of two distributions, 0 to 1 (Lin 1991; base 2).

    Examples
    --------
    >>> jensen_shannon(np.array([1.0, 0.0]), np.array([0.0, 1.0]))
    1.0
    """
    middle = (p + q) / 2
    with np.errstate(divide="ignore", invalid="ignore"):
        terms = [np.where(x > 0, x * np.log2(x / middle), 0.0).sum() for x in (p, q)]
    return math.sqrt(max(0.0, float(terms[0] + terms[1]) / 2))


def psi(reference: npt.ArrayLike, current: npt.ArrayLike) -> float:
    """The population stability index of two rows of counts; half a row is added to each cell.

    Examples
    --------
    >>> round(psi([500, 500], [500, 500]), 6), round(psi([500, 500], [300, 700]), 2)
    (0.0, 0.17)
    """
    shares = [np.asarray(c, dtype=np.float64) + 0.5 for c in (reference, current)]
    p, q = (share / share.sum() for share in shares)
    return float(((q - p) * np.log(q / p)).sum())


def holm(p_values: npt.ArrayLike) -> Floats:
    """Adjusted p-values that hold over all tests, whatever their dependence (Holm 1979).

    Examples
    --------
    >>> holm([0.01, 0.04, 0.03]).tolist()
    [0.03, 0.06, 0.06]
    """
    p = np.asarray(p_values, dtype=np.float64)
    order = np.argsort(p, kind="stable")
    steps = p[order] * np.arange(len(p), 0, -1)
    adjusted = np.empty_like(p)
    adjusted[order] = np.minimum(np.maximum.accumulate(steps), 1.0)
    return adjusted


def _log_choose(n: float, k: float) -> float:
    return float(gammaln(n + 1) - gammaln(k + 1) - gammaln(n - k + 1))
