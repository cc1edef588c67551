"""What a certificate says, row by row and in one sentence."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

__all__ = ["COSTS", "Certificate", "promise"]

Ints = npt.NDArray[np.int64]

# what a change of the training data costs, in units of the radius
COSTS = {
    "row": {"insert": 1, "delete": 1, "change the label": 1, "change the content": 2},
    "source": {"insert, delete or change any rows of a source": 1, "move a row to another": 2},
}


@dataclass(frozen=True)
class Certificate:
    """For each of n inputs, how much of the training data could change without changing the answer.

    Attributes
    ----------
    predictions
        (n,) labels.
    radius
        (n,) units: with at most this many rows, or sources, inserted, removed or altered in the
        training data, training again would give the same prediction. 0 promises nothing.
    unit
        "row" or "source".

    Examples
    --------
    >>> import numpy as np
    >>> certificate = Certificate(np.array([0, 1, 1]), np.array([3, 0, 1]), "source")
    >>> certificate.share(1), certificate.sentence(3, noun="vendor")
    (0.6666666666666666, 'no 3 vendors together can flip 33 % of predictions')
    """

    predictions: npt.NDArray[Any]
    radius: Ints
    unit: str

    def share(self, units: int) -> float:
        """The share of inputs whose prediction stands against `units`."""
        return float((self.radius >= units).mean()) if len(self.radius) else 0.0

    def accuracy(self, truth: npt.ArrayLike, units: int) -> float:
        """The share of inputs that are right and stay right against `units`."""
        right = np.asarray(self.predictions == np.asarray(truth))
        return float((right & (self.radius >= units)).mean()) if len(right) else 0.0

    def largest(self, share: float) -> int:
        """The most units that this share of all predictions withstands."""
        return max(u for u in range(int(self.radius.max(initial=0)) + 1) if self.share(u) >= share)

    def sentence(self, units: int, noun: str | None = None) -> str:
        """The promise, in words; the share is rounded down."""
        return promise(units, self.share(units), noun or self.unit)


def promise(units: int, share: float, noun: str) -> str:
    """The promise that no so many units can flip a share of predictions, rounded down.

    Examples
    --------
    >>> promise(1, 0.29, "row")
    'no single row can flip 29 % of predictions'
    """
    # a share of exactly 0.29 must not become 28 by the last digit of a float
    percent = int(100 * share + 1e-9)
    who = f"single {noun}" if units == 1 else f"{units} {noun}s together"
    return f"no {who} can flip {percent} % of predictions"
