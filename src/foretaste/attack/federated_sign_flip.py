"""Updates turned around: training climbs where it should descend."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from foretaste.attack.federated_round import Floats, Round

__all__ = ["FederatedSignFlip"]


@dataclass(frozen=True)
class FederatedSignFlip:
    """Each client sends the opposite of its honest update.

    Parameters
    ----------
    scale
        How much longer it makes it.

    References
    ----------
    Li, Xu, Chen, Giannakis, Ling: RSA, Byzantine-robust stochastic aggregation (AAAI 2019),
    section 5, sign-flipping attacks.
    """

    scale: float = 4.0

    name: ClassVar[str] = "federated-sign-flip"
    paper: ClassVar[str] = "Li et al. 2019, arXiv 1811.03761"

    def forge(self, seen: Round, rng: np.random.Generator) -> Floats:
        """The opposite of what is right."""
        del rng
        return -self.scale * seen.own
