"""Plain numbers for any content, where an attacker needs to know what is near what.

No trained network and no labels: standardised cells, latent semantics, reduced pixels.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from sklearn.decomposition import PCA, TruncatedSVD
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import StratifiedKFold
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from foretaste.attack.contract import Sample
from foretaste.types import Content, Images, Table, Texts

__all__ = ["Outline", "fit_outline", "guess"]

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Outline:
    """A fitted map from content to (n, d) float64."""

    flatten: Callable[[Content], Any]
    model: Any

    def __call__(self, content: Content) -> Floats:
        """(n, d) coordinates."""
        return np.asarray(self.model.transform(self.flatten(content)), dtype=np.float64)


def fit_outline(content: Content, rng: np.random.Generator, width: int = 40) -> Outline:
    """Fit an outline of at most `width` coordinates (tables: all cells) on `content`."""
    seed = int(rng.integers(2**31))
    if isinstance(content, Texts):
        words = TfidfVectorizer(sublinear_tf=True, min_df=2)
        size = words.fit_transform(content.values).shape[1]
        reduced = TruncatedSVD(min(width, size - 1), random_state=seed)
        model = make_pipeline(words, reduced, StandardScaler())
        return _fitted(_strings, model, content)
    if isinstance(content, Images):
        size = min(width, len(content) - 1, _pooled(content).shape[1])
        model = make_pipeline(PCA(size, random_state=seed), StandardScaler())
        return _fitted(_pooled, model, content)
    return _fitted(_cells, StandardScaler(), content)


def guess(sample: Sample, rng: np.random.Generator) -> Floats:
    """(n, k) probabilities of each class by models that did not see the row (five folds)."""
    places = fit_outline(sample.content, rng)(sample.content)
    k = len(sample.classes)
    folds = min(5, int(np.bincount(sample.labels)[np.unique(sample.labels)].min()))
    chances = np.full((len(sample), k), 1e-6)
    if folds < 2:
        return chances + 1 / k
    split = StratifiedKFold(folds, shuffle=True, random_state=int(rng.integers(2**31)))
    for seen, held in split.split(places, sample.labels):
        model = LogisticRegression(C=0.1, max_iter=2000)
        model.fit(places[seen], sample.labels[seen])
        chances[np.ix_(held, model.classes_)] += model.predict_proba(places[held])
    return np.asarray(chances / chances.sum(axis=1, keepdims=True), dtype=np.float64)


def _fitted(flatten: Callable[[Content], Any], model: Any, content: Content) -> Outline:
    model.fit(flatten(content))
    return Outline(flatten, model)


def _strings(content: Content) -> Any:
    return content.values


def _pooled(content: Content) -> Floats:
    """(n, d) grey levels averaged over blocks, so that a side has about 8."""
    values = content.values.astype(np.float64).mean(axis=3)
    for axis in (1, 2):
        side = values.shape[axis]
        cuts = np.unique(np.linspace(0, side, min(8, side) + 1).astype(int))[:-1]
        values = np.add.reduceat(values, cuts, axis=axis)
    return np.asarray(values.reshape(len(values), -1), dtype=np.float64)


def _cells(content: Content) -> Floats:
    """(n, d) numbers as signed logarithms, categories one-hot, missing cells 0 with a flag."""
    assert isinstance(content, Table)  # chosen by fit_outline
    columns: list[Floats] = []
    for i, name in enumerate(content.names):
        column = content.values[:, i]
        levels = content.categories.get(name)
        if levels is not None:
            columns.extend((column == code).astype(float) for code in range(len(levels)))
        else:
            filled = np.nan_to_num(column)
            columns.append(np.sign(filled) * np.log1p(np.abs(filled)))
            columns.append(np.isnan(column).astype(float))
    return np.column_stack(columns)
