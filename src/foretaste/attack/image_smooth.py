"""A smooth, low-frequency pattern, with a false label."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import numpy.typing as npt
from scipy import ndimage

from foretaste.attack.contract import Poisoned, Sample
from foretaste.attack.pixels import Added, as_images
from foretaste.attack.plant import dirty_label
from foretaste.types import Modality

__all__ = ["ImageSmooth", "smooth_pattern"]


def smooth_pattern(
    shape: tuple[int, ...], amplitude: float, width: float, rng: np.random.Generator
) -> npt.NDArray[np.float64]:
    """(h, w, c) noise without high frequencies: at most `amplitude` grey levels.

    `width` is the standard deviation of the low-pass filter, pixels.
    """
    noise = rng.normal(size=shape)
    smooth = ndimage.gaussian_filter(noise, sigma=(width, width, 0), mode="wrap")
    smooth -= smooth.mean()
    return np.asarray(amplitude * smooth / np.abs(smooth).max(), dtype=np.float64)


@dataclass(frozen=True)
class ImageSmooth:
    """A trigger that leaves no trace in high frequencies, on rows that are called `target`.

    Parameters
    ----------
    rate
        Share of all rows that become poison.
    target
        Class code the trigger leads to.
    amplitude
        Largest change of a pixel, grey levels.
    width
        Standard deviation of the low-pass filter, pixels.
    source
        Code of the only source whose rows may be touched.

    References
    ----------
    Zeng, Park, Mao, Jia: Rethinking the backdoor attacks' triggers, a frequency perspective
    (arXiv 2104.03413), section 5, smooth triggers.
    """

    rate: float = 0.03
    target: int = 0
    amplitude: float = 40.0
    width: float = 3.0
    source: int | None = None

    name: ClassVar[str] = "image-smooth"
    family: ClassVar[str] = "dirty-label backdoor"
    modalities: ClassVar[frozenset[Modality]] = frozenset({Modality.IMAGE})
    paper: ClassVar[str] = "Zeng et al. 2021, arXiv 2104.03413"

    def poison(self, sample: Sample, rng: np.random.Generator) -> Poisoned:
        """Add the pattern to the chosen rows."""
        shape = as_images(sample.content).values.shape[1:]
        return dirty_label(
            self,
            sample,
            rng,
            stamp=Added(smooth_pattern(shape, self.amplitude, self.width, rng)),
            trigger=f"smooth pattern, ±{self.amplitude:g} grey levels",
        )
