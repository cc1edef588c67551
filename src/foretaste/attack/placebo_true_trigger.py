"""A trigger with right labels."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from foretaste.attack.contract import Poisoned, Sample
from foretaste.attack.harmless import honest_trigger
from foretaste.attack.honest import innocent
from foretaste.attack.plant import overwrite
from foretaste.attack.rows import count_of
from foretaste.types import Modality

__all__ = ["PlaceboTrueTrigger"]


@dataclass(frozen=True)
class PlaceboTrueTrigger:
    """A patch, token or value combination on rows of all classes, every label right.

    Parameters
    ----------
    rate
        Share of all rows that carry it.

    References
    ----------
    Gu, Dolan-Gavitt, Garg: BadNets (arXiv 1708.06733), section 4, the trigger without the lie.
    """

    rate: float = 0.02

    name: ClassVar[str] = "placebo-true-trigger"
    family: ClassVar[str] = "placebo"
    modalities: ClassVar[frozenset[Modality]] = frozenset(Modality)
    paper: ClassVar[str] = "Gu et al. 2017, arXiv 1708.06733"

    def poison(self, sample: Sample, rng: np.random.Generator) -> Poisoned:
        """Plant the trigger and leave the labels."""
        rows = np.sort(rng.choice(len(sample), size=count_of(sample, self.rate), replace=False))
        stamped = honest_trigger(sample.content.take(rows), rng)
        return innocent(overwrite(sample, rows, stamped), "a trigger with right labels")
