"""Has a rate changed, at a time nobody knows? An alarm with a stated average run length.

An e-process bets from the first trial on; what it lost in long quiet times it must win back before
it can speak. A change detector starts a new bettor at every trial and adds up what all of them hold
(the Shiryaev–Roberts e-detector of Shin, Ramdas and Rinaldo 2024). While the stated rate holds, the
sum grows by 1 a trial on average: so the first time it passes A comes after A trials or more on
average, whatever the dependence on the past.

Unlike an e-value, the sum gives no bound on the chance of *ever* being wrong: a detector that runs
for ever cries wolf some day. The average time to it is what is stated.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt
from scipy.special import logsumexp

from foretaste.errors import UsageError
from foretaste.stats.e_process import Side, bets_against

__all__ = ["RateChange", "one_trial_later"]

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class RateChange:
    """Watches one rate for a change to the worse; frozen, `after` gives the next state.

    Parameters
    ----------
    rate
        The rate of honest operation, strictly between 0 and 1.
    run_length
        Trials until a false alarm, on average at least.
    side
        Which rates are a change.

    Examples
    --------
    >>> quiet = RateChange(0.01, run_length=100_000).after([False] * 3000)
    >>> noisy = quiet.after([True, False] * 12)
    >>> quiet.alarmed, noisy.alarmed, noisy.trials
    (False, True, 3024)
    """

    rate: float
    run_length: float = 100_000.0
    side: Side = Side.ABOVE
    trials: int = 0
    state: tuple[float, ...] = ()  # logarithms, one a bet; () before the first trial
    first_alarm: int = 0  # the trial at which the sum first passed; 0 for never

    def __post_init__(self) -> None:
        bets_against(self.rate, self.side)  # refuses rates that are none
        if not (math.isfinite(self.run_length) and self.run_length > 1):
            raise UsageError(f"run_length: expected trials above 1, got {self.run_length}")

    @property
    def alarmed(self) -> bool:
        """Whether the alarm has gone off since the start."""
        return self.first_alarm > 0

    @property
    def log_sum(self) -> float:
        """Logarithm of what all bettors hold together; the alarm goes off at log(run_length)."""
        return _sum(np.array(self.state)) if self.state else -math.inf

    def after(self, hits: Sequence[bool]) -> RateChange:
        """The state once these trials, in their order, have been seen."""
        win, lose = bets_against(self.rate, self.side)
        held = np.array(self.state) if self.state else np.full(win.size, -math.inf)
        first, bar = self.first_alarm, math.log(self.run_length)
        for at, hit in enumerate(hits, start=1):
            held = one_trial_later(held, win if hit else lose)
            if not first and _sum(held) >= bar:
                first = self.trials + at
        return replace(
            self,
            trials=self.trials + len(hits),
            state=tuple(held.tolist()) if len(hits) else self.state,
            first_alarm=first,
        )

    def restarted(self) -> RateChange:
        """The same watch from the beginning: after an alarm was dealt with."""
        return RateChange(self.rate, self.run_length, self.side)


def one_trial_later(held: Floats, factors: Floats) -> Floats:
    """Everybody's wealth after one more trial, a new bettor with a stake of 1 included.

    Parameters
    ----------
    held
        (..., k) logarithms of the sums before.
    factors
        (..., k) logarithms of what the trial does to each bet.
    """
    return np.asarray(np.logaddexp(held, 0.0) + factors)


def _sum(held: Floats) -> float:
    return float(logsumexp(held)) - math.log(held.size)
