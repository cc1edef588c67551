"""Are there more extreme values than a heavy tail explains?

Honest measurements have heavy tails, and what belongs to one is no outlier. The tail is learnt
where nothing was planted: exceedances over a lower quantile, censored at an upper one, follow a
generalised Pareto law (Balkema, de Haan 1974; Pickands 1975). Whether there is an excess is asked
of laws that never end; how many values belong to it, of the likeliest of all.

Values are on a logarithmic scale: an exponential tail of logarithms is a power law.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.stats import chi2

from foretaste.stats.excess import poisson_surprise

__all__ = ["TailExcess", "fit_tail_excess"]

Floats = npt.NDArray[np.float64]

LOW, HIGH = 0.75, 0.95  # quantiles between which the tail is learnt
SHAPES = np.linspace(-0.5, 0.25, 31)  # 0: a power law of what the logarithm was taken of
SCALES = np.geomspace(0.2, 5.0, 121)  # times the first guess
LEVEL = 0.01  # laws that this test does not reject may be the true one
LEAST = 1e-9
MIN_INSIDE = 20  # exceedances without which there is no law to learn
UNTIED = 0.5  # different values over values, below which the tail goes by steps


@dataclass(frozen=True)
class TailExcess:
    """How many values lie beyond each value, and how many a heavy tail would put there.

    surprise: nats of the most surprising excess over the likeliest law that never ends, paid for
        the thresholds tried.
    sure: the same over the heaviest law that the bulk does not reject.
    start: the threshold of the most surprising excess, infinite where there is none.
    share: (n,) of the values at least as large as each value, how many the likeliest law does
        not explain, 0 to 1; a value is no less of an excess than one below it.
    steps: whether the tail that was learnt from is a few values that many rows share, such as ages
        in years: how far steps go says little of a law, and an excess may be the next step.
    """

    surprise: float
    sure: float
    start: float
    share: Floats
    steps: bool = False


def fit_tail_excess(values: Floats) -> TailExcess:
    """Compare the tail of `values` with what their own bulk lets expect.

    Parameters
    ----------
    values
        (n,) finite, logarithms; larger is more extreme.

    Examples
    --------
    >>> import numpy as np
    >>> heavy = np.log(np.abs(np.random.default_rng(0).standard_t(2, size=2000)) + 1)
    >>> planted = np.r_[heavy, np.full(20, 8.0)]
    >>> fit_tail_excess(heavy).surprise, fit_tail_excess(planted).surprise > 20
    (0.0, True)
    """
    n = len(values)
    nothing = TailExcess(0.0, 0.0, np.inf, np.zeros(n))
    if not n:
        return nothing
    low, high = np.quantile(values, [LOW, HIGH])
    inside = values[(values > low) & (values <= high)] - low
    order = np.argsort(-values, kind="stable")
    beyond = int((values > high).sum())
    if len(inside) < MIN_INSIDE or not beyond:
        return nothing
    at = values[order[:beyond]]
    observed = np.searchsorted(-at, -at, side="right").astype(np.float64)
    law = _expected(inside, beyond, float(high - low), at - low)
    unexplained = poisson_surprise(observed, law.endless)
    best = int(unexplained.argmax())
    paid = float(np.log(beyond))
    share = np.zeros(n)
    explained = np.minimum.accumulate((law.likeliest / observed)[::-1])[::-1]
    share[order[:beyond]] = np.clip(1.0 - explained, 0.0, 1.0)
    return TailExcess(
        surprise=max(float(unexplained[best]) - paid, 0.0),
        sure=max(float(poisson_surprise(observed, law.heaviest).max()) - paid, 0.0),
        start=float(at[best]) if unexplained[best] > 0 else np.inf,
        share=share,
        steps=len(np.unique(inside.round(6))) < UNTIED * len(inside),
    )


@dataclass(frozen=True)
class _Expected:
    """Values due beyond each threshold: by the likeliest law, and by two that never end."""

    likeliest: Floats
    endless: Floats
    heaviest: Floats


def _expected(inside: Floats, beyond: int, width: float, at: Floats) -> _Expected:
    shape, scale = (x.ravel() for x in np.meshgrid(SHAPES, SCALES * inside.mean()))
    likelihood = -beyond * _hazard(width, shape, scale)
    for part in np.array_split(inside, 1 + len(inside) // 500):
        x = part[:, None]
        density = np.log(np.maximum(scale + shape * x, LEAST))
        likelihood -= (_hazard(x, shape, scale) + density).sum(axis=0)
    total = len(inside) + beyond

    def due(law: npt.NDArray[np.int64]) -> Floats:
        passed = np.exp(-_hazard(at[:, None], shape[law], scale[law]))
        return np.asarray(total * passed.max(axis=1))

    endless = np.where(shape >= -LEAST, likelihood, -np.inf)
    allowed = 2.0 * (endless.max() - endless) <= chi2.ppf(1.0 - LEVEL, 2)
    top = np.array([likelihood.argmax()]), np.array([endless.argmax()])
    return _Expected(due(top[0]), due(top[1]), due(np.flatnonzero(allowed)))


def _hazard(x: float | Floats, shape: Floats, scale: Floats) -> Floats:
    """-log of the share of exceedances beyond x."""
    ratio = x / scale
    some = np.where(np.abs(shape) < LEAST, 1.0, shape)  # the limit at 0 is exponential
    bent = np.log(np.maximum(1.0 + some * ratio, LEAST)) / some
    return np.asarray(np.where(np.abs(shape) < LEAST, ratio, bent))
