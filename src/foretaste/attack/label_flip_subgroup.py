"""All rows of one subgroup called another class."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import numpy.typing as npt

from foretaste.attack.contract import Poisoned, Sample
from foretaste.attack.outline import Outline, fit_outline
from foretaste.attack.plant import relabel
from foretaste.attack.rows import allowed, check_pair, count_of, mask_of
from foretaste.errors import UsageError
from foretaste.types import Content, Modality

__all__ = ["LabelFlipSubgroup", "Near"]


@dataclass(frozen=True)
class Near:
    """The rows within `radius` of `centre` (d,), both in coordinates of `outline`."""

    outline: Outline
    centre: npt.NDArray[np.float64]
    radius: float

    def __call__(self, content: Content) -> npt.NDArray[np.bool_]:
        """(n,) which rows are near."""
        return self.distance(content) <= self.radius

    def distance(self, content: Content) -> npt.NDArray[np.float64]:
        """(n,) Euclidean distance from the centre."""
        return np.asarray(np.linalg.norm(self.outline(content) - self.centre, axis=1))


@dataclass(frozen=True)
class LabelFlipSubgroup:
    """The rows of class `victim` that are nearest to one of them are called `target`.

    Parameters
    ----------
    rate
        Share of all rows that become poison.
    victim, target
        Class codes: what the rows are, and what they are called.
    source
        Code of the only source whose rows may be touched.

    References
    ----------
    Jagielski, Severi, Pousette Harger, Oprea: Subpopulation data poisoning attacks
    (arXiv 2006.14026), section 3.2, clusters.
    """

    rate: float = 0.03
    victim: int = 1
    target: int = 0
    source: int | None = None

    name: ClassVar[str] = "label-flip-subgroup"
    family: ClassVar[str] = "flip"
    modalities: ClassVar[frozenset[Modality]] = frozenset(Modality)
    paper: ClassVar[str] = "Jagielski et al. 2021, arXiv 2006.14026"

    def poison(self, sample: Sample, rng: np.random.Generator) -> Poisoned:
        """Flip a neighbourhood; test rows in it are the ones to be misread."""
        check_pair(sample, self.victim, self.target)
        count = count_of(sample, self.rate)
        mask = allowed(sample, self.source) & (sample.labels == self.victim)
        pool = np.flatnonzero(mask)
        if pool.size < count:
            raise UsageError(f"the attack needs {count} rows, may touch {pool.size}: lower rate")
        outline = fit_outline(sample.content, rng)
        centre = outline(sample.content.take(pool[[rng.integers(pool.size)]]))[0]
        distance = Near(outline, centre, 0.0).distance(sample.content.take(pool))
        order = np.argsort(distance, kind="stable")[:count]
        rows = np.sort(pool[order])
        names = sample.classes
        return Poisoned(
            sample=relabel(sample, rows, self.target),
            truth=mask_of(sample, rows),
            trigger=f"none: a subgroup of {names[self.victim]} called {names[self.target]}",
            target=self.target,
            victims=(self.victim,),
            about=Near(outline, centre, float(distance[order[-1]])),
        )
