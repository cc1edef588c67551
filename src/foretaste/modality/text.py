"""Texts: label-free encoders and how a text is shown to a person."""

from __future__ import annotations

import zlib
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy import sparse

from foretaste.modality.word_meaning import fit_coarse
from foretaste.modality.words import as_texts, words
from foretaste.types import Content, Ints, Rendering, Span

__all__ = ["TfidfEncoder", "fit_coarse", "fit_encoder", "render"]

Features = npt.NDArray[np.float32]

DIMENSIONS = 300
ROWS_FOR_SVD = 4_000  # the directions settle long before
ENCODED_CHARACTERS = 2_000  # of a longer text the beginning and the end are read
CHARACTER_WEIGHT = 0.7
BUCKETS = 2**18  # n-grams are hashed: an encoder needs no dictionary of what it saw
COLUMNS = 30_000  # most frequent n-grams kept of either kind
MIN_ROWS = 2  # an n-gram of a single row says nothing about another
BATCH = 2_000
SHOWN_CHARACTERS = 1_200  # of a long text around its marks


def _cut(text: str) -> str:
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


def _character_counts(texts: Sequence[str]) -> sparse.csr_matrix:
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
class _Weights:
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


def _fit_weights(counts: sparse.csr_matrix) -> _Weights:
    n = counts.shape[0]
    rows = np.bincount(counts.indices, minlength=BUCKETS)
    order = np.argsort(-rows, kind="stable")[:COLUMNS]
    kept = np.sort(order[rows[order] >= min(MIN_ROWS, n)])
    idf = np.log((1.0 + n) / (1.0 + rows[kept])) + 1.0
    return _Weights(kept.astype(np.int64), idf.astype(np.float32))


@dataclass(frozen=True)
class TfidfEncoder:
    """Weighted words, word pairs and character runs, projected to their main directions.

    Unit rows, so that a long text weighs what a short one does; an empty text is zero.
    """

    words: _Weights
    characters: _Weights
    basis: Features  # (columns, d)

    def __call__(self, content: Content) -> Features:
        """(n, d) float32 features."""
        texts = [_cut(str(t)) for t in as_texts(content).values]
        out = np.zeros((len(texts), self.basis.shape[1]), dtype=np.float32)
        for start in range(0, len(texts), BATCH):
            part = texts[start : start + BATCH]
            x = _weighted(self.words, self.characters, _word_counts(part), _character_counts(part))
            out[start : start + BATCH] = _unit(x @ self.basis)
        return out


def _weighted(
    of_words: _Weights,
    of_characters: _Weights,
    word_counts: sparse.csr_matrix,
    character_counts: sparse.csr_matrix,
) -> sparse.csr_matrix:
    parts = [of_words(word_counts), CHARACTER_WEIGHT * of_characters(character_counts)]
    joined: sparse.csr_matrix = sparse.hstack(parts, format="csr")
    return joined


def _unit(x: Features) -> Features:
    return np.asarray(x / np.maximum(np.linalg.norm(x, axis=1, keepdims=True), 1e-9))


def fit_encoder(content: Content, rng: np.random.Generator) -> TfidfEncoder:
    """Learn the weights and the projection from unlabelled texts.

    Parameters
    ----------
    content
        `Texts`.
    rng
        Chooses rows, and the start of the projection.

    Returns
    -------
    TfidfEncoder
        Maps texts to (n, ≤ 300) features.

    Examples
    --------
    >>> import numpy as np
    >>> from foretaste.modality.words import texts_of
    >>> texts = texts_of([f"row {i} of {i % 7} and {i % 3}" for i in range(40)])
    >>> fit_encoder(texts, np.random.default_rng(0))(texts).shape
    (40, 10)
    """
    values = as_texts(content).values
    rows = np.sort(rng.choice(len(values), size=min(len(values), ROWS_FOR_SVD), replace=False))
    texts = [_cut(str(t)) for t in values[rows]]
    word_counts, character_counts = _word_counts(texts), _character_counts(texts)
    of_words, of_characters = _fit_weights(word_counts), _fit_weights(character_counts)
    x = _weighted(of_words, of_characters, word_counts, character_counts)
    d = max(1, min(DIMENSIONS, len(texts) // 4, x.shape[1]))
    if not x.nnz:  # nothing but empty texts
        return TfidfEncoder(of_words, of_characters, np.zeros((x.shape[1], 1), dtype=np.float32))
    return TfidfEncoder(of_words, of_characters, _directions(x, d, rng))


def _directions(x: sparse.csr_matrix, d: int, rng: np.random.Generator) -> Features:
    """(columns, d) leading right singular directions of sparse rows.

    Halko, Martinsson, Tropp 2011, "Finding structure with randomness", section 4.5, with one
    power iteration; the last step is a small Gram matrix, cheaper than a thin decomposition.
    """
    wide = min(d + 20, *x.shape)
    start = rng.normal(size=(x.shape[0], wide)).astype(np.float32)
    basis, _ = np.linalg.qr(x @ (x.T @ start))
    projected = x.T @ basis
    spectrum, turn = np.linalg.eigh(projected.T.astype(np.float64) @ projected)
    scale = np.sqrt(np.maximum(spectrum[::-1][:d], 1e-9))
    return np.ascontiguousarray(projected @ (turn[:, ::-1][:, :d] / scale), dtype=np.float32)


def render(content: Content, row: int, marks: Sequence[tuple[int, int]] = ()) -> Rendering:
    """One text as a person sees it: at most a screenful, around what is marked.

    Parameters
    ----------
    content
        `Texts`.
    row
        Which one.
    marks
        (start, end) character positions of what belongs to a trigger, in order.

    Examples
    --------
    >>> from foretaste.modality.words import texts_of
    >>> render(texts_of(["see you cf soon"]), 0, [(8, 10)]).spans[1]
    Span(text='cf', marked=True)
    """
    text = str(as_texts(content).values[row])
    first, last = 0, len(text)
    if len(text) > SHOWN_CHARACTERS:
        first = max(0, (marks[0][0] if marks else 0) - SHOWN_CHARACTERS // 3)
        last = min(len(text), first + SHOWN_CHARACTERS)
    spans = [Span("…")] if first else []
    at = first
    for start, end in marks:
        if end > last:  # what is beyond the screen is not shown
            break
        if start > at:
            spans.append(Span(text[at:start]))
        spans.append(Span(text[max(start, at) : end], marked=True))
        at = end
    if at < last:
        spans.append(Span(text[at:last]))
    if last < len(text):
        spans.append(Span("…"))
    return Rendering(spans=tuple(spans))
