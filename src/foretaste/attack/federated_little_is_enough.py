"""A small step aside, within what honest clients differ by."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from scipy import stats

from foretaste.attack.federated_round import Floats, Round

__all__ = ["FederatedLittleIsEnough"]


@dataclass(frozen=True)
class FederatedLittleIsEnough:
    """All clients send the mean of honest updates less z standard deviations of each coordinate.

    z is the largest for which enough honest clients are expected to lie farther out, so that the
    lie is nearer to the middle than they are.

    References
    ----------
    Baruch, Baruch, Goldberg: A little is enough (arXiv 1902.06156), algorithm 3.
    """

    name: ClassVar[str] = "federated-little-is-enough"
    paper: ClassVar[str] = "Baruch et al. 2019, arXiv 1902.06156"

    def forge(self, seen: Round, rng: np.random.Generator) -> Floats:
        """The mean, shifted as far as goes unnoticed."""
        del rng
        f, n = len(seen.own), seen.n_clients
        supporters = n // 2 + 1 - f
        share = np.clip((n - f - supporters) / max(1, n - f), 0.5, 0.999)
        z = float(stats.norm.ppf(share))
        return np.tile(seen.own.mean(axis=0) - z * seen.own.std(axis=0), (f, 1))
