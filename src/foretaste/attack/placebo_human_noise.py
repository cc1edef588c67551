"""Honest labelling mistakes between classes that look alike."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from foretaste.attack.contract import Poisoned, Sample
from foretaste.attack.honest import innocent
from foretaste.attack.outline import guess
from foretaste.attack.plant import relabel
from foretaste.attack.rows import count_of
from foretaste.types import Modality

__all__ = ["PlaceboHumanNoise"]


@dataclass(frozen=True)
class PlaceboHumanNoise:
    """A share of the rows gets the label they are most easily confused with, hard rows first.

    The chance of a row is the probability that a simple model gives to other classes.

    Parameters
    ----------
    rate
        Share of all rows that are mislabelled.

    References
    ----------
    Chen, Ye, Zou, Xu, Zhang: Beyond class-conditional assumption (arXiv 2012.05458), section 3,
    instance-dependent noise; Wei et al.: CIFAR-N (arXiv 2110.12088), human noise of 9–40 %.
    """

    rate: float = 0.12

    name: ClassVar[str] = "placebo-human-noise"
    family: ClassVar[str] = "placebo"
    modalities: ClassVar[frozenset[Modality]] = frozenset(Modality)
    paper: ClassVar[str] = "Wei et al. 2022, arXiv 2110.12088"

    def poison(self, sample: Sample, rng: np.random.Generator) -> Poisoned:
        """Mislabel honestly: errors, but no attack."""
        count = count_of(sample, self.rate)
        chances = guess(sample, rng)
        at = np.arange(len(sample))
        doubt = 1 - chances[at, sample.labels] + 1e-3
        chances[at, sample.labels] = 0
        rows = np.sort(rng.choice(len(sample), size=count, replace=False, p=doubt / doubt.sum()))
        mistaken = chances[rows].argmax(axis=1)
        return innocent(relabel(sample, rows, mistaken), f"{self.rate:.0%} honest mistakes")
