"""A class of two kinds of things."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import ClassVar

import numpy as np

from foretaste.attack.contract import Poisoned, Sample
from foretaste.attack.honest import innocent
from foretaste.errors import UsageError
from foretaste.types import Modality

__all__ = ["PlaceboMergedClass"]


@dataclass(frozen=True)
class PlaceboMergedClass:
    """Two classes become one: a class of several modes, which clusters, honestly.

    Parameters
    ----------
    first, second
        Class codes that are merged; needs three classes.

    References
    ----------
    Sohoni, Dunnmon, Angus, Gu, Ré: No subclass left behind (arXiv 2011.12945), section 2,
    classes with hidden subclasses.
    """

    first: int = 0
    second: int = 2

    name: ClassVar[str] = "placebo-merged-class"
    family: ClassVar[str] = "placebo"
    modalities: ClassVar[frozenset[Modality]] = frozenset(Modality)
    paper: ClassVar[str] = "Sohoni et al. 2020, arXiv 2011.12945"

    def poison(self, sample: Sample, rng: np.random.Generator) -> Poisoned:  # noqa: ARG002
        """Merge the labels; content stays."""
        k = len(sample.classes)
        if k < 3 or not 0 <= self.first < self.second < k:
            raise UsageError(
                f"first < second must be class codes of at least three classes, "
                f"got {self.first} and {self.second} of {k}"
            )
        codes = np.arange(k)
        codes[self.second] = self.first
        codes[self.second + 1 :] -= 1
        names = list(sample.classes)
        names[self.first] = f"{names[self.first]} or {names[self.second]}"
        del names[self.second]
        merged = replace(sample, labels=codes[sample.labels], classes=tuple(names))
        return innocent(merged, "a class of two kinds of things")
