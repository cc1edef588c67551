"""What words mean, judged by the company they keep."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy import sparse
from scipy.sparse.linalg import svds

from foretaste.modality.words import as_texts, words
from foretaste.types import Content

__all__ = ["MeaningEncoder", "fit_meaning"]

Features = npt.NDArray[np.float32]

DIMENSIONS = 60
VOCABULARY = 6_000
WINDOW = 4  # words to either side that count as company
ENCODED_WORDS = 400
FREQUENT = 5e-3  # words above this share of all words are damped (Arora et al., a)


@dataclass(frozen=True)
class MeaningEncoder:
    """Mean word vector of a text, frequent words damped, what all texts share taken out.

    Arora, Liang, Ma 2017, "A simple but tough-to-beat baseline for sentence embeddings",
    algorithm 1, on word vectors of this data set. A word that few rows contain moves the mean
    little: the view is nearly blind to a planted token.
    """

    known: dict[str, int]
    vectors: Features  # (vocabulary, d), weights folded in
    common: Features  # (d,) direction that all texts share

    def __call__(self, content: Content) -> Features:
        """(n, d) float32 features, unit rows; zero where no word is known."""
        x = _word_matrix(_tokens(content), self.known) @ self.vectors
        x -= np.outer(x @ self.common, self.common)
        return np.asarray(x / np.maximum(np.linalg.norm(x, axis=1, keepdims=True), 1e-9))


def _tokens(content: Content) -> list[list[str]]:
    # a word has at most 30 characters, more or less: a gigantic text is not read to its end
    return [words(str(t)[: 30 * ENCODED_WORDS])[:ENCODED_WORDS] for t in as_texts(content).values]


def _word_matrix(tokens: list[list[str]], known: dict[str, int]) -> sparse.csr_matrix:
    """(n, vocabulary) shares of the known words in each row."""
    column = [[known[w] for w in ws if w in known] for ws in tokens]
    sizes = np.array([len(c) for c in column], dtype=np.int64)
    pointer = np.r_[0, np.cumsum(sizes)]
    index = np.array([c for cs in column for c in cs], dtype=np.int64)
    share = np.repeat(1.0 / np.maximum(sizes, 1), sizes).astype(np.float32)
    return sparse.csr_matrix((share, index, pointer), shape=(len(tokens), len(known)))


def fit_meaning(content: Content, rng: np.random.Generator) -> MeaningEncoder:
    """Learn word vectors from which words stand near each other; labels are not seen.

    Examples
    --------
    >>> import numpy as np
    >>> from foretaste.modality.words import texts_of
    >>> texts = texts_of([f"{a} likes {b} cats" for a in "xyz" for b in ("big", "old")] * 9)
    >>> fit_meaning(texts, np.random.default_rng(0))(texts).shape
    (54, 6)
    """
    tokens = _tokens(content)
    count = Counter(w for ws in tokens for w in ws)
    chosen = sorted((w for w in count if count[w] > 1), key=lambda w: (-count[w], w))[:VOCABULARY]
    known = {w: i for i, w in enumerate(chosen)}
    if len(known) < 4:
        empty = np.zeros((len(known), 1), dtype=np.float32)
        return MeaningEncoder(known, empty, np.zeros(1, dtype=np.float32))
    share = np.array([count[w] for w in chosen]) / max(1, sum(count.values()))
    damping = (FREQUENT / (FREQUENT + share)).astype(np.float32)
    vectors: Features = _vectors(tokens, known, rng) * damping[:, None]
    x = _word_matrix(tokens, known) @ vectors
    _, directions = np.linalg.eigh((x.T @ x).astype(np.float64))
    return MeaningEncoder(known, vectors, np.asarray(directions[:, -1], dtype=np.float32))


def _vectors(tokens: list[list[str]], known: dict[str, int], rng: np.random.Generator) -> Features:
    """(vocabulary, d) factors of positive pointwise mutual information within a window."""
    v = len(known)
    code = np.array([known.get(w, -1) for ws in tokens for w in ws], dtype=np.int64)
    row = np.repeat(np.arange(len(tokens)), np.array([len(ws) for ws in tokens], dtype=np.int64))
    pairs: sparse.csr_matrix = sparse.csr_matrix((v, v), dtype=np.float64)
    for step in range(1, WINDOW + 1):
        a, b = code[:-step], code[step:]
        near = (row[:-step] == row[step:]) & (a >= 0) & (b >= 0)
        ones = np.full(int(near.sum()), 1.0 / step)
        pairs = pairs + sparse.coo_matrix((ones, (a[near], b[near])), shape=(v, v)).tocsr()
    both = (pairs + pairs.T).tocoo()
    left_word, right_word = both.row, both.col
    weight = np.asarray(both.data, dtype=np.float64)
    # contexts are smoothed: Levy, Goldberg, Dagan 2015, section 3.1
    left = np.bincount(left_word, weights=weight, minlength=v)
    right = left**0.75
    expected = left[left_word] * right[right_word] / max(right.sum(), 1e-12)
    information = np.log(weight / np.maximum(expected, 1e-12))
    keep = information > 0
    matrix = sparse.csr_matrix(
        (information[keep], (left_word[keep], right_word[keep])), shape=(v, v)
    )
    if not matrix.nnz:
        return np.zeros((v, 1), dtype=np.float32)
    d = min(DIMENSIONS, v - 1)
    u, s, _ = svds(matrix, k=d, v0=rng.normal(size=v), tol=1e-2, return_singular_vectors="u")
    return np.asarray(u * np.sqrt(np.maximum(s, 0.0)), dtype=np.float32)
