"""Rows of one class called another."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from foretaste.attack.contract import Poisoned, Sample
from foretaste.attack.plant import relabel
from foretaste.attack.rows import allowed, check_pair, count_of, mask_of, pick
from foretaste.types import Modality

__all__ = ["LabelFlipPair"]


@dataclass(frozen=True)
class LabelFlipPair:
    """Targeted flips: rows of class `victim` are called `target`.

    Parameters
    ----------
    rate
        Share of all rows that become poison.
    victim, target
        Class codes: what the rows are, and what they are called.
    source
        Code of the only source whose rows may be touched.

    References
    ----------
    Tolpegin, Truex, Gursoy, Liu: Data poisoning attacks against federated learning systems
    (arXiv 2007.08432), section 3, source-to-target label flips.
    """

    rate: float = 0.05
    victim: int = 1
    target: int = 0
    source: int | None = None

    name: ClassVar[str] = "label-flip-pair"
    family: ClassVar[str] = "flip"
    modalities: ClassVar[frozenset[Modality]] = frozenset(Modality)
    paper: ClassVar[str] = "Tolpegin et al. 2020, arXiv 2007.08432"

    def poison(self, sample: Sample, rng: np.random.Generator) -> Poisoned:
        """Flip; there is no trigger, rows of `victim` are misread as they are."""
        check_pair(sample, self.victim, self.target)
        mask = allowed(sample, self.source) & (sample.labels == self.victim)
        rows = pick(mask, count_of(sample, self.rate), rng)
        names = sample.classes
        return Poisoned(
            sample=relabel(sample, rows, self.target),
            truth=mask_of(sample, rows),
            trigger=f"none: {names[self.victim]} called {names[self.target]}",
            target=self.target,
            victims=(self.victim,),
        )
