"""A data set as a partitioned classifier takes it: content, labels, sources, and how it is read."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from sklearn.ensemble import ExtraTreesClassifier
from sklearn.linear_model import LogisticRegression, RidgeClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from foretaste.data import Dataset
from foretaste.errors import UsageError
from foretaste.train.encoders import FixedConvolutions, HashedCells, HashedTexts, as_number
from foretaste.train.partition import content_digests
from foretaste.types import Content, Images, Modality, Table

__all__ = ["MODELS", "LabelledRows", "Reading", "labelled_rows", "raw_content", "reading_of"]

MODELS = ("linear", "trees")
MOST_CLASSES = 200


@dataclass(frozen=True)
class LabelledRows:
    """n rows.

    Attributes
    ----------
    X
        (n,) texts, (n, h, w, c) pixels, (n, d) cells or embeddings: nothing in it was fitted.
    y
        (n,) class names.
    sources
        (n,) names, or None.
    digests
        32 bytes a row, of the content.
    """

    X: Any
    y: npt.NDArray[np.object_]
    sources: npt.NDArray[np.object_] | None
    digests: tuple[bytes, ...]

    def __len__(self) -> int:
        return len(self.y)

    def take(self, rows: npt.NDArray[Any]) -> LabelledRows:
        """Only `rows` (indices or a mask)."""
        kept = np.arange(len(self))[rows]
        return LabelledRows(
            X=self.X[kept],
            y=self.y[kept],
            sources=None if self.sources is None else self.sources[kept],
            digests=tuple(self.digests[row] for row in kept.tolist()),
        )

    def share(self, low: float, high: float) -> npt.NDArray[np.bool_]:
        """(n,) rows whose own hash lies in this part of 0 to 1, about `high - low` of all.

        A row falls by its content alone: drawing lots over all rows would let one inserted row
        move others between training and test, and no certificate would hold.
        """
        tails = np.frombuffer(b"".join(d[8:16] for d in self.digests), dtype=">u8")
        place = tails.astype(np.float64) / 2.0**64
        return np.asarray((low <= place) & (place < high))


@dataclass(frozen=True)
class Reading:
    """How rows become a prediction: fixed features, if any, and the base model."""

    features: Any
    base: Any


def reading_of(modality: Modality, *, embedded: bool, model: str) -> Reading:
    """Fixed features and a base model for the rows of a modality.

    Parameters
    ----------
    modality, embedded
        What the rows are; `embedded` where they come with their own features.
    model
        "linear", or for tables "trees".

    Examples
    --------
    >>> reading_of(Modality.TEXT, embedded=False, model="linear").base
    RidgeClassifier(random_state=0)
    """
    if model not in MODELS:
        raise UsageError(f"model must be one of {', '.join(MODELS)}, got {model!r}")
    plain_table = modality is Modality.TABLE and not embedded
    if model == "trees":
        if not plain_table:
            raise UsageError(f"model 'trees' is for tables, got {modality.value}; use 'linear'")
        trees = ExtraTreesClassifier(30, min_samples_leaf=2, random_state=0)
        return Reading(HashedCells(), trees)
    if embedded:
        return Reading(None, make_pipeline(StandardScaler(), RidgeClassifier(100, random_state=0)))
    if modality is Modality.TEXT:
        return Reading(HashedTexts(), RidgeClassifier(random_state=0))
    if plain_table:
        logistic = LogisticRegression(C=0.1, max_iter=300, random_state=0)
        return Reading(HashedCells(), make_pipeline(StandardScaler(), logistic))
    ridge = RidgeClassifier(10.0, random_state=0)
    return Reading(FixedConvolutions(), make_pipeline(StandardScaler(), ridge))


def labelled_rows(data: Dataset) -> LabelledRows:
    """The rows of a data set, read so that no row depends on another."""
    codes, classes = data.labels()
    if len(classes) > MOST_CLASSES:
        raise UsageError(
            f"column {data.roles.label!r} holds {len(classes)} different labels, at most "
            f"{MOST_CLASSES} can be told apart by a vote; name the label column with --label"
        )
    embedding = data.embedding()
    X = raw_content(data.content()) if embedding is None else np.asarray(embedding)
    found = data.sources()
    sources = None if found is None else np.array(found[1], dtype=object)[found[0]]
    y = np.array(classes, dtype=object)[codes]
    return LabelledRows(X, y, sources, tuple(content_digests(X)))


def raw_content(content: Content) -> npt.NDArray[Any]:
    """Texts and pixels as they are; of a table, what each cell says, not its column's code.

    A cell that spells a number is that number, whether its column was read as numbers or as words:
    one word in a column of numbers turns the column, and must not move the other rows.
    """
    if not isinstance(content, Table):
        return content.values if isinstance(content, Images) else np.asarray(content.values)
    out = np.empty(content.values.shape, dtype=object)
    for j, name in enumerate(content.names):
        levels = content.categories.get(name)
        said = None if levels is None else [_number_or_word(level) for level in levels]
        out[:, j] = [
            None if np.isnan(v) else (v if said is None else said[int(v)])
            for v in content.values[:, j].tolist()
        ]
    return out


def _number_or_word(level: str) -> float | str:
    number = as_number(level)
    return level if number is None else number
