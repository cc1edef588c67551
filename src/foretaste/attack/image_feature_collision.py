"""Images of one class that a feature space takes for one image of another, labels true."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from foretaste.attack.contract import Poisoned, Sample
from foretaste.attack.pixels import as_images
from foretaste.attack.plant import overwrite
from foretaste.attack.rows import allowed, check_pair, count_of, mask_of, pick
from foretaste.attack.surrogate import draw_instances, features_of, need_torch, train_surrogate
from foretaste.attack.victim_image import as_batch, as_values
from foretaste.types import Images, Modality

__all__ = ["ImageFeatureCollision", "collide"]


def collide(features: Any, base: Any, aim: Any, steps: int, pull: float) -> Any:
    """Move `base` (m, c, h, w) so that its features meet those of `aim` (1, c, h, w).

    Forward steps on the feature distance, backward steps towards the base pixels with weight
    `pull`; all pixels in 0–1.
    """
    import torch  # noqa: PLC0415  # optional

    with torch.no_grad():
        wanted = features(aim)
        scale = ((features(base) - wanted) ** 2).sum(dim=1).mean()
    moved = base.clone()
    first = torch.zeros_like(base)
    second = torch.zeros_like(base)
    for step in range(1, steps + 1):
        moved.requires_grad_()
        distance = ((features(moved) - wanted) ** 2).sum(dim=1) / scale
        (gradient,) = torch.autograd.grad(distance.sum(), moved)
        with torch.no_grad():
            first = 0.9 * first + 0.1 * gradient
            second = 0.999 * second + 0.001 * gradient**2
            size = (second / (1 - 0.999**step)).sqrt() + 1e-8
            moved = moved - 0.01 * first / (1 - 0.9**step) / size
            moved = ((moved + pull * base) / (1 + pull)).clamp(0, 1)
    return moved.detach()


@dataclass(frozen=True)
class ImageFeatureCollision:
    """Poison frogs: rows of class `target` whose features are those of an image of `victim`.

    Works on models that keep the feature space and train only a head on it.

    Parameters
    ----------
    rate
        Share of all rows that become poison, divided among the instances.
    victim, target
        Class codes: what the instances are, and how they are to be misread.
    instances
        How many images are aimed at; they are new, halfway between two rows of `victim`.
    opacity
        Weight of the instance in a poison row before it is optimised, 0–1.
    steps, pull
        Optimisation steps, and the weight that keeps pixels near the base row.
    network
        A torch network whose input of its last layer is the feature space; trained on the
        sample for `epochs` epochs where None.
    source
        Code of the only source whose rows may be touched.

    References
    ----------
    Shafahi, Huang, Najibi, Suciu, Studer, Dumitras, Goldstein: Poison frogs!
    (arXiv 1804.00792), section 2.2 (algorithm 1) and 4 (watermarks and several poisons).
    """

    rate: float = 0.03
    victim: int = 1
    target: int = 0
    instances: int = 3
    opacity: float = 0.2
    steps: int = 100
    pull: float = 0.002
    epochs: int = 4
    network: Any = None
    source: int | None = None

    name: ClassVar[str] = "image-feature-collision"
    family: ClassVar[str] = "clean-label"
    modalities: ClassVar[frozenset[Modality]] = frozenset({Modality.IMAGE})
    paper: ClassVar[str] = "Shafahi et al. 2018, arXiv 1804.00792"

    def poison(self, sample: Sample, rng: np.random.Generator) -> Poisoned:
        """Choose rows of the target class and move each group onto its instance."""
        images = as_images(sample.content)
        need_torch(self.name)
        check_pair(sample, self.victim, self.target)
        mask = allowed(sample, self.source) & (sample.labels == self.target)
        rows = pick(mask, count_of(sample, self.rate), rng)
        aims = draw_instances(sample, self.victim, self.instances, rng)
        features = features_of(self.network or train_surrogate(sample, rng, self.epochs))
        base, wanted = as_batch(images.values[rows]), as_batch(aims.values)
        for i, group in enumerate(np.array_split(rng.permutation(rows.size), len(aims))):
            aim = wanted[i : i + 1]
            start = (1 - self.opacity) * base[group] + self.opacity * aim
            base[group] = collide(features, start, aim, self.steps, self.pull)
        return Poisoned(
            sample=overwrite(sample, rows, Images(as_values(base), images.original)),
            truth=mask_of(sample, rows),
            trigger=f"none: features of {self.instances} images of {sample.classes[self.victim]}",
            target=self.target,
            victims=(self.victim,),
            instances=aims,
        )
