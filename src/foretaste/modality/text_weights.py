"""What texts weigh: hashed words, word pairs and character runs by inverse document frequency."""

from __future__ import annotations

import zlib
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy import sparse

from foretaste.modality.words import words
from foretaste.types import Ints

__all__ = [
    "KeptGrams",
    "TextWeights",
    "character_counts",
    "cut",
    "fit_kept",
    "fit_weights",
    "main_directions",
]

Features = npt.NDArray[np.float32]

ENCODED_CHARACTERS = 2_000  # of a longer text the beginning and the end are read
CHARACTER_WEIGHT = 0.7
BUCKETS = 2**18  # n-grams are hashed: an encoder needs no dictionary of what it saw
COLUMNS = 30_000  # most frequent n-grams kept of either kind
MIN_ROWS = 2  # an n-gram of a single row says nothing about another


def cut(text: str) -> str:
    """The beginning and the end of a text: a row of ten gigabytes is not encoded whole."""
    if len(text) <= ENCODED_CHARACTERS:
        return text
    tail = ENCODED_CHARACTERS // 4
    return f"{text[: ENCODED_CHARACTERS - tail]} {text[-tail:]}"


def _mix(h: npt.NDArray[np.uint64]) -> npt.NDArray[np.int64]:
    """Buckets of 64-bit keys (the finaliser spreads neighbouring keys)."""
    h = h ^ (h >> np.uint64(33))
    h = h * np.uint64(0xFF51AFD7ED558CCD)
    h = h ^ (h >> np.uint64(33))
    return (h & np.uint64(BUCKETS - 1)).astype(np.int64)


def _counts(rows: list[Ints], keys: list[npt.NDArray[np.uint64]], n: int) -> sparse.csr_matrix:
    """(n, BUCKETS) how often each hashed key occurs in each row."""
    r, c = np.concatenate(rows), _mix(np.concatenate(keys))
    ones = np.ones(len(r), dtype=np.float32)
    return sparse.coo_matrix((ones, (r, c)), shape=(n, BUCKETS)).tocsr()


def _word_counts(texts: Sequence[str]) -> sparse.csr_matrix:
    """Words and pairs of neighbouring words."""
    known: dict[str, int] = {}
    held = [words(t) for t in texts]
    codes = [
        known.setdefault(w, zlib.crc32(w.encode("utf-8", "surrogatepass")))
        for ws in held
        for w in ws
    ]
    sizes = np.array([len(ws) for ws in held], dtype=np.int64)
    row = np.repeat(np.arange(len(texts)), sizes)
    key = np.array(codes, dtype=np.uint64)
    inside = row[1:] == row[:-1]
    pair = key[:-1] * np.uint64(0x9E3779B97F4A7C15) + key[1:] + np.uint64(1 << 40)
    return _counts([row, row[1:][inside]], [key, pair[inside]], len(texts))


def character_counts(texts: Sequence[str]) -> sparse.csr_matrix:
    """Runs of two to four characters; white space counts as one blank."""
    held = [f" {' '.join(t.lower().split())} " for t in texts]
    sizes = np.array([len(t) for t in held], dtype=np.int64)
    row = np.repeat(np.arange(len(held)), sizes)
    # lone surrogates are legal in a Python string and must not stop a scan
    raw = "".join(held).encode("utf-32-le", "surrogatepass")
    character = np.frombuffer(raw, dtype=np.uint32).astype(np.uint64)
    key = character.copy()
    rows, keys = [], []
    for length in (2, 3, 4):
        key = key[:-1] * np.uint64(0x9E3779B97F4A7C15) + character[length - 1 :]
        inside = row[: len(key)] == row[length - 1 :]
        rows.append(row[: len(key)][inside])
        keys.append(key[inside] + np.uint64(length << 56))
    return _counts(rows, keys, len(texts))


@dataclass(frozen=True)
class KeptGrams:
    """Which hashed n-grams are kept, and what they weigh."""

    kept: Ints  # buckets, ascending
    idf: Features

    def __call__(self, counts: sparse.csr_matrix) -> sparse.csr_matrix:
        """(n, kept) unit rows of damped counts by inverse document frequency."""
        x = counts[:, self.kept]
        x.data = (1.0 + np.log(x.data)) * self.idf[x.indices]
        norm = np.sqrt(np.asarray(x.multiply(x).sum(axis=1), dtype=np.float64)).ravel()
        x.data /= np.repeat(np.maximum(norm, 1e-9), np.diff(x.indptr)).astype(np.float32)
        return x


def fit_kept(counts: sparse.csr_matrix) -> KeptGrams:
    """The most frequent n-grams and what they weigh."""
    n = counts.shape[0]
    rows = np.bincount(counts.indices, minlength=BUCKETS)
    order = np.argsort(-rows, kind="stable")[:COLUMNS]
    kept = np.sort(order[rows[order] >= min(MIN_ROWS, n)])
    idf = np.log((1.0 + n) / (1.0 + rows[kept])) + 1.0
    return KeptGrams(kept.astype(np.int64), idf.astype(np.float32))


@dataclass(frozen=True)
class TextWeights:
    """Maps texts to sparse rows: words and word pairs, then character runs at a lower weight."""

    words: KeptGrams
    characters: KeptGrams

    def __call__(self, texts: Sequence[str]) -> sparse.csr_matrix:
        """(n, columns) sparse rows, each half of unit length."""
        held = [cut(t) for t in texts]
        return self.of_counts(_word_counts(held), character_counts(held))

    def of_counts(
        self, word_counts: sparse.csr_matrix, character_counts: sparse.csr_matrix
    ) -> sparse.csr_matrix:
        """The same of texts that are counted already."""
        parts = [self.words(word_counts), CHARACTER_WEIGHT * self.characters(character_counts)]
        joined: sparse.csr_matrix = sparse.hstack(parts, format="csr")
        return joined


def fit_weights(texts: Sequence[str]) -> tuple[TextWeights, sparse.csr_matrix]:
    """Which n-grams to keep and what they weigh, from unlabelled texts; and these texts by it.

    Counting is what takes long: it is done once for both.

    Examples
    --------
    >>> weights, rows = fit_weights(["a cat", "a dog"])
    >>> bool((weights(["a cat", "a dog"]) != rows).nnz)
    False
    """
    held = [cut(t) for t in texts]
    word_counts, characters = _word_counts(held), character_counts(held)
    weights = TextWeights(fit_kept(word_counts), fit_kept(characters))
    return weights, weights.of_counts(word_counts, characters)


def main_directions(x: sparse.csr_matrix, d: int, rng: np.random.Generator) -> Features:
    """(columns, d) leading right singular directions of sparse rows.

    Halko, Martinsson, Tropp 2011, "Finding structure with randomness", section 4.5, with one
    power iteration; the last step is a small Gram matrix, cheaper than a thin decomposition.

    Examples
    --------
    >>> import numpy as np
    >>> x = sparse.csr_matrix(np.diag([3.0, 1.0, 1.0]).astype(np.float32))
    >>> main_directions(x, 1, np.random.default_rng(0)).shape
    (3, 1)
    """
    wide = min(d + 20, *x.shape)
    start = rng.normal(size=(x.shape[0], wide)).astype(np.float32)
    basis, _ = np.linalg.qr(x @ (x.T @ start))
    projected = x.T @ basis
    spectrum, turn = np.linalg.eigh(projected.T.astype(np.float64) @ projected)
    scale = np.sqrt(np.maximum(spectrum[::-1][:d], 1e-9))
    return np.ascontiguousarray(projected @ (turn[:, ::-1][:, :d] / scale), dtype=np.float32)
