"""A smooth bend of the image, with a false label."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import numpy.typing as npt
from scipy import ndimage

from foretaste.attack.contract import Poisoned, Sample
from foretaste.attack.pixels import as_images, with_pixels
from foretaste.attack.plant import dirty_with_cover
from foretaste.types import Content, Images, Modality

__all__ = ["ImageWarp", "Warp", "draw_field"]

Floats = npt.NDArray[np.float64]


def draw_field(
    side: tuple[int, int], strength: float, grid: int, rng: np.random.Generator
) -> Floats:
    """(2, h, w) smooth displacement, pixels, of mean size `strength`, from `grid`² points."""
    points = rng.uniform(-1, 1, size=(2, grid, grid))
    down = np.linspace(0, grid - 1, side[0])
    across = np.linspace(0, grid - 1, side[1])
    places = np.stack(np.meshgrid(down, across, indexing="ij"))
    field = np.stack([ndimage.map_coordinates(p, places, order=3, mode="nearest") for p in points])
    return np.asarray(strength * field / np.abs(field).mean(), dtype=np.float64)


@dataclass(frozen=True)
class Warp:
    """Bends every image by `field` (2, h, w), pixels, plus `jitter` pixels of random shake.

    The shake is drawn for each image from `seed`.
    """

    field: Floats
    jitter: float = 0.0
    seed: int = 0

    def __call__(self, content: Content) -> Images:
        """The same images, bent."""
        images = as_images(content)
        rng = np.random.default_rng(self.seed)
        places = np.indices(images.values.shape[1:3]) + self.field
        bent = np.empty(images.values.shape)
        for i, image in enumerate(images.values.astype(np.float64)):
            shake = self.jitter * rng.uniform(-1, 1, size=places.shape) if self.jitter else 0.0
            for channel in range(image.shape[2]):
                bent[i, :, :, channel] = ndimage.map_coordinates(
                    image[:, :, channel], places + shake, order=1, mode="nearest"
                )
        return with_pixels(images, bent)


@dataclass(frozen=True)
class ImageWarp:
    """WaNet: one smooth warp on rows called `target`; shaken warps with right labels hide it.

    Parameters
    ----------
    rate, cover_rate
        Shares of all rows: poison, and rows with a shaken warp and their right label.
    target
        Class code the trigger leads to.
    strength
        Mean displacement along each axis, pixels.
    grid
        Control points along a side.
    source
        Code of the only source whose rows may be touched.

    References
    ----------
    Nguyen, Tran: WaNet, imperceptible warping-based backdoor attack (arXiv 2102.10369),
    section 3.2 (warp) and 3.3 (noise mode).
    """

    rate: float = 0.05
    cover_rate: float = 0.05
    target: int = 0
    strength: float = 1.0
    grid: int = 4
    source: int | None = None

    name: ClassVar[str] = "image-warp"
    family: ClassVar[str] = "dirty-label backdoor"
    modalities: ClassVar[frozenset[Modality]] = frozenset({Modality.IMAGE})
    paper: ClassVar[str] = "Nguyen and Tran 2021, arXiv 2102.10369"

    def poison(self, sample: Sample, rng: np.random.Generator) -> Poisoned:
        """Bend the chosen rows."""
        height, width = as_images(sample.content).values.shape[1:3]
        field = draw_field((height, width), self.strength, self.grid, rng)
        stamp = Warp(field)
        shaken = Warp(field, jitter=self.strength, seed=int(rng.integers(2**31)))
        return dirty_with_cover(
            self,
            sample,
            rng,
            stamp=stamp,
            cover_stamp=shaken,
            test_stamp=stamp,
            trigger=f"smooth warp of {self.strength:g} pixels on average",
        )
