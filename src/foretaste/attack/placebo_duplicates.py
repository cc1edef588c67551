"""Rows that occur twice, exactly or nearly."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from foretaste.attack.contract import Poisoned, Sample
from foretaste.attack.harmless import near_copies
from foretaste.attack.honest import innocent
from foretaste.attack.plant import overwrite, relabel
from foretaste.attack.rows import count_of
from foretaste.types import Modality

__all__ = ["PlaceboDuplicates"]


@dataclass(frozen=True)
class PlaceboDuplicates:
    """A share of the rows is replaced by copies of others, half of them exact, half near.

    Parameters
    ----------
    rate
        Share of all rows that become copies.

    References
    ----------
    Barz, Denzler: Do we train on test data? (arXiv 1902.00423), section 3, near duplicates.
    """

    rate: float = 0.1

    name: ClassVar[str] = "placebo-duplicates"
    family: ClassVar[str] = "placebo"
    modalities: ClassVar[frozenset[Modality]] = frozenset(Modality)
    paper: ClassVar[str] = "Barz and Denzler 2020, arXiv 1902.00423"

    def poison(self, sample: Sample, rng: np.random.Generator) -> Poisoned:
        """Copy rows with their labels."""
        count = min(count_of(sample, self.rate), len(sample) // 2)
        drawn = rng.permutation(len(sample))
        copies, models = drawn[:count], drawn[count : 2 * count]
        half = count // 2
        near = near_copies(sample.content.take(models[half:]), rng)
        changed = overwrite(sample, copies[:half], sample.content.take(models[:half]))
        changed = overwrite(changed, copies[half:], near)
        labelled = relabel(changed, copies, sample.labels[models])
        return innocent(labelled, f"{self.rate:.0%} exact and near duplicates")
