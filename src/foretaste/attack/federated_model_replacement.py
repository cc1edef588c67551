"""One round that leaves the server with the attacker's model."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from foretaste.attack.federated_round import Floats, Round

__all__ = ["FederatedModelReplacement"]


@dataclass(frozen=True)
class FederatedModelReplacement:
    """Clients send what makes the mean of all updates exactly the one the attacker wants.

    What the honest clients send is guessed from the attacker's own honest updates.

    References
    ----------
    Bagdasaryan, Veit, Hua, Estrin, Shmatikov: How to backdoor federated learning (arXiv
    1807.00459), section 4.2, model replacement.
    """

    name: ClassVar[str] = "federated-model-replacement"
    paper: ClassVar[str] = "Bagdasaryan et al. 2020, arXiv 1807.00459"

    def forge(self, seen: Round, rng: np.random.Generator) -> Floats:
        """The share of each client in what is missing to the goal."""
        del rng
        f, n = len(seen.own), seen.n_clients
        missing = n * seen.goal - (n - f) * seen.own.mean(axis=0)
        return np.tile(missing / f, (f, 1))
