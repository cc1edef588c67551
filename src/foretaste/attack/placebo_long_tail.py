"""Classes of very different sizes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from foretaste.attack.contract import Poisoned, Sample
from foretaste.attack.honest import kept_rows
from foretaste.errors import UsageError
from foretaste.types import Modality

__all__ = ["PlaceboLongTail"]


@dataclass(frozen=True)
class PlaceboLongTail:
    """Rows are dropped until class sizes fall geometrically from the first to the last.

    Parameters
    ----------
    ratio
        Largest class over smallest class.
    floor
        Rows that every class keeps at least.

    References
    ----------
    Cui, Jia, Lin, Song, Belongie: Class-balanced loss (arXiv 1901.05555), section 5.1,
    long-tailed data sets.
    """

    ratio: float = 100.0
    floor: int = 5

    name: ClassVar[str] = "placebo-long-tail"
    family: ClassVar[str] = "placebo"
    modalities: ClassVar[frozenset[Modality]] = frozenset(Modality)
    paper: ClassVar[str] = "Cui et al. 2019, arXiv 1901.05555"

    def poison(self, sample: Sample, rng: np.random.Generator) -> Poisoned:
        """Drop rows; `origin` says which remain."""
        if self.ratio < 1:
            raise UsageError(f"ratio must be at least 1, got {self.ratio}")
        sizes = np.bincount(sample.labels, minlength=len(sample.classes))
        order = np.argsort(-sizes, kind="stable")
        kept = []
        for rank, code in enumerate(order):
            rows = np.flatnonzero(sample.labels == code)
            share = self.ratio ** (-rank / max(1, order.size - 1))
            wanted = min(rows.size, max(self.floor, round(share * sizes[order[0]])))
            kept.append(rng.choice(rows, size=wanted, replace=False))
        return kept_rows(sample, np.sort(np.concatenate(kept)), f"classes {self.ratio:g} to 1")
