"""One annotator who is often wrong."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import ClassVar

import numpy as np

from foretaste.attack.contract import Poisoned, Sample
from foretaste.attack.plant import relabel
from foretaste.attack.rows import allowed, count_of, mask_of, pick
from foretaste.errors import UsageError
from foretaste.types import Modality

__all__ = ["LabelAnnotator"]


@dataclass(frozen=True)
class LabelAnnotator:
    """One of several annotators calls a share of the rows the next class.

    Parameters
    ----------
    rate
        Share of all rows that become poison.
    wrong
        Share of the bad annotator's rows that are mislabelled, 0–1.
    annotators
        How many there are, where the sample has no sources.
    source
        Code of the bad annotator, where the sample has sources; drawn where None.

    References
    ----------
    Raykar, Yu: Eliminating spammers and ranking annotators (JMLR 13, 2012), section 2.
    """

    rate: float = 0.03
    wrong: float = 0.5
    annotators: int = 10
    source: int | None = None

    name: ClassVar[str] = "label-annotator"
    family: ClassVar[str] = "flip"
    modalities: ClassVar[frozenset[Modality]] = frozenset(Modality)
    paper: ClassVar[str] = "Raykar and Yu 2012, JMLR 13"

    def poison(self, sample: Sample, rng: np.random.Generator) -> Poisoned:
        """Mislabel rows of one source; without sources, assign rows to annotators first."""
        if not 0 < self.wrong <= 1:
            raise UsageError(f"wrong must be a share in (0, 1], got {self.wrong}")
        count = count_of(sample, self.rate)
        held, guilty = self._staffed(sample, rng, count)
        rows = pick(allowed(held, guilty), count, rng)
        shifted = (held.labels[rows] + 1) % len(held.classes)
        return Poisoned(
            sample=relabel(held, rows, shifted),
            truth=mask_of(held, rows),
            trigger=f"none: {held.source_names[guilty]} labels wrongly",
            victims=tuple(range(len(held.classes))),
        )

    def _staffed(self, sample: Sample, rng: np.random.Generator, count: int) -> tuple[Sample, int]:
        """The sample with sources, and the code of the bad one."""
        if sample.sources is not None:
            drawn = int(rng.choice(np.unique(sample.sources)))
            return sample, drawn if self.source is None else self.source
        n = len(sample)
        share = min(n, max(count, round(count / self.wrong)))
        sources = rng.integers(1, max(2, self.annotators), size=n)
        sources[rng.choice(n, size=share, replace=False)] = 0
        names = tuple(f"annotator {i}" for i in range(max(2, self.annotators)))
        return replace(sample, sources=sources.astype(np.int64), source_names=names), 0
