"""Labels flipped where classes meet."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from foretaste.attack.contract import Poisoned, Sample
from foretaste.attack.outline import guess
from foretaste.attack.plant import relabel
from foretaste.attack.rows import allowed, count_of, mask_of
from foretaste.errors import UsageError
from foretaste.types import Modality

__all__ = ["LabelFlipBoundary"]


@dataclass(frozen=True)
class LabelFlipBoundary:
    """Rows that are hardest to tell get the label of the class they could also be.

    Parameters
    ----------
    rate
        Share of all rows that become poison.
    source
        Code of the only source whose rows may be touched.

    References
    ----------
    Xiao, Xiao, Eckert: Adversarial label flips attack on support vector machines (ECAI 2012);
    Paudice, Muñoz-González, Lupu: Label sanitization (arXiv 1803.00992), section 3.
    """

    rate: float = 0.1
    source: int | None = None

    name: ClassVar[str] = "label-flip-boundary"
    family: ClassVar[str] = "flip"
    modalities: ClassVar[frozenset[Modality]] = frozenset(Modality)
    paper: ClassVar[str] = "Xiao et al. 2012, ECAI, adversarial label flips"

    def poison(self, sample: Sample, rng: np.random.Generator) -> Poisoned:
        """Flip the rows of smallest absolute margin to their runner-up class."""
        count = count_of(sample, self.rate)
        chances = guess(sample, rng)
        at = np.arange(len(sample))
        own = chances[at, sample.labels].copy()
        chances[at, sample.labels] = -1.0
        margin = np.abs(own - chances.max(axis=1))
        margin[~allowed(sample, self.source)] = np.inf
        rows = np.sort(np.argsort(margin, kind="stable")[:count])
        if not np.isfinite(margin[rows]).all():
            raise UsageError(f"source {self.source} has fewer than {count} rows: lower rate")
        return Poisoned(
            sample=relabel(sample, rows, chances[rows].argmax(axis=1)),
            truth=mask_of(sample, rows),
            trigger="none: rows between two classes called the other",
            victims=tuple(range(len(sample.classes))),
        )
