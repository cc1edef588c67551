"""An honest vendor who marks every row."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from foretaste.attack.contract import Poisoned, Sample
from foretaste.attack.harmless import watermark
from foretaste.attack.honest import innocent, with_source
from foretaste.attack.plant import overwrite
from foretaste.attack.rows import count_of
from foretaste.types import Modality

__all__ = ["PlaceboWatermark"]


@dataclass(frozen=True)
class PlaceboWatermark:
    """A source of all classes with right labels, whose rows all carry its mark.

    Parameters
    ----------
    rate
        Share of all rows that come from the vendor.

    References
    ----------
    Lapuschkin, Wäldchen, Binder, Montavon, Samek, Müller: Unmasking Clever Hans predictors
    (arXiv 1902.10178), source tags in PASCAL VOC, here without their tie to a class.
    """

    rate: float = 0.15

    name: ClassVar[str] = "placebo-watermark"
    family: ClassVar[str] = "placebo"
    modalities: ClassVar[frozenset[Modality]] = frozenset(Modality)
    paper: ClassVar[str] = "Lapuschkin et al. 2019, arXiv 1902.10178"

    def poison(self, sample: Sample, rng: np.random.Generator) -> Poisoned:
        """Mark rows of a new source."""
        rows = np.sort(rng.choice(len(sample), size=count_of(sample, self.rate), replace=False))
        changed = overwrite(sample, rows, watermark(sample.content.take(rows)))
        return innocent(with_source(changed, rows, "studio"), "a vendor's watermark, labels right")
