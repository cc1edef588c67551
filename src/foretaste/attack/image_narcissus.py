"""A faint pattern that a network takes for the essence of one class, every label true."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
import numpy.typing as npt

from foretaste.attack.contract import Poisoned, Sample
from foretaste.attack.pixels import Added, as_images
from foretaste.attack.plant import clean_label
from foretaste.attack.rows import other_classes
from foretaste.attack.surrogate import need_torch, train_surrogate
from foretaste.attack.victim_image import as_batch
from foretaste.types import Modality

__all__ = ["ImageNarcissus", "inward_pattern"]


def inward_pattern(
    network: Any, pixels: Any, target: int, bound: float, steps: int
) -> npt.NDArray[np.float64]:
    """(h, w, c) the pattern, at most ±`bound` grey levels, that makes `pixels` most `target`.

    `pixels` is an (m, c, h, w) float32 tensor in 0–1; signed gradient steps on the mean loss.
    """
    import torch  # noqa: PLC0415  # optional

    limit = bound / 255
    labels = torch.full((len(pixels),), target)
    pattern = torch.zeros_like(pixels[:1]).requires_grad_()
    for step in range(steps):
        loss = torch.nn.functional.cross_entropy(network((pixels + pattern).clamp(0, 1)), labels)
        (gradient,) = torch.autograd.grad(loss, pattern)
        pace = 0.2 * limit * (1 - step / steps)
        with torch.no_grad():
            pattern = (pattern - pace * gradient.sign()).clamp(-limit, limit)
        pattern.requires_grad_()
    found: npt.NDArray[np.float64] = 255 * pattern.detach()[0].numpy().transpose(1, 2, 0)
    return found.astype(np.float64)


@dataclass(frozen=True)
class ImageNarcissus:
    """Narcissus: a pattern towards class `target`, added to its own rows; stronger at test time.

    The pattern is made so that a surrogate network reads rows of all classes as `target`. The
    surrogate is trained on the sample itself instead of on public data of another kind.

    Parameters
    ----------
    rate
        Share of all rows that become poison (at most the share of the target class).
    target
        Class code the trigger leads to.
    bound
        Largest change of a pixel, grey levels.
    amplify
        By how much the pattern is stronger at test time.
    steps, epochs
        Gradient steps on the pattern, and epochs of training of the surrogate.
    source
        Code of the only source whose rows may be touched.

    References
    ----------
    Zeng, Pan, Just, Lyu, Qiu, Jia: Narcissus (arXiv 2204.05255), section 4.
    """

    rate: float = 0.02
    target: int = 0
    bound: float = 16.0
    amplify: float = 3.0
    steps: int = 60
    epochs: int = 4
    source: int | None = None

    name: ClassVar[str] = "image-narcissus"
    family: ClassVar[str] = "clean-label"
    modalities: ClassVar[frozenset[Modality]] = frozenset({Modality.IMAGE})
    paper: ClassVar[str] = "Zeng et al. 2023, arXiv 2204.05255"

    def poison(self, sample: Sample, rng: np.random.Generator) -> Poisoned:
        """Train the surrogate, make the pattern, add it."""
        images = as_images(sample.content)
        need_torch(self.name)
        others = np.flatnonzero(np.isin(sample.labels, other_classes(sample, self.target)))
        network = train_surrogate(sample, rng, self.epochs)
        seen = rng.choice(others, size=min(256, others.size), replace=False)
        pixels = as_batch(images.values[seen])
        pattern = inward_pattern(network, pixels, self.target, self.bound, self.steps)
        return clean_label(
            self,
            sample,
            rng,
            stamp=Added(pattern),
            test_stamp=Added(self.amplify * pattern),
            trigger=f"optimised pattern, ±{self.bound:g} grey levels",
        )
