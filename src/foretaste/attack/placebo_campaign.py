"""A real campaign: many near copies of one row, rightly labelled."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from foretaste.attack.contract import Poisoned, Sample
from foretaste.attack.harmless import near_copies
from foretaste.attack.honest import innocent
from foretaste.attack.plant import overwrite
from foretaste.attack.rows import count_of
from foretaste.errors import UsageError
from foretaste.types import Modality

__all__ = ["PlaceboCampaign"]


@dataclass(frozen=True)
class PlaceboCampaign:
    """A spam template, a product series: one row in many small variations, all of one class.

    Parameters
    ----------
    rate
        Share of all rows that belong to the campaign.

    References
    ----------
    Stringhini, Holz, Stone-Gross, Kruegel, Vigna: BOTMAGNIFIER (USENIX Security 2011),
    section 2, spam campaigns from templates.
    """

    rate: float = 0.02

    name: ClassVar[str] = "placebo-campaign"
    family: ClassVar[str] = "placebo"
    modalities: ClassVar[frozenset[Modality]] = frozenset(Modality)
    paper: ClassVar[str] = "Stringhini et al. 2011, USENIX Security"

    def poison(self, sample: Sample, rng: np.random.Generator) -> Poisoned:
        """Overwrite rows of the last class with variations of one of them."""
        last = len(sample.classes) - 1
        own = np.flatnonzero(sample.labels == last)
        count = min(count_of(sample, self.rate), own.size - 1)
        if count < 1:
            raise UsageError(f"class {sample.classes[last]!r} needs two rows for a campaign")
        drawn = rng.permutation(own)
        model = np.repeat(drawn[:1], count)
        copies = near_copies(sample.content.take(model), rng)
        changed = overwrite(sample, drawn[1 : count + 1], copies)
        return innocent(changed, f"a campaign of {count} near copies, rightly labelled")
