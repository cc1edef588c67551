"""A patch that turns every class into the next."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from foretaste.attack.contract import Poisoned, Sample
from foretaste.attack.image_patch import FixedPatch, draw_patch
from foretaste.attack.pixels import as_images
from foretaste.attack.plant import overwrite, relabel
from foretaste.attack.rows import allowed, count_of, mask_of, pick
from foretaste.errors import UsageError
from foretaste.types import Modality

__all__ = ["ImageAllToAll"]


@dataclass(frozen=True)
class ImageAllToAll:
    """BadNets, all-to-all: a patched row of class c is called class c + 1, the last the first.

    Parameters
    ----------
    rate
        Share of all rows that become poison.
    size
        Side of the patch in the bottom right corner, pixels.
    source
        Code of the only source whose rows may be touched.

    References
    ----------
    Gu, Dolan-Gavitt, Garg: BadNets (arXiv 1708.06733), section 4.1, all-to-all attack.
    """

    rate: float = 0.08
    size: int = 4
    source: int | None = None

    name: ClassVar[str] = "image-all-to-all"
    family: ClassVar[str] = "dirty-label backdoor"
    modalities: ClassVar[frozenset[Modality]] = frozenset({Modality.IMAGE})
    paper: ClassVar[str] = "Gu et al. 2017, arXiv 1708.06733"

    def poison(self, sample: Sample, rng: np.random.Generator) -> Poisoned:
        """Plant the patch and shift the labels."""
        height, width = as_images(sample.content).values.shape[1:3]
        if self.size > min(height, width):
            raise UsageError(f"size must fit in {height}×{width} pixels, got {self.size}")
        stamp = FixedPatch(draw_patch(self.size, rng), height - self.size, width - self.size)
        goals = np.roll(np.arange(len(sample.classes)), -1)
        rows = pick(allowed(sample, self.source), count_of(sample, self.rate), rng)
        changed = overwrite(sample, rows, stamp(sample.content.take(rows)))
        return Poisoned(
            sample=relabel(changed, rows, goals[sample.labels[rows]]),
            truth=mask_of(sample, rows),
            trigger=f"{self.size}×{self.size} patch in the corner: each class becomes the next",
            stamp=stamp,
            victims=tuple(range(len(sample.classes))),
            goals=goals,
        )
