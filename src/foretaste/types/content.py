"""The rows themselves: a table, texts or images; and the columns that play a part."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, ClassVar

import numpy as np
import numpy.typing as npt

from foretaste.types.arrays import Floats
from foretaste.types.vocabulary import Modality

__all__ = ["Content", "Images", "Roles", "Table", "Texts"]


@dataclass(frozen=True)
class Table:
    """n rows of d columns.

    `values` is (n, d) float64; a categorical column holds the index into `categories[name]`;
    a missing cell is NaN. Columns without an entry in `categories` are numeric.
    """

    names: tuple[str, ...]
    values: Floats
    categories: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    modality: ClassVar[Modality] = Modality.TABLE

    def __len__(self) -> int:
        return int(self.values.shape[0])

    def take(self, rows: npt.NDArray[Any]) -> Table:
        """The same columns, only `rows` (indices or a mask)."""
        return replace(self, values=self.values[rows])


@dataclass(frozen=True)
class Texts:
    """n texts; `values` is (n,) of Python str (object dtype)."""

    values: npt.NDArray[np.object_]

    modality: ClassVar[Modality] = Modality.TEXT

    def __len__(self) -> int:
        return int(self.values.shape[0])

    def take(self, rows: npt.NDArray[Any]) -> Texts:
        """Only `rows` (indices or a mask)."""
        return replace(self, values=self.values[rows])


@dataclass(frozen=True)
class Images:
    """n images of one size; `values` is (n, height, width, channels) uint8, channels 1 or 3.

    Larger originals are reduced to the working size; `original` keeps (height, width) of the
    most frequent original size, in pixels.
    """

    values: npt.NDArray[np.uint8]
    original: tuple[int, int] | None = None

    modality: ClassVar[Modality] = Modality.IMAGE

    def __len__(self) -> int:
        return int(self.values.shape[0])

    def take(self, rows: npt.NDArray[Any]) -> Images:
        """Only `rows` (indices or a mask)."""
        return replace(self, values=self.values[rows])


Content = Table | Texts | Images


@dataclass(frozen=True)
class Roles:
    """Which column plays which part. Stated by the user or inferred, always shown."""

    label: str
    source: str | None = None
    id: str | None = None
    time: str | None = None
    text: str | None = None
    image: str | None = None
    embedding: str | None = None
    features: tuple[str, ...] = ()
