"""Detectors look at a view, and return scores and candidates that share a trigger."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Protocol, runtime_checkable

import numpy as np

from foretaste.types.arrays import Bools, Floats, Ints
from foretaste.types.content import Content
from foretaste.types.showing import Rendering
from foretaste.types.view import View
from foretaste.types.vocabulary import Family, Layer, Modality, Need

__all__ = ["Candidate", "Detector", "Scorer", "Scores", "Trigger"]


@runtime_checkable
class Trigger(Protocol):
    """Something rows share that may have been planted: a patch, a phrase, a rule ..."""

    @property
    def form(self) -> str:
        """One word for people: patch, phrase, characters, rule, blend ..."""

    def matches(self, content: Content) -> Bools:
        """(n,) which rows carry it."""

    def stamp(self, content: Content) -> Content:
        """The same rows with the trigger planted."""

    def remove(self, content: Content) -> Content:
        """The same rows with the trigger neutralised, to see what the rest of a row says."""

    def twin(self, content: Content, row: int) -> Trigger:
        """A placebo: the same shape and place, filled with what `row` of `content` has there."""

    def describe(self) -> str:
        """One short line, e.g. ``3×3 patch at rows 25–27, columns 25–27``."""

    def draw(self) -> Rendering:
        """The trigger on its own, isolated."""


@dataclass(frozen=True)
class Candidate:
    """A hypothesis of a generator: these rows belong together, and share `trigger`."""

    rows: Ints  # sorted row indices in the view
    trigger: Trigger | None
    label: int | None = None  # the class code the group is suspected to be pushed to
    goals: Ints | None = None  # (k,) where that depends on the class that a row looks like


@dataclass(frozen=True)
class Scores:
    """What a scorer saw.

    `values` is (n,) float64, finite, higher is more suspicious. `considered` counts every
    hypothesis that was looked at to arrive at `candidates`: the judge pays for all of them.
    """

    values: Floats
    candidates: tuple[Candidate, ...] = ()
    considered: int = 0


class Scorer(Protocol):
    """A fitted detector: maps a view to scores."""

    def __call__(self, view: View) -> Scores:
        """Scores of the rows of `view`, higher is more suspicious."""


class Detector(Protocol):
    """Looks, and only looks: knows no threshold, trains no victim, holds no data.

    A detector is one file in `foretaste.detect` that defines one class with these attributes;
    it is found by walking the package.
    """

    name: ClassVar[str]  # stable for ever, kebab-case
    family: ClassVar[Family]
    layer: ClassVar[Layer]
    modalities: ClassVar[frozenset[Modality]]
    needs: ClassVar[frozenset[Need]]

    def fit(self, view: View, rng: np.random.Generator) -> Scorer:
        """Learn from `view` (a sample, a history) what scoring needs."""
