"""Is there label noise that confidence does not explain?

On honest data the share of contradicted labels dies away as evidence gets clearer; confusable
classes, human-like noise and weak features all make errors where evidence is weak. Flipped
labels are spread without regard to it: the share of contradictions stays at a floor ε even
among the clearest rows. The model is ::

    P(label contradicted | u) = ε + (1 - ε) · σ(a + b·u),     b ≥ 0

with u the rank of the row's evidence, 0 the clearest row, 1 the weakest. Ranks, not margins:
a calibrated margin saturates under flips and would hide the floor.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt
from scipy.optimize import minimize
from scipy.special import expit
from scipy.stats import chi2

__all__ = ["CLEAREST", "NoiseFloor", "fit_noise_floor"]

Floats = npt.NDArray[np.float64]

GRID = np.r_[0.0, np.geomspace(0.001, 0.5, 60)]
BINS = 200
CLEAREST = 0.01  # natural contradictions of the very clearest row, at most: else any floor could be
# natural, as a natural part may be flat, too, and its lower bound would be 0
BOUNDS = (
    (-40.0, math.log(CLEAREST / (1.0 - CLEAREST))),  # of the intercept
    (-10.0, 6.0),  # of the log slope: nothing changes beyond
)


@dataclass(frozen=True)
class NoiseFloor:
    """The fitted floor.

    epsilon: the most likely floor, a share of rows.
    low: lower confidence bound of the floor (profile likelihood).
    intercept, slope: of the natural part, on the rank scale.
    flatness: z-score of the trend that is left among rows where the floor dominates. Clearly
        positive means that contradictions still thin out towards the clearest rows: a noisy
        task, not a floor.
    """

    epsilon: float
    low: float
    intercept: float
    slope: float
    flatness: float

    def flip_probability(self, u: Floats) -> Floats:
        """Probability that a *contradicted* label at rank u was flipped, not natural."""
        natural = expit(self.intercept + self.slope * u)
        return np.asarray(self.epsilon / np.maximum(self.epsilon + natural, 1e-12))


def fit_noise_floor(
    u: Floats,
    contradicted: npt.NDArray[np.bool_],
    level: float,
    natural: NoiseFloor | None = None,
) -> NoiseFloor:
    """Maximum likelihood and a lower bound for the floor.

    Parameters
    ----------
    u
        (n,) rank of the evidence, 0 the clearest, 1 the weakest.
    contradicted
        (n,) whether the given label is not the one the evidence names.
    level
        One-sided error of the lower bound.
    natural
        Whose natural part holds for these rows, too: a few rows that are all clear cannot tell
        their floor from a natural part that is flat. Fitted to the rows themselves where None.

    Examples
    --------
    >>> import numpy as np
    >>> rng = np.random.default_rng(0)
    >>> u = np.linspace(0, 1, 2000)
    >>> honest = rng.random(2000) < 1 / (1 + np.exp(6 - 6 * u))
    >>> flipped = honest ^ (rng.random(2000) < 0.1)
    >>> fit_noise_floor(u, honest, 0.01).low < 0.01 < 0.05 < fit_noise_floor(u, flipped, 0.01).low
    True
    """
    binned = _bin(u, contradicted)
    start = np.array([-6.0, np.log(6.0)])
    if natural is not None:
        start = np.array([natural.intercept, np.log(natural.slope)])
    losses, fits = [], []
    for eps in GRID:
        if natural is None:
            best = minimize(
                binned.loss, start, args=(eps,), jac=True, method="L-BFGS-B", bounds=BOUNDS
            )
            start = best.x
        losses.append(binned.loss(start, eps)[0])
        fits.append(start)
    curve = np.array(losses)
    top = int(curve.argmin())
    inside = np.flatnonzero(2.0 * (curve - curve[top]) <= chi2.ppf(1.0 - 2.0 * level, 1))
    intercept, slope = fits[top]
    low = float(GRID[inside[0]])
    floor = NoiseFloor(float(GRID[top]), low, float(intercept), float(np.exp(slope)), 0.0)
    return replace(floor, flatness=_trend(floor, binned))


@dataclass(frozen=True)
class _Binned:
    """Rows and contradicted rows by rank."""

    centre: Floats
    count: Floats
    hits: Floats

    def loss(self, theta: Floats, eps: float) -> tuple[float, Floats]:
        """Negative log likelihood of intercept and log slope, and its gradient."""
        slope = np.exp(theta[1])
        natural = expit(theta[0] + slope * self.centre)
        p = np.clip(eps + (1.0 - eps) * natural, 1e-9, 1.0 - 1e-9)
        misses = self.count - self.hits
        pull = (1.0 - eps) * natural * (1.0 - natural) * (misses / (1.0 - p) - self.hits / p)
        value = -float((self.hits * np.log(p) + misses * np.log1p(-p)).sum())
        return value, np.array([pull.sum(), (pull * self.centre).sum() * slope])


def _bin(u: Floats, contradicted: npt.NDArray[np.bool_]) -> _Binned:
    bins = np.minimum((u * BINS).astype(int), BINS - 1)
    weights = contradicted.astype(np.float64)
    return _Binned(
        (np.arange(BINS, dtype=np.float64) + 0.5) / BINS,
        np.bincount(bins, minlength=BINS).astype(np.float64),
        np.asarray(np.bincount(bins, weights=weights, minlength=BINS), dtype=np.float64),
    )


def _trend(floor: NoiseFloor, binned: _Binned) -> float:
    """Score test for a slope of the floor itself, where the floor is most of the errors."""
    centre, count, hits = binned.centre, binned.count, binned.hits
    natural = expit(floor.intercept + floor.slope * centre)
    clear = natural <= floor.epsilon / 2.0
    if clear.sum() < 4:
        return 0.0
    x, m, h, natural = centre[clear], count[clear], hits[clear], natural[clear]
    level = max((h.sum() - (m * natural).sum()) / max(m.sum(), 1.0), 1e-9)
    p = np.clip(level + natural, 1e-9, 0.5)
    x = x - np.average(x, weights=m * p + 1e-12)
    spread = float(np.sqrt((m * p * (1.0 - p) * x**2).sum()))
    return float(((h - m * p) * x).sum()) / max(spread, 1e-9)
