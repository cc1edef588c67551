"""The gist of a text: what its words mean, and roughly how it is spelled."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from foretaste.modality.text_weights import (
    KeptGrams,
    character_counts,
    cut,
    fit_kept,
    main_directions,
)
from foretaste.modality.word_meaning import MeaningEncoder, fit_meaning
from foretaste.modality.words import as_texts
from foretaste.types import Content

__all__ = ["GistEncoder", "fit_coarse"]

Features = npt.NDArray[np.float32]

DIMENSIONS = 60  # of spelling; few, so that a planted token gets none of its own
ROWS_FOR_FIT = 4_000
BATCH = 2_000


@dataclass(frozen=True)
class GistEncoder:
    """Mean word vectors beside the main directions of character runs, each of unit length.

    Meaning alone is weak where little words decide (who, how many), spelling alone where topics
    do; a weak second view would leave no group surprising.
    """

    meaning: MeaningEncoder
    characters: KeptGrams
    basis: Features  # (character runs, d)

    def __call__(self, content: Content) -> Features:
        """(n, ≤ 120) float32 features."""
        texts = [cut(str(t)) for t in as_texts(content).values]
        spelling = np.zeros((len(texts), self.basis.shape[1]), dtype=np.float32)
        for start in range(0, len(texts), BATCH):
            x = self.characters(character_counts(texts[start : start + BATCH])) @ self.basis
            x /= np.maximum(np.linalg.norm(x, axis=1, keepdims=True), 1e-9)
            spelling[start : start + BATCH] = x
        return np.hstack([self.meaning(content), spelling])


def fit_coarse(content: Content, rng: np.random.Generator) -> GistEncoder:
    """A second, different label-free view for the neighbour head.

    Examples
    --------
    >>> import numpy as np
    >>> from foretaste.modality.words import texts_of
    >>> texts = texts_of([f"{a} likes {b} cats" for a in "xyz" for b in ("big", "old")] * 9)
    >>> fit_coarse(texts, np.random.default_rng(0))(texts).shape
    (54, 19)
    """
    values = as_texts(content).values
    meaning = fit_meaning(content, rng)
    rows = np.sort(rng.choice(len(values), size=min(len(values), ROWS_FOR_FIT), replace=False))
    counts = character_counts([cut(str(t)) for t in values[rows]])
    characters = fit_kept(counts)
    x = characters(counts)
    d = max(1, min(DIMENSIONS, len(rows) // 4, x.shape[1]))
    if not x.nnz:  # nothing but empty texts
        return GistEncoder(meaning, characters, np.zeros((x.shape[1], 1), dtype=np.float32))
    return GistEncoder(meaning, characters, main_directions(x, d, rng))
