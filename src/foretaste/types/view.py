"""What may be seen of the rows of a data set, made once and read-only."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Protocol

import numpy as np
import numpy.typing as npt

from foretaste.types.arrays import Floats, Ints
from foretaste.types.content import Content
from foretaste.types.vocabulary import Modality, Need

__all__ = ["Encoder", "Head", "View"]


class Encoder(Protocol):
    """A fitted, label-free map from content to features."""

    def __call__(self, content: Content) -> npt.NDArray[np.float32]:
        """(n, d) float32 features of `content`."""


class Head(Protocol):
    """A model of the label given label-free features, from which rows can be left out exactly."""

    @property
    def name(self) -> str:
        """Which view of the rows it reads."""

    @property
    def foreign(self) -> bool:
        """Whether its encoder was made elsewhere, for whole rows."""

    def leave_one_out(self) -> Floats:
        """(n, k) probabilities of each row's class by the model that never saw that row."""

    def similarity(self, rows: Ints) -> Floats:
        """(len(rows), len(rows)) cosine similarity of `rows` in the head's features."""

    def leave_out(self, rows: Ints, content: Content | None = None) -> Floats:
        """(len(rows), k) probabilities for `rows` by the model that never saw any of them.

        `content`, where given, replaces the rows' own at prediction (trigger removed).
        """


@dataclass(frozen=True)
class View:
    """What detectors may see of n rows. Parts not asked for are None."""

    modality: Modality
    labels: Ints  # (n,) class codes
    classes: tuple[str, ...]  # (k,) names
    ids: npt.NDArray[np.object_]  # (n,) str
    content: Content | None = None
    features: npt.NDArray[np.float32] | None = None  # (n, d) label-free
    encoder: Encoder | None = None  # what made `features`
    heads: tuple[Head, ...] | None = None
    opinions: Mapping[str, Floats] = field(default_factory=dict)  # further (n, k) out-of-fold
    sources: Ints | None = None  # (n,) codes into source_names
    source_names: tuple[str, ...] = ()
    times: Floats | None = None  # (n,) seconds since the epoch, NaN where unknown

    def __len__(self) -> int:
        return int(self.labels.shape[0])

    def only(self, needs: frozenset[Need]) -> View:
        """The same rows, with only the declared parts: what a detector is handed."""
        return replace(
            self,
            content=self.content if Need.CONTENT in needs else None,
            features=self.features if Need.FEATURES in needs else None,
            encoder=self.encoder if Need.FEATURES in needs else None,
            heads=self.heads if Need.HEADS in needs else None,
            opinions=self.opinions if Need.HEADS in needs else {},
            sources=self.sources if Need.SOURCES in needs else None,
            source_names=self.source_names if Need.SOURCES in needs else (),
            times=self.times if Need.TIMES in needs else None,
        )
