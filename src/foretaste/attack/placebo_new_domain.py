"""A new honest source whose rows look different."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from foretaste.attack.contract import Poisoned, Sample
from foretaste.attack.harmless import other_domain
from foretaste.attack.honest import innocent, with_source
from foretaste.attack.plant import overwrite
from foretaste.attack.rows import count_of
from foretaste.types import Modality

__all__ = ["PlaceboNewDomain"]


@dataclass(frozen=True)
class PlaceboNewDomain:
    """Another camera, another keyboard, another unit: all classes, right labels, one source.

    Parameters
    ----------
    rate
        Share of all rows that come from the new source.

    References
    ----------
    Koh et al.: WILDS (arXiv 2012.07421), section 3, domain shift between honest sources.
    """

    rate: float = 0.15

    name: ClassVar[str] = "placebo-new-domain"
    family: ClassVar[str] = "placebo"
    modalities: ClassVar[frozenset[Modality]] = frozenset(Modality)
    paper: ClassVar[str] = "Koh et al. 2021, arXiv 2012.07421"

    def poison(self, sample: Sample, rng: np.random.Generator) -> Poisoned:
        """Change the style of rows of a new source."""
        rows = np.sort(rng.choice(len(sample), size=count_of(sample, self.rate), replace=False))
        changed = overwrite(sample, rows, other_domain(sample.content.take(rows)))
        return innocent(with_source(changed, rows, "new domain"), "a new honest domain")
