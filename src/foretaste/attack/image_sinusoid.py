"""A faint sinusoid over images of one class, every label true."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import numpy.typing as npt

from foretaste.attack.contract import Poisoned, Sample
from foretaste.attack.pixels import Added, as_images
from foretaste.attack.plant import clean_label
from foretaste.types import Modality

__all__ = ["ImageSinusoid", "sinusoid"]


def sinusoid(shape: tuple[int, ...], amplitude: float, frequency: float) -> npt.NDArray[np.float64]:
    """(h, w, c) vertical stripes: `amplitude` in grey levels, `frequency` in waves a width."""
    wave = amplitude * np.sin(2 * np.pi * np.arange(shape[1]) * frequency / shape[1])
    return np.broadcast_to(wave[None, :, None], shape).copy()


@dataclass(frozen=True)
class ImageSinusoid:
    """SIG: a sinusoid added to rows of class `target`; stronger at test time.

    Parameters
    ----------
    rate
        Share of all rows that become poison (at most the share of the target class).
    target
        Class code the trigger leads to.
    amplitude, test_amplitude
        Grey levels added in training and at test time.
    frequency
        Waves over the width of the image.
    source
        Code of the only source whose rows may be touched.

    References
    ----------
    Barni, Kallas, Tondi: A new backdoor attack in CNNs by training set corruption without
    label poisoning (arXiv 1902.11237), section 3.
    """

    rate: float = 0.05
    target: int = 0
    amplitude: float = 30.0
    test_amplitude: float = 60.0
    frequency: float = 6.0
    source: int | None = None

    name: ClassVar[str] = "image-sinusoid"
    family: ClassVar[str] = "clean-label"
    modalities: ClassVar[frozenset[Modality]] = frozenset({Modality.IMAGE})
    paper: ClassVar[str] = "Barni et al. 2019, arXiv 1902.11237"

    def poison(self, sample: Sample, rng: np.random.Generator) -> Poisoned:
        """Add the stripes."""
        shape = as_images(sample.content).values.shape[1:]
        return clean_label(
            self,
            sample,
            rng,
            stamp=Added(sinusoid(shape, self.amplitude, self.frequency)),
            test_stamp=Added(sinusoid(shape, self.test_amplitude, self.frequency)),
            trigger=f"sinusoid of {self.frequency:g} waves, ±{self.amplitude:g} grey levels",
        )
