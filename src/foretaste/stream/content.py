"""What the guard sees of contents: terms, a vector for its own model, and what is a copy of what.

Fixed functions of one row, without a fitted vocabulary: no row can move how another one is seen,
and memory does not grow with the stream.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy import sparse
from scipy.sparse.csgraph import connected_components
from sklearn.feature_extraction.text import HashingVectorizer
from sklearn.preprocessing import normalize

from foretaste.stream.batch import Batch

__all__ = ["TERMS", "Eye", "Seen", "copies"]

TERMS = 2**18  # hashed terms a text can hold
_TOKEN = r"(?u)\b\w+\b|[^\w\s]"  # noqa: S105 - a pattern of words, no secret
_BANDS, _PER_BAND = 4, 2  # of the min-hashes: copies share at least one band
_COPY = 0.75  # cosine of two sets of terms from which on they are one content
_TABLES, _BITS = 2, 6  # of the buckets that stand for terms where the content is numbers
_PRIME = np.uint64(2**31 - 1)

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Seen:
    """Contents of n rows as the guard sees them.

    Attributes
    ----------
    terms
        (n, TERMS) sparse, 1 where a row holds a term.
    x
        (n, width + 1): what its own model reads; the last column is 1.
    """

    terms: sparse.csr_matrix
    x: npt.NDArray[np.float32]

    def take(self, rows: npt.NDArray[Any]) -> Seen:
        """Rows by number or by mask."""
        return Seen(self.terms[rows], self.x[rows])

    def joined(self, others: Seen) -> Seen:
        """These rows, and then others."""
        terms = sparse.vstack([self.terms, others.terms], format="csr")
        return Seen(terms, np.concatenate([self.x, others.x]))

    def __len__(self) -> int:
        return len(self.x)


class Eye:
    """Turns contents into what is seen of them; the same for all rows and all times.

    Parameters
    ----------
    width
        Numbers that a text is seen as. Vectors keep their own length.
    centre, spread
        (d,) each, of vectors: from trusted history, never from the stream.
    """

    def __init__(
        self, width: int, centre: Floats | None = None, spread: Floats | None = None
    ) -> None:
        self.width, self.centre, self.spread = width, centre, spread
        self._words = HashingVectorizer(
            n_features=TERMS, binary=True, norm=None, alternate_sign=False, token_pattern=_TOKEN
        )
        self._fold = _fold(width)

    @classmethod
    def of(cls, width: int, history: Batch) -> Eye:
        """An eye for contents such as those of a trusted history."""
        if history.vectors is None:
            return cls(width)
        values = history.vectors.astype(np.float64)
        return cls(width, values.mean(axis=0), values.std(axis=0) + 1e-6)

    def see(self, rows: Batch) -> Seen:
        """Look at rows."""
        if rows.vectors is None:
            terms = self._words.transform(rows.texts).astype(np.float32)
            x = normalize(terms @ self._fold).toarray()
        else:
            x = self._standardised(rows.vectors)
            terms = self._buckets(x)
        return Seen(terms, np.hstack([x, np.ones((len(x), 1))]).astype(np.float32))

    def _standardised(self, vectors: npt.NDArray[np.float32]) -> Floats:
        if self.centre is None or self.spread is None:
            return np.asarray(vectors / np.sqrt(vectors.shape[1]), dtype=np.float64)
        z = np.clip((vectors - self.centre) / self.spread, -4, 4)
        return np.asarray(z / np.sqrt(vectors.shape[1]))

    def _buckets(self, x: Floats) -> sparse.csr_matrix:
        """Which cells of random partitions of space the rows are in."""
        planes = np.random.default_rng(0).normal(size=(x.shape[1], _TABLES * _BITS))
        bits = (x @ planes > 0).reshape(len(x), _TABLES, _BITS)
        cells = bits @ (1 << np.arange(_BITS)) + np.arange(_TABLES) * 2**_BITS
        pointer = np.arange(0, len(x) * _TABLES + 1, _TABLES)
        ones = np.ones(cells.size, dtype=np.float32)
        return sparse.csr_matrix((ones, cells.ravel(), pointer), shape=(len(x), TERMS))


def _fold(width: int) -> sparse.csr_matrix:
    """(TERMS, width): each term goes to one number, with a sign: hashing keeps inner products."""
    rng = np.random.default_rng(0)
    signs = (2 * rng.integers(2, size=TERMS) - 1).astype(np.float32)
    places = rng.integers(width, size=TERMS)
    return sparse.csr_matrix((signs, places, np.arange(TERMS + 1)), shape=(TERMS, width))


def copies(seen: Seen) -> Ints:
    """(n,) which content each row holds: near copies are one content.

    Min-hashes find pairs that may share most of their terms (Broder 1997); their cosine decides.
    """
    n = len(seen)
    terms = seen.terms
    counts = np.diff(terms.indptr)
    rows = np.flatnonzero(counts)
    if n == 0 or not len(rows):
        return np.arange(n)
    keys = _band_keys(terms, rows)
    firsts, seconds = [], []
    for band in range(_BANDS):
        order = np.argsort(keys[band], kind="stable")
        same = keys[band][order][1:] == keys[band][order][:-1]
        start = np.r_[True, ~same]
        first = order[np.maximum.accumulate(np.where(start, np.arange(len(order)), 0))]
        firsts.append(rows[np.r_[order[:-1][same], first[1:][same]]])
        seconds.append(rows[np.r_[order[1:][same], order[1:][same]]])
    a, b = np.concatenate(firsts), np.concatenate(seconds)
    shared = np.asarray(terms[a].multiply(terms[b]).sum(axis=1)).ravel()
    alike = shared >= _COPY * np.sqrt(counts[a] * counts[b])
    links = sparse.coo_matrix((np.ones(alike.sum()), (a[alike], b[alike])), shape=(n, n))
    return np.asarray(connected_components(links, directed=False)[1], dtype=np.int64)


def _band_keys(terms: sparse.csr_matrix, rows: Ints) -> list[npt.NDArray[np.uint64]]:
    """For each band, one number a row that copies are likely to share."""
    rng = np.random.default_rng(1)
    draws = rng.integers(1, int(_PRIME), size=(2, _BANDS * _PER_BAND), dtype=np.uint64)
    starts = terms.indptr[:-1][rows]
    index = terms.indices.astype(np.uint64)
    keys = []
    for band in range(_BANDS):
        key = np.zeros(len(rows), dtype=np.uint64)
        for place in range(_PER_BAND):
            a, b = draws[:, band * _PER_BAND + place]
            smallest = np.minimum.reduceat((a * index + b) % _PRIME, starts)
            key = key * np.uint64(2**31) + smallest
        keys.append(key)
    return keys
