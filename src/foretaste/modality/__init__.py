"""What differs between tables, texts and images: one file each. A new modality is one file.

Each module offers ``fit_encoder``, ``fit_coarse`` (two different label-free views), ``render``
(a row as a person sees it) and ``fit_learner`` (a small model trained on the labels, for proofs).
"""

from __future__ import annotations

import importlib
from typing import Protocol, cast

import numpy as np

from foretaste.types import Content, Encoder, Floats, Ints, Modality, Rendering, Trigger

__all__ = ["Learner", "ModalityTools", "tools_of"]


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
        self, content: Content, labels: Ints, n_classes: int, rng: np.random.Generator
    ) -> Learner:
        """A small model of the labels that learns triggers as a real one would."""

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
