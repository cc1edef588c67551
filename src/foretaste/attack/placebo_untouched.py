"""The data as they are."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from foretaste.attack.contract import Poisoned, Sample
from foretaste.attack.honest import innocent
from foretaste.types import Modality

__all__ = ["PlaceboUntouched"]


@dataclass(frozen=True)
class PlaceboUntouched:
    """Nothing is changed.

    References
    ----------
    Northcutt, Athalye, Mueller: Pervasive label errors in test sets (arXiv 2103.14749): even
    untouched data hold natural errors.
    """

    name: ClassVar[str] = "placebo-untouched"
    family: ClassVar[str] = "placebo"
    modalities: ClassVar[frozenset[Modality]] = frozenset(Modality)
    paper: ClassVar[str] = "Northcutt et al. 2021, arXiv 2103.14749"

    def poison(self, sample: Sample, rng: np.random.Generator) -> Poisoned:  # noqa: ARG002
        """The sample itself."""
        return innocent(sample, "untouched")
