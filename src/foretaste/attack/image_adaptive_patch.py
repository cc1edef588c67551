"""Several faint patches of which each training row shows one, and rows that hide them."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import ClassVar

import numpy as np
import numpy.typing as npt

from foretaste.attack.contract import Poisoned, Sample
from foretaste.attack.image_patch import draw_patch
from foretaste.attack.pixels import as_images, blend
from foretaste.attack.plant import dirty_with_cover
from foretaste.errors import UsageError
from foretaste.types import Content, Images, Modality

__all__ = ["CornerPatches", "ImageAdaptivePatch"]


@dataclass(frozen=True)
class CornerPatches:
    """Blends `patches` (4, size, size), grey levels, into corners of every image.

    `opacity` is 0–1; `shown` of the four are drawn for each image from `seed`.
    """

    patches: npt.NDArray[np.float64]
    opacity: float
    shown: int
    seed: int

    def __call__(self, content: Content) -> Images:
        """The same images with patches in corners."""
        images = as_images(content)
        n, height, width = images.values.shape[:3]
        size = self.patches.shape[1]
        rng = np.random.default_rng(self.seed)
        drawn = rng.random((n, 4)).argsort(axis=1) < self.shown
        pattern = np.zeros((height, width, 1))
        mask = np.zeros((n, height, width, 1))
        corners = [(a, b) for a in (1, height - size - 1) for b in (1, width - size - 1)]
        for i, (top, left) in enumerate(corners):
            place = slice(top, top + size), slice(left, left + size)
            pattern[place] = self.patches[i][:, :, None]
            mask[:, place[0], place[1]] = drawn[:, i, None, None, None]
        return blend(images, pattern, self.opacity * mask)


@dataclass(frozen=True)
class ImageAdaptivePatch:
    """Adaptive patch: one faint patch of four in training, all four at test time, and cover.

    Parameters
    ----------
    rate, cover_rate
        Shares of all rows: poison, and rows with the trigger and their right label.
    target
        Class code the trigger leads to.
    size
        Side of a patch, pixels.
    opacity, test_opacity
        Weight of a patch in training and at test time, 0–1.
    source
        Code of the only source whose rows may be touched.

    References
    ----------
    Qi, Xie, Li, Mahloujifar, Mittal: Revisiting the assumption of latent separability for
    backdoor defenses (ICLR 2023), section 4.
    """

    rate: float = 0.02
    cover_rate: float = 0.02
    target: int = 0
    size: int = 4
    opacity: float = 0.5
    test_opacity: float = 0.7
    source: int | None = None

    name: ClassVar[str] = "image-adaptive-patch"
    family: ClassVar[str] = "dirty-label backdoor"
    modalities: ClassVar[frozenset[Modality]] = frozenset({Modality.IMAGE})
    paper: ClassVar[str] = "Qi et al. 2023, ICLR"

    def poison(self, sample: Sample, rng: np.random.Generator) -> Poisoned:
        """Blend one patch into each poison and cover row."""
        if 2 * (self.size + 1) > min(as_images(sample.content).values.shape[1:3]):
            raise UsageError(f"size must be less than half the image, got {self.size} pixels")
        patches = np.stack([draw_patch(self.size, rng) for _ in range(4)]).astype(np.float64)
        seed = int(rng.integers(2**31))
        stamp = CornerPatches(patches, self.opacity, 1, seed)
        return dirty_with_cover(
            self,
            sample,
            rng,
            stamp=stamp,
            cover_stamp=replace(stamp, seed=seed + 1),
            test_stamp=replace(stamp, shown=4, opacity=self.test_opacity),
            trigger=f"one of four faint {self.size}×{self.size} corner patches",
        )
