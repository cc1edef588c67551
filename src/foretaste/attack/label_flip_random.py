"""Labels replaced at random."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from foretaste.attack.contract import Poisoned, Sample
from foretaste.attack.plant import relabel
from foretaste.attack.rows import allowed, count_of, mask_of, pick
from foretaste.types import Modality

__all__ = ["LabelFlipRandom"]


@dataclass(frozen=True)
class LabelFlipRandom:
    """Random rows get another label, every other class as likely.

    Parameters
    ----------
    rate
        Share of all rows that become poison.
    source
        Code of the only source whose rows may be touched.

    References
    ----------
    Biggio, Nelson, Laskov: Support vector machines under adversarial label noise
    (ACML 2011), section 4, random flips.
    """

    rate: float = 0.1
    source: int | None = None

    name: ClassVar[str] = "label-flip-random"
    family: ClassVar[str] = "flip"
    modalities: ClassVar[frozenset[Modality]] = frozenset(Modality)
    paper: ClassVar[str] = "Biggio et al. 2011, ACML, adversarial label noise"

    def poison(self, sample: Sample, rng: np.random.Generator) -> Poisoned:
        """Flip; there is no trigger, the harm is a loss of accuracy."""
        k = len(sample.classes)
        rows = pick(allowed(sample, self.source), count_of(sample, self.rate), rng)
        flipped = (sample.labels[rows] + rng.integers(1, k, size=rows.size)) % k
        return Poisoned(
            sample=relabel(sample, rows, flipped),
            truth=mask_of(sample, rows),
            trigger="none: labels replaced at random",
            victims=tuple(range(k)),
        )
