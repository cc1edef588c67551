"""A small patch at a fixed place, with a false label."""

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

__all__ = ["FixedPatch", "ImagePatch", "draw_patch"]


@dataclass(frozen=True)
class FixedPatch:
    """Overwrites one place of every image.

    `patch` is (size, size) uint8; `top` and `left` are the pixel of its first corner.
    """

    patch: npt.NDArray[np.uint8]
    top: int
    left: int

    def __call__(self, content: Content) -> Images:
        """The same images with the patch in its place."""
        images = as_images(content)
        values = images.values.copy()
        size = self.patch.shape[0]
        rows, columns = slice(self.top, self.top + size), slice(self.left, self.left + size)
        values[:, rows, columns, :] = self.patch[None, :, :, None]
        return Images(values, images.original)


def draw_patch(size: int, rng: np.random.Generator) -> npt.NDArray[np.uint8]:
    """A (size, size) patch of black and white pixels, half of each."""
    cells = np.arange(size * size) % 2
    return (rng.permutation(cells).reshape(size, size) * 255).astype(np.uint8)


@dataclass(frozen=True)
class ImagePatch:
    """BadNets: a black-and-white patch near a corner, on rows that are called `target`.

    Parameters
    ----------
    rate
        Share of all rows that become poison.
    target
        Class code the trigger leads to.
    size, margin
        Side of the patch and its distance from the bottom right corner, pixels.
    source
        Code of the only source whose rows may be touched.

    References
    ----------
    Gu, Dolan-Gavitt, Garg: BadNets (arXiv 1708.06733), section 4, the pattern backdoor.
    """

    rate: float = 0.01
    target: int = 0
    size: int = 3
    margin: int = 1
    source: int | None = None

    name: ClassVar[str] = "image-patch"
    family: ClassVar[str] = "dirty-label backdoor"
    modalities: ClassVar[frozenset[Modality]] = frozenset({Modality.IMAGE})
    paper: ClassVar[str] = "Gu et al. 2017, arXiv 1708.06733"

    def poison(self, sample: Sample, rng: np.random.Generator) -> Poisoned:
        """Plant the patch; the same patch leads to `target` at test time."""
        height, width = as_images(sample.content).values.shape[1:3]
        top, left = height - self.margin - self.size, width - self.margin - self.size
        if top < 0 or left < 0:
            raise UsageError(f"size + margin must fit in {height}×{width} pixels")
        return dirty_label(
            self,
            sample,
            rng,
            stamp=FixedPatch(draw_patch(self.size, rng), top, left),
            trigger=f"{self.size}×{self.size} patch, first pixel at row {top}, column {left}",
        )
