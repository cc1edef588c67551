"""What was measured of a partitioned model, or of several before one is chosen."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy.typing as npt

from foretaste.train.certificate import Certificate
from foretaste.types import Modality, Roles

__all__ = ["Curve", "Data", "Design", "Plan", "measure"]


@dataclass(frozen=True)
class Design:
    """A way to partition and vote."""

    unit: str
    vote: str
    partitions: int
    spread: int = 1
    roster: tuple[str, ...] | None = None

    @property
    def says(self) -> str:
        """In a few words, for people."""
        spread = f", each row in {self.spread}" if self.spread > 1 else ""
        return f"{self.vote}, {self.partitions} partitions{spread}"


@dataclass(frozen=True)
class Curve:
    """How a design did on rows held out.

    Attributes
    ----------
    stands
        Share of predictions that no r units can flip, r = 0, 1, 2 ...
    certified
        Share that are right and that no r units can flip; at r = 0 this is the accuracy.
    rows_per_model
        Training rows of a base model, median of those that have any.
    """

    design: Design
    stands: tuple[float, ...]
    certified: tuple[float, ...]
    rows_per_model: float

    @property
    def accuracy(self) -> float:
        """Share of held-out rows read correctly."""
        return self.certified[0]

    @property
    def most(self) -> int:
        """The most units that any prediction stands against."""
        return len(self.stands) - 1

    def at(self, units: int) -> float:
        """Share that is right and stands against `units`."""
        return self.certified[units] if units <= self.most else 0.0

    def standing(self, units: int) -> float:
        """Share that stands against `units`, right or wrong."""
        return self.stands[units] if units <= self.most else 0.0

    @property
    def median(self) -> int:
        """The most units that half of all predictions stand against."""
        return max(r for r, share in enumerate(self.stands) if share >= 0.5)


@dataclass(frozen=True)
class Data:
    """The data set that was trained on."""

    name: str
    digest: str
    modality: Modality
    roles: Roles
    classes: tuple[str, ...]
    rows: int  # in the data set
    trained: int  # of them used for training
    held_out: int
    sources: int  # different ones; 0 without


@dataclass(frozen=True)
class Plan:
    """Accuracy against certificates for several designs, before anything is trained for long."""

    data: Data
    undefended: float  # accuracy of the same model on all rows at once
    largest_class: float  # accuracy of always naming the most frequent class
    curves: tuple[Curve, ...]
    notes: tuple[str, ...]
    seconds: float


def measure(
    design: Design, certificate: Certificate, truth: npt.NDArray[Any], per_model: float
) -> Curve:
    """The curve of a certificate on rows whose labels are known.

    Examples
    --------
    >>> import numpy as np
    >>> certificate = Certificate(np.array([1, 1]), np.array([2, 0]), "row")
    >>> measure(Design("row", "dpa", 5), certificate, np.array([1, 0]), 20.0).certified
    (0.5, 0.5, 0.5)
    """
    units = range(int(certificate.radius.max(initial=0)) + 1)
    return Curve(
        design=design,
        stands=tuple(certificate.share(r) for r in units),
        certified=tuple(certificate.accuracy(truth, r) for r in units),
        rows_per_model=per_model,
    )
