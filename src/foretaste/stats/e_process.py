"""Is a rate above what was stated? Evidence that may be looked at as often as one likes.

A classical test that is looked at again and again is wrong in the end. An e-value is the wealth of
a bettor who starts with 1 against a game that is fair or worse as long as the stated rate holds: he
reaches 1/alpha with probability at most alpha, *ever* (Ville 1939), whenever anybody looks, and
whatever was the reason to stop or to go on.

The bettor does not know the true rate. He splits his stake once over alternatives on a grid of odds
ratios, from hardly worse to hopeless (the method of mixtures, Robbins 1970; betting on means,
Waudby-Smith and Ramdas 2024). His wealth depends on two whole numbers, the hits and the trials:
that is all there is to keep.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import StrEnum

import numpy as np
import numpy.typing as npt
from scipy.special import expit, logit, logsumexp

from foretaste.errors import UsageError

__all__ = [
    "RateProcess",
    "Side",
    "bets_against",
    "e_benjamini_hochberg",
    "log_wealth",
    "which_worse",
]

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

_LOG_ODDS = np.geomspace(0.1, 6.0, 20)  # of the alternatives, from the stated rate


class Side(StrEnum):
    """Which rates speak against the one that was stated."""

    ABOVE = "above"
    BELOW = "below"
    BOTH = "both"


@dataclass(frozen=True)
class RateProcess:
    """Evidence that a rate is not what was stated, over trials that come one after another.

    Parameters
    ----------
    rate
        The stated rate, strictly between 0 and 1. Of `Side.ABOVE` the claim under test is "the
        chance of a hit is at most `rate`, whatever happened before".
    side
        Which rates speak against it.
    hits, trials
        What was seen so far.

    Examples
    --------
    Honest answers change in at most 1 % of cases; then 15 of 60 do:

    >>> seen = RateProcess(0.01).after(hits=3, trials=400)
    >>> round(seen.e_value, 2), round(seen.after(hits=15, trials=60).e_value)
    (0.3, 9130)
    """

    rate: float
    side: Side = Side.ABOVE
    hits: int = 0
    trials: int = 0

    def __post_init__(self) -> None:
        _check_rate(self.rate)
        if not 0 <= self.hits <= self.trials:
            raise UsageError(
                f"RateProcess: hits must be 0 to trials, got {self.hits} of {self.trials}; "
                "count each trial once"
            )

    def after(self, hits: int, trials: int) -> RateProcess:
        """The evidence once `hits` in `trials` more have been seen."""
        return replace(self, hits=self.hits + hits, trials=self.trials + trials)

    @property
    def log_e_value(self) -> float:
        """Natural logarithm of the e-value."""
        counts = np.array([self.hits]), np.array([self.trials])
        return float(log_wealth(*counts, self.rate, self.side)[0])

    @property
    def e_value(self) -> float:
        """Above 1/alpha at any time with probability at most alpha, if the stated rate holds."""
        return math.exp(min(self.log_e_value, 700.0))  # a double ends at e^709


def log_wealth(hits: Ints, trials: Ints, rate: float, side: Side = Side.ABOVE) -> Floats:
    """The logarithm of the e-value against `rate` after `hits` of `trials`.

    Parameters
    ----------
    hits, trials
        (n,) or of any one shape.
    rate
        The stated rate, strictly between 0 and 1.

    Returns
    -------
    array of float
        Of the same shape, in nats.

    Examples
    --------
    >>> import numpy as np
    >>> log_wealth(np.array([0, 1, 30]), np.array([0, 100, 100]), 0.01).round(1).tolist()
    [0.0, -0.6, 74.6]
    """
    win, lose = bets_against(rate, side)
    hits, misses = np.asarray(hits)[..., None], np.asarray(trials - hits)[..., None]
    held = logsumexp(hits * win + misses * lose, axis=-1) - math.log(win.size)
    return np.asarray(held)


def bets_against(rate: float, side: Side = Side.ABOVE) -> tuple[Floats, Floats]:
    """What a hit and a miss do to each part of the stake.

    Returns
    -------
    (k,), (k,)
        Logarithms of the factors on a hit and on a miss. At the stated rate each bet is fair.

    Examples
    --------
    >>> win, lose = bets_against(0.2)
    >>> np.allclose(0.2 * np.exp(win) + 0.8 * np.exp(lose), 1.0)
    True
    """
    _check_rate(rate)
    shifts = {
        Side.ABOVE: _LOG_ODDS,
        Side.BELOW: -_LOG_ODDS,
        Side.BOTH: np.concatenate([_LOG_ODDS, -_LOG_ODDS]),
    }[side]
    other = logit(rate) + shifts
    win = np.log(expit(other)) - math.log(rate)
    lose = np.log(expit(-other)) - math.log1p(-rate)
    return np.asarray(win), np.asarray(lose)


def which_worse(only_challenger: int, only_champion: int) -> RateProcess:
    """Evidence that one of two models errs more, over rows that both have answered.

    Rows on which both are right or both wrong say nothing; of the others, half should be errors of
    either. Valid at any time, as McNemar's exact test is at one.

    Parameters
    ----------
    only_challenger
        Rows that the challenger alone gets wrong.
    only_champion
        Rows that the champion alone gets wrong.

    Examples
    --------
    >>> round(which_worse(20, 2).e_value), round(which_worse(11, 11).e_value, 2)
    (1022, 0.38)
    """
    return RateProcess(0.5, Side.ABOVE, only_challenger, only_challenger + only_champion)


def e_benjamini_hochberg(e_values: Sequence[float], level: float) -> tuple[bool, ...]:
    """Which of several claims fall, so that at most `level` of those that fall do so wrongly.

    The e-BH procedure (Wang and Ramdas 2022). It holds however the e-values depend on each other:
    the same rows may stand in many slices.

    Parameters
    ----------
    e_values
        One a claim, 0 or more.
    level
        Bound on the expected share of wrong ones among those that fall, in (0, 1).

    Examples
    --------
    >>> e_benjamini_hochberg([900.0, 1.2, 70.0, 0.3], 0.05)
    (True, False, True, False)
    >>> e_benjamini_hochberg([19.0, 1.0], 0.05)
    (False, False)
    """
    if not 0 < level < 1:
        raise UsageError(f"level: expected a share between 0 and 1, got {level}")
    held = np.asarray(e_values, dtype=np.float64)
    if held.size and not (held >= 0).all():
        raise UsageError("e_values: must be 0 or more; take them from an e-process")
    order = np.sort(held)[::-1]
    needed = held.size / (level * np.arange(1, held.size + 1))
    passing = np.flatnonzero(order >= needed)
    if not passing.size:
        return (False,) * held.size
    bar = order[passing[-1]]
    return tuple(bool(value >= bar) for value in held)


def _check_rate(rate: float) -> None:
    if not (math.isfinite(rate) and 0 < rate < 1):
        raise UsageError(
            f"rate: expected a share strictly between 0 and 1, got {rate}; "
            "state what honest operation shows, with room to spare"
        )
