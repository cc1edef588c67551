"""The breaker: when golden rows get worse and no group explains it, stop and go back."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import numpy.typing as npt

from foretaste.stream.harm import Golden, losses
from foretaste.stream.sentinel import Fitted, Sentinel, sums
from foretaste.stream.window import Window

__all__ = ["Breaker"]

_NATS = 12.0  # of a paired comparison with the best checkpoint
_WORSE = 0.02  # probability that golden rows lose on their right label

Ints = npt.NDArray[np.int64]


class Breaker:
    """Compares the model that would be with the best one so far, golden row by golden row.

    The best one, not the last one: harm in small steps would never show against the last.
    """

    def __init__(self) -> None:
        self.open = False
        self.attested_round = 0
        self.attested: Fitted | None = None

    def look(
        self, sentinel: Sentinel, golden: Golden, window: Window, free: Ints, number: int
    ) -> float:
        """Mean golden loss with the rows that are free to teach; opens where it is too large."""
        plus = sums(window.seen.x[free], window.codes[free], sentinel.labels)
        model = sentinel.fitted(plus=plus)
        now = losses(model, golden)
        # with the sharpness of today: how sure the model is of itself is no harm
        best = None if self.attested is None else replace(self.attested, sharpness=model.sharpness)
        worse = np.zeros(1) if best is None else now - losses(best, golden)
        if best is None or worse.mean() <= 0:
            self.attested, self.attested_round = model, number
            return float(now.mean())
        error = float(worse.std()) / np.sqrt(len(worse))
        nats = (float(worse.mean()) / max(error, 1e-9)) ** 2 / 2
        self.open = self.open or bool(nats >= _NATS and float(worse.mean()) >= _WORSE)
        return float(now.mean())
