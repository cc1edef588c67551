"""The wanted update, boosted so that an average cannot drown it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from foretaste.attack.federated_round import Floats, Round

__all__ = ["FederatedScaling"]


@dataclass(frozen=True)
class FederatedScaling:
    """Each client sends `factor` times the update the attacker wants.

    Parameters
    ----------
    factor
        The boost.

    References
    ----------
    Bhagoji, Chakraborty, Mittal, Calo: Analyzing federated learning through an adversarial lens
    (arXiv 1811.12470), section 3, explicit boosting.
    """

    factor: float = 10.0

    name: ClassVar[str] = "federated-scaling"
    paper: ClassVar[str] = "Bhagoji et al. 2019, arXiv 1811.12470"

    def forge(self, seen: Round, rng: np.random.Generator) -> Floats:
        """The goal, larger than life."""
        del rng
        return np.tile(self.factor * seen.goal, (len(seen.own), 1))
