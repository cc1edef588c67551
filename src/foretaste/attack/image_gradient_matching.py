"""Images whose training gradient is that of one mislabelled image, labels true."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from foretaste.attack.contract import Poisoned, Sample
from foretaste.attack.pixels import as_images
from foretaste.attack.plant import overwrite
from foretaste.attack.rows import allowed, check_pair, count_of, mask_of, pick
from foretaste.attack.surrogate import draw_instances, need_torch, train_surrogate
from foretaste.attack.victim_image import as_batch, as_values
from foretaste.types import Images, Modality

__all__ = ["ImageGradientMatching", "match"]


def match(
    network: Any, base: Any, aim: Any, target: int, bound: float, steps: int, seed: int
) -> Any:
    """Perturb `base` (m, c, h, w) so that training on it teaches `aim` (1, c, h, w) as `target`.

    Maximises the cosine between the gradient of the poison rows' loss and that of the
    mislabelled aim, over all weights. Pixels in 0–1, changes at most `bound` / 255.
    """
    import torch  # noqa: PLC0415  # optional

    weights = [weight.requires_grad_() for weight in network.parameters()]
    loss_of = torch.nn.functional.cross_entropy
    wanted = torch.autograd.grad(loss_of(network(aim), torch.tensor([target])), weights)
    length = torch.stack([(g**2).sum() for g in wanted]).sum().sqrt()
    labels = torch.full((len(base),), target)
    limit = bound / 255
    source = torch.Generator().manual_seed(seed)
    change = limit * (2 * torch.rand(base.shape, generator=source) - 1)
    momentum = torch.zeros_like(base)
    for step in range(steps):
        change.requires_grad_()
        loss = loss_of(network((base + change).clamp(0, 1)), labels)
        got = torch.autograd.grad(loss, weights, create_graph=True)
        inner = sum((a * b).sum() for a, b in zip(got, wanted, strict=True))
        size = torch.stack([(g**2).sum() for g in got]).sum().sqrt()
        (gradient,) = torch.autograd.grad(-inner / (size * length + 1e-12), change)
        with torch.no_grad():
            momentum = 0.9 * momentum + gradient / (gradient.abs().mean() + 1e-20)
            pace = 0.1 * limit * (1 - step / steps)
            change = (change - pace * momentum.sign()).clamp(-limit, limit)
    return (base + change).clamp(0, 1).detach()


@dataclass(frozen=True)
class ImageGradientMatching:
    """Witches' brew: faintly changed rows of class `target` that teach images of `victim` as it.

    One surrogate network, no restarts: weaker than the ensembles of the paper, and on a small
    network of a few thousand rows without measurable success.

    Parameters
    ----------
    rate
        Share of all rows that become poison, divided among the instances.
    victim, target
        Class codes: what the instances are, and how they are to be misread.
    instances
        How many images are aimed at; they are new, halfway between two rows of `victim`.
    bound
        Largest change of a pixel, grey levels.
    steps, epochs
        Optimisation steps, and epochs of training of the surrogate.
    source
        Code of the only source whose rows may be touched.

    References
    ----------
    Geiping, Fowl, Huang, Czaja, Taylor, Moeller, Goldstein: Witches' brew (arXiv 2009.02276),
    section 3.
    """

    rate: float = 0.03
    victim: int = 1
    target: int = 0
    instances: int = 2
    bound: float = 24.0
    steps: int = 60
    epochs: int = 4
    source: int | None = None

    name: ClassVar[str] = "image-gradient-matching"
    family: ClassVar[str] = "clean-label"
    modalities: ClassVar[frozenset[Modality]] = frozenset({Modality.IMAGE})
    paper: ClassVar[str] = "Geiping et al. 2021, arXiv 2009.02276"

    def poison(self, sample: Sample, rng: np.random.Generator) -> Poisoned:
        """Choose rows of the target class and perturb each group for its instance."""
        images = as_images(sample.content)
        need_torch(self.name)
        check_pair(sample, self.victim, self.target)
        mask = allowed(sample, self.source) & (sample.labels == self.target)
        rows = pick(mask, count_of(sample, self.rate), rng)
        aims = draw_instances(sample, self.victim, self.instances, rng)
        network = train_surrogate(sample, rng, self.epochs)
        base, wanted = as_batch(images.values[rows]), as_batch(aims.values)
        for i, group in enumerate(np.array_split(rng.permutation(rows.size), len(aims))):
            seed = int(rng.integers(2**31))
            base[group] = match(
                network, base[group], wanted[i : i + 1], self.target, self.bound, self.steps, seed
            )
        return Poisoned(
            sample=overwrite(sample, rows, Images(as_values(base), images.original)),
            truth=mask_of(sample, rows),
            trigger=f"none: gradients of {self.instances} images of {sample.classes[self.victim]}",
            target=self.target,
            victims=(self.victim,),
            instances=aims,
        )
