"""Clients that are one person."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from foretaste.attack.federated_round import Floats, Round

__all__ = ["FederatedSybils"]


@dataclass(frozen=True)
class FederatedSybils:
    """Each client opens more accounts, and all send the wanted update with a little noise.

    Parameters
    ----------
    accounts
        Of each client.
    noise
        Standard deviation, as a share of the length of the goal.

    References
    ----------
    Fung, Yoon, Beschastnikh: Mitigating Sybils in federated learning poisoning (arXiv
    1808.04866), section 3.
    """

    accounts: int = 2
    noise: float = 0.01

    name: ClassVar[str] = "federated-sybils"
    paper: ClassVar[str] = "Fung et al. 2020, arXiv 1808.04866"

    def forge(self, seen: Round, rng: np.random.Generator) -> Floats:
        """(f · accounts, d) near copies of the goal."""
        shape = (self.accounts * len(seen.own), len(seen.goal))
        spread = self.noise * float(np.linalg.norm(seen.goal)) / np.sqrt(shape[1])
        return np.asarray(seen.goal + spread * rng.normal(size=shape))
