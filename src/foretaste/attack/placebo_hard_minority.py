"""A small class of hard rows."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from foretaste.attack.contract import Poisoned, Sample
from foretaste.attack.honest import kept_rows
from foretaste.attack.outline import guess
from foretaste.attack.rows import count_of
from foretaste.types import Modality

__all__ = ["PlaceboHardMinority"]


@dataclass(frozen=True)
class PlaceboHardMinority:
    """Of the last class only its hardest rows are kept, so that they look mislabelled.

    Parameters
    ----------
    rate
        Share of all rows that the class keeps.

    References
    ----------
    Feldman: Does learning require memorization? (arXiv 1906.05271), section 1, rare subclasses.
    """

    rate: float = 0.02

    name: ClassVar[str] = "placebo-hard-minority"
    family: ClassVar[str] = "placebo"
    modalities: ClassVar[frozenset[Modality]] = frozenset(Modality)
    paper: ClassVar[str] = "Feldman 2020, arXiv 1906.05271"

    def poison(self, sample: Sample, rng: np.random.Generator) -> Poisoned:
        """Drop the easy rows of the class; `origin` says which remain."""
        last = len(sample.classes) - 1
        own = np.flatnonzero(sample.labels == last)
        count = min(count_of(sample, self.rate), own.size)
        ease = guess(sample, rng)[own, last]
        hard = own[np.argsort(ease, kind="stable")[:count]]
        rows = np.sort(np.concatenate([np.flatnonzero(sample.labels != last), hard]))
        return kept_rows(sample, rows, f"only the {count} hardest rows of {sample.classes[last]}")
