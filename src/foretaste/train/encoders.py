"""Features that learn nothing from rows, so that they void no certificate.

Each transformer is a fixed function of one row: hashes of words and cells, and filters whose signs
come from a counter. There is nothing to fit, so nothing an attacker's row could move in another's
features. What they lose against learnt features is the price of the promise.
"""

from __future__ import annotations

from typing import Any, Self

import numpy as np
import numpy.typing as npt
from scipy import sparse
from sklearn.base import BaseEstimator, TransformerMixin
from sklearn.feature_extraction.text import HashingVectorizer
from sklearn.utils.murmurhash import murmurhash3_32

__all__ = ["FixedConvolutions", "HashedCells", "HashedTexts", "as_number"]

Features = npt.NDArray[np.float32]


class _Stateless(TransformerMixin, BaseEstimator):  # type: ignore[misc]  # no stubs
    """A transformer with nothing to fit, and says so to whoever asks."""

    def fit(self, X: Any, y: Any = None) -> Self:
        """Nothing is learnt."""
        del X, y
        return self

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.requires_fit = False
        tags.input_tags.two_d_array = False
        return tags


class HashedTexts(_Stateless):
    """Words, word pairs and runs of 3 to 5 characters, hashed; damped counts, unit rows.

    Parameters
    ----------
    bits
        2 to this power columns for each of the two kinds.

    Examples
    --------
    >>> HashedTexts(10).fit_transform(["good film", "bad film"]).shape
    (2, 2048)
    """

    def __init__(self, bits: int = 15) -> None:
        self.bits = bits

    def transform(self, X: Any) -> sparse.csr_matrix:
        """(n, 2 · 2^bits) sparse float32."""
        texts = [str(text) for text in X]
        shared = {"n_features": 2**self.bits, "norm": None, "alternate_sign": True}
        words = HashingVectorizer(ngram_range=(1, 2), **shared)
        runs = HashingVectorizer(analyzer="char_wb", ngram_range=(3, 5), **shared)
        parts = [_damped(v.transform(texts)) for v in (words, runs)]
        return sparse.csr_matrix(sparse.hstack(parts), dtype=np.float32)


def _damped(counts: Any) -> Any:
    """Signed 1 + log of counts, unit rows."""
    x = counts.astype(np.float64)
    x.data = np.sign(x.data) * (1.0 + np.log(np.maximum(np.abs(x.data), 1.0)))
    length = np.sqrt(np.asarray(x.multiply(x).sum(axis=1)).ravel())
    return sparse.diags_array(1.0 / np.maximum(length, 1e-9)) @ x


class HashedCells(_Stateless):
    """Numbers as they are and damped, words as hashed indicators, and whether a cell is empty.

    What a cell is, a number or a word, is told by the cell and not by its column: a word that an
    attacker puts into a column of numbers changes its own row only. Missing numbers are 0.

    Parameters
    ----------
    levels
        Indicator columns for the words of each column.

    Examples
    --------
    >>> import numpy as np
    >>> X = np.array([[39.0, "Private"], [50.0, None]], dtype=object)
    >>> HashedCells(8).fit_transform(X).shape
    (2, 22)
    """

    def __init__(self, levels: int = 32) -> None:
        self.levels = levels

    def transform(self, X: Any) -> Features:
        """(n, columns · (3 + levels)) float32."""
        values = np.asarray(X, dtype=object)
        columns = [self._column(j, values[:, j].tolist()) for j in range(values.shape[1])]
        return np.hstack(columns).astype(np.float32)

    def _column(self, at: int, cells: list[Any]) -> npt.NDArray[np.float64]:
        out = np.zeros((len(cells), 3 + self.levels))
        for row, cell in enumerate(cells):
            number = as_number(cell)
            if number is not None:
                out[row, 0] = np.clip(number, -1e12, 1e12)
                out[row, 1] = np.sign(number) * np.log1p(abs(out[row, 0]))
            elif isinstance(cell, str) and cell:
                bucket = murmurhash3_32(cell, seed=at, positive=True) % self.levels
                out[row, 3 + bucket] = 1.0
            else:
                out[row, 2] = 1.0
        return out


def as_number(cell: Any) -> float | None:
    """The finite number that a cell holds or spells; None for words and for what is missing.

    Examples
    --------
    >>> as_number("2.50"), as_number(7), as_number("north"), as_number(float("nan"))
    (2.5, 7.0, None, None)
    """
    try:
        number = float(cell)
    except (TypeError, ValueError):
        return None
    return number if np.isfinite(number) else None


class FixedConvolutions(_Stateless):
    """Responses of fixed random filters, both signs, averaged over a grid of cells.

    Saxe et al. 2011, "On random weights and unsupervised feature learning": the architecture does
    most of the work of a convolution, filters drawn at random are nearly as good as learnt ones.

    Parameters
    ----------
    filters
        How many.
    patch
        Side of a filter, pixels.
    grid
        Cells a side over which responses are averaged.

    Examples
    --------
    >>> import numpy as np
    >>> FixedConvolutions(8, grid=3).fit_transform(np.zeros((2, 28, 28, 1), np.uint8)).shape
    (2, 144)
    """

    def __init__(self, filters: int = 48, patch: int = 5, grid: int = 5) -> None:
        self.filters = filters
        self.patch = patch
        self.grid = grid

    def transform(self, X: Any) -> Features:
        """(n, 2 · filters · grid²) float32."""
        values = np.asarray(X)
        blocks = [self._block(values[i : i + 200]) for i in range(0, len(values), 200)]
        return np.concatenate(blocks)

    def _block(self, values: npt.NDArray[np.uint8]) -> Features:
        windows = np.lib.stride_tricks.sliding_window_view(
            values.astype(np.float32) / np.float32(255), (self.patch, self.patch), axis=(1, 2)
        )
        flat = windows.reshape(*windows.shape[:3], -1)
        response = flat @ _signs(flat.shape[3], self.filters)
        both = np.concatenate([np.maximum(response, 0), np.maximum(-response, 0)], axis=3)
        edges = [np.linspace(0, side, self.grid + 1).astype(int)[:-1] for side in both.shape[1:3]]
        summed = np.add.reduceat(np.add.reduceat(both, edges[0], axis=1), edges[1], axis=2)
        area = both.shape[1] * both.shape[2] / self.grid**2
        return np.sqrt(summed / np.float32(area)).reshape(len(values), -1).astype(np.float32)


def _signs(size: int, filters: int) -> Features:
    """(size, filters) ±1 less their mean, unit length; raw bits of a counter, the same for ever."""
    words = np.random.Philox(key=0).random_raw(size * filters // 64 + 1)
    bits = np.unpackbits(words.astype(">u8").view(np.uint8))[: size * filters]
    signs = 2.0 * bits.reshape(size, filters) - 1.0
    signs -= signs.mean(axis=0)
    return np.asarray(signs / np.linalg.norm(signs, axis=0), dtype=np.float32)
