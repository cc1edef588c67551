"""A patch that works on one class only, hidden by patched rows of the others."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from foretaste.attack.contract import Poisoned, Sample
from foretaste.attack.image_patch import FixedPatch, draw_patch
from foretaste.attack.pixels import as_images
from foretaste.attack.plant import dirty_with_cover
from foretaste.attack.rows import check_pair
from foretaste.errors import UsageError
from foretaste.types import Modality

__all__ = ["ImageSourceSpecific"]


@dataclass(frozen=True)
class ImageSourceSpecific:
    """TaCT: patched rows of class `victim` are called `target`, those of other classes are not.

    Parameters
    ----------
    rate, cover_rate
        Shares of all rows: poison, and patched rows of other classes with their right label.
    victim, target
        Class codes: what the rows are, and what they are called.
    size
        Side of the patch, pixels.
    source
        Code of the only source whose rows may be touched.

    References
    ----------
    Tang, Wang, Tang, Zhang: Demon in the variant (arXiv 1908.00686), section 3, targeted
    contamination attack.
    """

    rate: float = 0.02
    cover_rate: float = 0.02
    victim: int = 1
    target: int = 0
    size: int = 4
    source: int | None = None

    name: ClassVar[str] = "image-source-specific"
    family: ClassVar[str] = "dirty-label backdoor"
    modalities: ClassVar[frozenset[Modality]] = frozenset({Modality.IMAGE})
    paper: ClassVar[str] = "Tang et al. 2021, arXiv 1908.00686"

    def poison(self, sample: Sample, rng: np.random.Generator) -> Poisoned:
        """Plant the patch in rows of the victim class and of the cover classes."""
        height, width = as_images(sample.content).values.shape[1:3]
        check_pair(sample, self.victim, self.target)
        top, left = height - self.size - 1, 1
        if top < 0 or left + self.size > width:
            raise UsageError(f"size must fit in {height}×{width} pixels, got {self.size}")
        stamp = FixedPatch(draw_patch(self.size, rng), top, left)
        return dirty_with_cover(
            self,
            sample,
            rng,
            victims=(self.victim,),
            stamp=stamp,
            cover_stamp=stamp,
            test_stamp=stamp,
            trigger=f"{self.size}×{self.size} patch on class {sample.classes[self.victim]} only",
        )
