"""What differs between tables, texts and images: one file each. A new modality is one file.

Each module offers ``fit_encoder``, ``fit_coarse`` (two different label-free views), ``render``
(a row as a person sees it), ``fit_learner`` (a small model trained on the labels, for proofs),
``fit_network`` (a second one, where a network learns what the first cannot) and ``fit_shared``
(what a group shares beside its trigger, where rows have parts in company).
"""

from __future__ import annotations

import importlib
from dataclasses import dataclass
from typing import Protocol, cast, runtime_checkable

import numpy as np

from foretaste.types import Content, Encoder, Floats, Ints, Modality, Rendering, Trigger

__all__ = [
    "Amplifiable",
    "Bent",
    "Blankable",
    "Bordered",
    "Change",
    "Inserted",
    "Learner",
    "ModalityTools",
    "Shared",
    "Without",
    "Written",
    "tools_of",
]


class Change(Protocol):
    """What can be planted into rows and taken out again; a `Trigger` is one."""

    def stamp(self, content: Content) -> Content:
        """The same rows with it."""

    def remove(self, content: Content) -> Content:
        """The same rows without it."""


@dataclass(frozen=True)
class Without:
    """Takes the place of a change out of any rows, whatever they have there.

    Rows that never had it become like rows from which it was removed.
    """

    change: Change

    def stamp(self, content: Content) -> Content:
        """The same rows with it."""
        return self.change.stamp(content)

    def remove(self, content: Content) -> Content:
        """The same rows with what removal leaves in its place."""
        return self.change.remove(self.change.stamp(content))


@runtime_checkable
class Bordered(Change, Protocol):
    """A trigger that ends somewhere, as a range of numbers does."""

    def beside(self, content: Content) -> list[Ints]:
        """Rows just outside, a list for each border."""

    def variety(self, content: Content) -> float:
        """Different values inside over rows inside: 1 where all differ."""

    def peers(self, content: Content) -> list[Ints]:
        """Rows that have something else in its place, a list for each such thing."""


@runtime_checkable
class Blankable(Protocol):
    """A change that can leave a gap where something was, so that nothing new is closed up."""

    def blank(self, content: Content) -> Content:
        """The same rows with gaps."""


@runtime_checkable
class Inserted(Protocol):
    """A trigger that is put into a row and takes the place of nothing."""

    def whole(self, content: Content) -> Content:
        """The rows as they were, if it was put into them."""


@runtime_checkable
class Amplifiable(Protocol):
    """A trigger that may be stronger when it is used than where it was found."""

    def amplified(self) -> Trigger:
        """The same, as strong as an attacker would use it."""


@runtime_checkable
class Bent(Protocol):
    """A trigger that moves what a row shows, and adds nothing to it."""

    @property
    def field(self) -> Floats:
        """From where each part is taken."""


@runtime_checkable
class Written(Protocol):
    """A trigger that is written over a row, value by value, whatever was there."""

    def borne(self, content: Content) -> Floats:
        """(n,) share of its values that each row has."""


class Shared(Protocol):
    """Finds what the rows of a group share beside their trigger."""

    def __call__(self, rows: Ints, trigger: Trigger) -> Change:
        """A change that removes both."""


class Learner(Protocol):
    """A model trained on the labels, poison included."""

    def __call__(self, content: Content) -> Floats:
        """(n, k) class scores; the highest is the prediction."""


class ModalityTools(Protocol):
    """What a modality's module offers."""

    def fit_encoder(self, content: Content, rng: np.random.Generator) -> Encoder:
        """A detailed, label-free encoder."""

    def fit_coarse(self, content: Content, rng: np.random.Generator) -> Encoder:
        """A different, coarser one of few dimensions."""

    def fit_learner(
        self,
        content: Content,
        labels: Ints,
        n_classes: int,
        rng: np.random.Generator,
        encoder: Encoder | None = None,
    ) -> Learner:
        """A small model of the labels that learns triggers as a real one would.

        It may look through `encoder`, which never saw a label, instead of one of its own.
        """

    def fit_network(
        self, content: Content, labels: Ints, n_classes: int, rng: np.random.Generator
    ) -> Learner | None:
        """A network, where one learns more and the extra for it is installed; else None."""

    def fit_shared(self, content: Content) -> Shared | None:
        """Where rows are made of parts that come in company, as words do; else None."""

    def render(self, content: Content, row: int, trigger: Trigger | None = None) -> Rendering:
        """One row for a person, the trigger marked where it has one."""


def tools_of(modality: Modality) -> ModalityTools:
    """The module of `modality`.

    Examples
    --------
    >>> tools_of(Modality.IMAGE).__name__
    'foretaste.modality.image'
    """
    module = importlib.import_module(f"{__name__}.{modality.value}")
    return cast("ModalityTools", module)
