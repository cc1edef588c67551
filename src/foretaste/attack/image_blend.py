"""A faint noise picture over the whole image, with a false label."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import numpy.typing as npt

from foretaste.attack.contract import Poisoned, Sample
from foretaste.attack.pixels import as_images, blend
from foretaste.attack.plant import dirty_label
from foretaste.types import Content, Images, Modality

__all__ = ["Blend", "ImageBlend"]


@dataclass(frozen=True)
class Blend:
    """Blends every image with `pattern` (h, w, c), grey levels, at `opacity` in 0–1."""

    pattern: npt.NDArray[np.float64]
    opacity: float

    def __call__(self, content: Content) -> Images:
        """The same images under the pattern."""
        return blend(content, self.pattern, self.opacity)


@dataclass(frozen=True)
class ImageBlend:
    """Blended injection: one noise image, mixed faintly into rows that are called `target`.

    Parameters
    ----------
    rate
        Share of all rows that become poison.
    target
        Class code the trigger leads to.
    opacity
        Weight of the noise image, 0–1.
    source
        Code of the only source whose rows may be touched.

    References
    ----------
    Chen, Liu, Li, Lu, Song: Targeted backdoor attacks on deep learning systems
    (arXiv 1712.05526), section 4, the blended injection strategy.
    """

    rate: float = 0.02
    target: int = 0
    opacity: float = 0.2
    source: int | None = None

    name: ClassVar[str] = "image-blend"
    family: ClassVar[str] = "dirty-label backdoor"
    modalities: ClassVar[frozenset[Modality]] = frozenset({Modality.IMAGE})
    paper: ClassVar[str] = "Chen et al. 2017, arXiv 1712.05526"

    def poison(self, sample: Sample, rng: np.random.Generator) -> Poisoned:
        """Blend one noise image into the chosen rows."""
        shape = as_images(sample.content).values.shape[1:]
        return dirty_label(
            self,
            sample,
            rng,
            stamp=Blend(rng.uniform(0, 255, size=shape), self.opacity),
            trigger=f"noise image blended at {self.opacity:.0%}",
        )
