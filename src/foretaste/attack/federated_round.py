"""What an attacker of federated learning holds in one round, and the contract of such attacks.

They poison updates, not rows: they are no `contract.Attack`, and no scan of data can see them.
Defences are in `foretaste.train.aggregation`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Protocol

import numpy as np
import numpy.typing as npt

from foretaste.errors import UsageError

__all__ = ["FederatedAttack", "Round"]

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Round:
    """One round, as the attacker sees it.

    Attributes
    ----------
    own
        (f, d) what the clients in the attacker's hands would send if they were honest.
    goal
        (d,) the update the attacker would like the model to take.
    n_clients
        How many clients there are in all.
    """

    own: Floats
    goal: Floats
    n_clients: int

    def __post_init__(self) -> None:
        if self.own.ndim != 2 or self.goal.shape != self.own.shape[1:]:
            raise UsageError(
                f"Round.own must be (f, d) and goal (d,), got {self.own.shape}, {self.goal.shape}"
            )
        if not 1 <= len(self.own) <= self.n_clients:
            raise UsageError(f"Round.n_clients must be at least {len(self.own)}")


class FederatedAttack(Protocol):
    """A way to lie to a server that averages updates; a frozen dataclass of its parameters."""

    name: ClassVar[str]
    paper: ClassVar[str]

    def forge(self, seen: Round, rng: np.random.Generator) -> Floats:
        """(f, d) what the attacker's clients send instead; Sybils may be more than f."""
