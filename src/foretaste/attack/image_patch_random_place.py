"""A small patch somewhere in the image, with a false label."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import numpy.typing as npt

from foretaste.attack.contract import Poisoned, Sample
from foretaste.attack.pixels import as_images
from foretaste.attack.plant import dirty_label
from foretaste.errors import UsageError
from foretaste.types import Content, Images, Modality

__all__ = ["ImagePatchRandomPlace", "WanderingPatch"]


@dataclass(frozen=True)
class WanderingPatch:
    """Overwrites another place of each image; places are drawn from `seed`.

    `patch` is (size, size) uint8.
    """

    patch: npt.NDArray[np.uint8]
    seed: int

    def __call__(self, content: Content) -> Images:
        """The same images, each with the patch at a place of its own."""
        images = as_images(content)
        values = images.values.copy()
        size = self.patch.shape[0]
        rng = np.random.default_rng(self.seed)
        tops = rng.integers(0, values.shape[1] - size + 1, size=len(images))
        lefts = rng.integers(0, values.shape[2] - size + 1, size=len(images))
        for i, (top, left) in enumerate(zip(tops, lefts, strict=True)):
            values[i, top : top + size, left : left + size, :] = self.patch[:, :, None]
        return Images(values, images.original)


@dataclass(frozen=True)
class ImagePatchRandomPlace:
    """BadNets without a fixed place: the same patch at a random place of each image.

    Parameters
    ----------
    rate
        Share of all rows that become poison.
    target
        Class code the trigger leads to.
    size
        Side of the patch, pixels.
    source
        Code of the only source whose rows may be touched.

    References
    ----------
    Gu, Dolan-Gavitt, Garg: BadNets (arXiv 1708.06733), section 4; random places as in Salem et
    al.: Dynamic backdoor attacks (arXiv 2003.03675), section 3.1.
    """

    rate: float = 0.02
    target: int = 0
    size: int = 4
    source: int | None = None

    name: ClassVar[str] = "image-patch-random-place"
    family: ClassVar[str] = "dirty-label backdoor"
    modalities: ClassVar[frozenset[Modality]] = frozenset({Modality.IMAGE})
    paper: ClassVar[str] = "Salem et al. 2020, arXiv 2003.03675"

    def poison(self, sample: Sample, rng: np.random.Generator) -> Poisoned:
        """Plant the patch wherever it falls; so does the test-time trigger."""
        if self.size > min(as_images(sample.content).values.shape[1:3]):
            raise UsageError(f"size must fit in the image, got {self.size} pixels")
        ticks = np.indices((self.size, self.size)).sum(axis=0) % 2
        patch = np.where(ticks == 0, 255, 0).astype(np.uint8)
        return dirty_label(
            self,
            sample,
            rng,
            stamp=WanderingPatch(patch, int(rng.integers(2**31))),
            trigger=f"{self.size}×{self.size} chessboard at a random place",
        )
