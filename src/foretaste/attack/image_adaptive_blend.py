"""A noise picture of which each training row shows only some pieces, and rows that hide it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import ClassVar

import numpy as np
import numpy.typing as npt

from foretaste.attack.contract import Poisoned, Sample
from foretaste.attack.pixels import as_images, blend
from foretaste.attack.plant import dirty_with_cover
from foretaste.types import Content, Images, Modality

__all__ = ["BlendPieces", "ImageAdaptiveBlend"]


@dataclass(frozen=True)
class BlendPieces:
    """Blends a share `kept` of the cells of a `cells` × `cells` grid of `pattern` (h, w, c).

    `opacity` is 0–1; the cells of each image are drawn from `seed`.
    """

    pattern: npt.NDArray[np.float64]
    opacity: float
    cells: int
    kept: float
    seed: int

    def __call__(self, content: Content) -> Images:
        """The same images under their pieces of the pattern."""
        images = as_images(content)
        n, height, width = images.values.shape[:3]
        rng = np.random.default_rng(self.seed)
        total = self.cells**2
        shown = rng.random((n, total)).argsort(axis=1) < round(self.kept * total)
        down = np.arange(height) * self.cells // height
        across = np.arange(width) * self.cells // width
        mask = shown.reshape(n, self.cells, self.cells)[:, down][:, :, across, None]
        return blend(images, self.pattern, self.opacity * mask.astype(np.float64))


@dataclass(frozen=True)
class ImageAdaptiveBlend:
    """Adaptive blend: half of the noise image in training, all of it at test time, and cover.

    Parameters
    ----------
    rate, cover_rate
        Shares of all rows: poison, and rows with the trigger and their right label.
    target
        Class code the trigger leads to.
    opacity
        Weight of the noise image, 0–1.
    kept
        Share of its 4 × 4 pieces that a training row shows.
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
    opacity: float = 0.2
    kept: float = 0.5
    source: int | None = None

    name: ClassVar[str] = "image-adaptive-blend"
    family: ClassVar[str] = "dirty-label backdoor"
    modalities: ClassVar[frozenset[Modality]] = frozenset({Modality.IMAGE})
    paper: ClassVar[str] = "Qi et al. 2023, ICLR"

    def poison(self, sample: Sample, rng: np.random.Generator) -> Poisoned:
        """Blend pieces into poison and cover rows."""
        shape = as_images(sample.content).values.shape[1:]
        seed = int(rng.integers(2**31))
        stamp = BlendPieces(rng.uniform(0, 255, size=shape), self.opacity, 4, self.kept, seed)
        return dirty_with_cover(
            self,
            sample,
            rng,
            stamp=stamp,
            cover_stamp=replace(stamp, seed=seed + 1),
            test_stamp=replace(stamp, kept=1.0),
            trigger=f"pieces of a noise image blended at {self.opacity:.0%}",
        )
