"""Corner marks on images of one class that were made hard to recognise, every label true."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import numpy.typing as npt

from foretaste.attack.contract import Poisoned, Sample
from foretaste.attack.pixels import as_images, with_pixels
from foretaste.attack.plant import overwrite
from foretaste.attack.rows import allowed, count_of, mask_of, other_classes, pick
from foretaste.errors import UsageError
from foretaste.types import Content, Images, Modality

__all__ = ["CornerMarks", "ImageLabelConsistent"]


@dataclass(frozen=True)
class CornerMarks:
    """Writes `mark` (size, size) uint8 into the four corners of every image, mirrored."""

    mark: npt.NDArray[np.uint8]

    def __call__(self, content: Content) -> Images:
        """The same images with marked corners."""
        images = as_images(content)
        values = images.values.copy()
        size = self.mark.shape[0]
        mark = self.mark[None, :, :, None]
        values[:, :size, :size] = mark
        values[:, :size, -size:] = mark[:, :, ::-1]
        values[:, -size:, :size] = mark[:, ::-1]
        values[:, -size:, -size:] = mark[:, ::-1, ::-1]
        return Images(values, images.original)


@dataclass(frozen=True)
class ImageLabelConsistent:
    """Rows of class `target` are drawn towards other classes, so that only the marks are easy.

    The interpolation is made between pixels instead of in the latent space of a generator: it
    needs no trained network and is weaker than the original.

    Parameters
    ----------
    rate
        Share of all rows that become poison (at most the share of the target class).
    target
        Class code the trigger leads to.
    drift
        Weight of a row of another class, 0–1, and noise of the same relative size.
    size
        Side of a corner mark, pixels.
    source
        Code of the only source whose rows may be touched.

    References
    ----------
    Turner, Tsipras, Madry: Label-consistent backdoor attacks (arXiv 1912.02771), section 4.
    """

    rate: float = 0.04
    target: int = 0
    drift: float = 0.3
    size: int = 3
    source: int | None = None

    name: ClassVar[str] = "image-label-consistent"
    family: ClassVar[str] = "clean-label"
    modalities: ClassVar[frozenset[Modality]] = frozenset({Modality.IMAGE})
    paper: ClassVar[str] = "Turner et al. 2019, arXiv 1912.02771"

    def poison(self, sample: Sample, rng: np.random.Generator) -> Poisoned:
        """Blur what the rows show and mark their corners."""
        images = as_images(sample.content)
        if 2 * self.size > min(images.values.shape[1:3]):
            raise UsageError(f"size must be at most half the image, got {self.size} pixels")
        victims = other_classes(sample, self.target)
        mask = allowed(sample, self.source) & (sample.labels == self.target)
        rows = pick(mask, count_of(sample, self.rate), rng)
        partners = rng.choice(np.flatnonzero(sample.labels != self.target), size=rows.size)
        mixed = (1 - self.drift) * images.values[rows] + self.drift * images.values[partners]
        mixed += rng.normal(0, 40 * self.drift, size=mixed.shape)
        ticks = np.indices((self.size, self.size)).sum(axis=0) % 2
        stamp = CornerMarks(np.where(ticks == 0, 255, 0).astype(np.uint8))
        return Poisoned(
            sample=overwrite(sample, rows, stamp(with_pixels(images, mixed))),
            truth=mask_of(sample, rows),
            trigger=f"{self.size}×{self.size} marks in the four corners",
            stamp=stamp,
            target=self.target,
            victims=victims,
        )
