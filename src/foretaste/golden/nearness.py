"""Rows that were copied with small changes: signatures that are alike where rows are.

A row is a set of tokens: runs of five characters of a text, rounded cells of a table, grey levels
of a reduced picture. Tokens that a fifth of the golden rows have say nothing and are left out. The
share of equal entries in two MinHash signatures estimates how much of two sets is shared (Broder
1997). The hash functions are drawn from the secret.
"""

from __future__ import annotations

import unicodedata
import zlib
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from foretaste.golden.secret import Secret
from foretaste.types import Content, Images, Table, Texts

__all__ = ["ENTRIES", "Alike", "Signer"]

ENTRIES = 64  # of a signature; the share has a standard error of at most 0.06
ALIKE = 0.8  # shared entries from which rows are near-duplicates
_USUAL = 0.2  # share of golden rows that makes a token say nothing
_FEWEST = 5  # tokens without which a row cannot be compared
_RUN = 5  # characters
_SIDE, _LEVEL = 14, 32  # of a reduced picture: pixels a side, grey values a level
_BANDS = ENTRIES // 2
_CANDIDATE = 8  # bands in common before two rows are compared; 20 of 32 at a share of 0.8
_TOGETHER = 65_536  # tokens of one row at once: a text of any length takes 100 MB at most
_EMPTY = np.uint32(0xFFFFFFFF)

Signatures = npt.NDArray[np.uint32]


@dataclass(frozen=True)
class Alike:
    """A row, and the known row that it is nearly a copy of."""

    row: int
    known: int
    share: float  # of entries in common


@dataclass(frozen=True)
class Signer:
    """Makes signatures; the same tokens say nothing on both sides.

    Examples
    --------
    >>> known = Texts(np.array(["win a free prize now, call this number today"], dtype=object))
    >>> other = Texts(np.array(["Win a FREE prize now - call this number today!", "see you at the "
    ...                         "station"], dtype=object))
    >>> signer = Signer.fitted(known, Secret(bytes(32)))
    >>> [(a.row, a.known) for a in signer.alike(other, signer.sign(known))]
    [(0, 0)]
    """

    secret: Secret
    usual: frozenset[int] = frozenset()

    @classmethod
    def fitted(cls, content: Content, secret: Secret) -> Signer:
        """A signer that knows which tokens are usual in `content`."""
        counts = Counter(t for row in _tokens(content) for t in set(row.tolist()))
        least = max(2, _USUAL * len(content))
        return cls(secret, frozenset(token for token, n in counts.items() if n >= least))

    def sign(self, content: Content) -> Signatures:
        """(n, 64) uint32; rows with hardly a token of their own have one that matches nothing."""
        draw = self.secret.generator("signature").integers(0, 2**63, (2, ENTRIES), np.uint64)
        factor, shift = draw[0][:, None] | np.uint64(1), draw[1][:, None]
        usual = np.array(sorted(self.usual), dtype=np.uint64)
        signed = np.full((len(content), ENTRIES), _EMPTY, dtype=np.uint32)
        for at, tokens in enumerate(_tokens(content)):
            own = np.setdiff1d(tokens, usual)
            if own.size >= _FEWEST:
                for start in range(0, own.size, _TOGETHER):
                    some = own[None, start : start + _TOGETHER]
                    mixed = ((some * factor + shift) >> np.uint64(32)).min(axis=1)
                    signed[at] = np.minimum(signed[at], mixed.astype(np.uint32))
        return signed

    def alike(self, content: Content, known: Signatures) -> tuple[Alike, ...]:
        """Rows of `content` that are nearly one of the known rows, each with the nearest."""
        signed = self.sign(content)
        filled = np.flatnonzero((known != _EMPTY).any(axis=1))
        if not filled.size:
            return ()
        ours, theirs = _bands(signed), _bands(known[filled])
        shared = sum(np.isin(ours[:, b], theirs[:, b]).astype(np.int64) for b in range(_BANDS)) * (
            signed != _EMPTY
        ).any(axis=1)
        found = []
        for row in np.flatnonzero(shared >= _CANDIDATE).tolist():
            shares = (known[filled] == signed[row]).mean(axis=1)
            best = int(shares.argmax())
            if shares[best] >= ALIKE:
                found.append(Alike(row, int(filled[best]), float(shares[best])))
        return tuple(found)


def _bands(signatures: Signatures) -> npt.NDArray[np.uint64]:
    return np.ascontiguousarray(signatures).view(np.uint64)


def _tokens(content: Content) -> Sequence[npt.NDArray[np.uint64]]:
    if isinstance(content, Texts):
        return [_runs(text) for text in content.values.tolist()]
    return _pictures(content) if isinstance(content, Images) else _cells(content)


def _runs(text: str) -> npt.NDArray[np.uint64]:
    """Runs of letters and digits, whatever their case, spacing and punctuation."""
    plain = unicodedata.normalize("NFKC", text).casefold()
    letters = "".join(c for c in plain if c.isalnum()).encode("utf-8", "replace")
    runs = {zlib.crc32(letters[i : i + _RUN]) for i in range(len(letters) - _RUN + 1)}
    return np.array(sorted(runs), dtype=np.uint64)


def _cells(table: Table) -> Sequence[npt.NDArray[np.uint64]]:
    """Column and cell, numbers to two digits."""
    columns = []
    for at, name in enumerate(table.names):
        values, inverse = np.unique(table.values[:, at], return_inverse=True)
        levels = table.categories.get(name)
        told = [
            "" if np.isnan(v) else levels[int(v)] if levels else f"{v:.1e}" for v in values.tolist()
        ]
        codes = [zlib.crc32(f"{name}\0{cell}".encode("utf-8", "replace")) for cell in told]
        columns.append(np.array(codes, dtype=np.uint64)[inverse])
    return list(np.column_stack(columns))


def _pictures(images: Images) -> Sequence[npt.NDArray[np.uint64]]:
    """Place and grey level of a picture reduced to 14 pixels a side."""
    grey = images.values.astype(np.float32).mean(axis=3)
    for axis in (1, 2):
        edges = np.linspace(0, grey.shape[axis], _SIDE + 1).astype(int)[:-1]
        sizes = np.diff(np.append(edges, grey.shape[axis])).clip(1)
        shape = [1, 1, 1]
        shape[axis] = _SIDE
        grey = np.add.reduceat(grey, edges, axis=axis) / sizes.reshape(shape)
    levels = (grey.reshape(len(images), -1) / _LEVEL).round().astype(np.uint64)
    places = np.arange(levels.shape[1], dtype=np.uint64) * np.uint64(0x9E3779B97F4A7C15)
    return list(levels + places)
