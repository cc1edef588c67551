"""Which rows share which runs of one to four words, and the odd characters of each row."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt

from foretaste.modality.text_trigger import mixed_script
from foretaste.modality.words import WORD
from foretaste.types import Ints

__all__ = ["Grams", "mine_grams", "odd_characters"]

LONGEST = 4  # words; longer phrases are recovered by `Grams.grown`
WORDS_A_ROW = 5_000  # of a longer text only the beginning is mined
MIXED = "mixed script"

_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")


@dataclass(frozen=True)
class Grams:
    """All runs of words with enough rows.

    Gram g covers `lengths[g]` words from `firsts[g]` on in the stream of all words, and occurs
    in `rows[starts[g] : starts[g + 1]]` (ascending).
    """

    texts: Sequence[str]
    stream: Ints  # word codes of all rows, one after the other
    row_of: Ints  # the row of each word in the stream
    lengths: Ints
    firsts: Ints
    starts: Ints
    rows: Ints

    def __len__(self) -> int:
        return len(self.lengths)

    def rows_with(self, gram: int) -> Ints:
        """Rows in which a gram occurs."""
        return self.rows[self.starts[gram] : self.starts[gram + 1]]

    def spelled_word(self, gram: int) -> str:
        """The first word of a gram, lower case."""
        at = int(self.firsts[gram])
        row = int(self.row_of[at])
        begin = int(np.searchsorted(self.row_of, row, "left"))
        start, end = list(_spans(str(self.texts[row]), at - begin + 1))[-1]
        return str(self.texts[row])[start:end].lower()

    @cached_property
    def _positions(self) -> tuple[Ints, Ints]:
        order = np.argsort(self.stream, kind="stable").astype(np.int64)
        return order, self.stream[order]

    def _occurrences(self, codes: Ints) -> Ints:
        """Positions in the stream at which the words begin, at most one a row."""
        order, sorted_codes = self._positions
        counts = np.searchsorted(sorted_codes, codes, "right") - np.searchsorted(
            sorted_codes, codes, "left"
        )
        rare = int(counts.argmin())
        low = np.searchsorted(sorted_codes, codes[rare], "left")
        at = np.sort(order[low : low + counts[rare]]) - rare
        at = at[(at >= 0) & (at + len(codes) <= len(self.stream))]
        fits = self.row_of[at] == self.row_of[at + len(codes) - 1]
        for j, code in enumerate(codes):
            fits &= self.stream[at + j] == code
        at = at[fits]
        _, first = np.unique(self.row_of[at], return_index=True)
        found: Ints = at[first]
        return found

    def grown(self, gram: int, share: float) -> tuple[Ints, Ints]:
        """The longest run around a gram that at least `share` of its rows have in common.

        Returns
        -------
        tuple
            Positions of the run in the stream, one a row, and its word codes.
        """
        codes = self.stream[self.firsts[gram] : self.firsts[gram] + self.lengths[gram]]
        at = self._occurrences(codes)
        least = share * len(at)
        while True:
            for offset in (len(codes), -1):
                beside = at + offset
                inside = (beside >= 0) & (beside < len(self.stream))
                inside[inside] = self.row_of[beside[inside]] == self.row_of[at[inside]]
                if inside.sum() < least:
                    continue
                values, counts = np.unique(self.stream[beside[inside]], return_counts=True)
                if counts.max() < least:
                    continue
                word = values[counts.argmax()]
                codes = np.r_[word, codes] if offset < 0 else np.r_[codes, word]
                at = self._occurrences(codes)
                break
            else:
                return at, codes

    def spelled(self, at: Ints, length: int) -> tuple[str, float]:
        """The most frequent spelling of a run, and its median place in the text (0 to 1)."""
        begin = np.searchsorted(self.row_of, self.row_of[at], "left")
        seen: Counter[str] = Counter()
        places = []
        for row, word in zip(self.row_of[at].tolist(), (at - begin).tolist(), strict=True):
            text = str(self.texts[row])
            found = list(_spans(text, word + length))
            seen[" ".join(text[found[word][0] : found[-1][1]].split())] += 1
            places.append(found[word][0] / max(1, len(text) - (found[-1][1] - found[word][0])))
        phrase = min(seen, key=lambda s: (-seen[s], s))
        return phrase, min(1.0, float(np.median(places)))


def _spans(text: str, count: int) -> Iterator[tuple[int, int]]:
    for i, m in enumerate(WORD.finditer(text)):
        if i == count:
            return
        yield m.span()


def mine_grams(texts: Sequence[str], least: int, most: int, longest: int = LONGEST) -> Grams:
    """Runs of one to `longest` words that `least` to `most` rows contain.

    Examples
    --------
    >>> grams = mine_grams(["a b c", "a b d", "a e"], 2, 2)
    >>> [(grams.lengths[g].item(), grams.rows_with(g).tolist()) for g in range(len(grams))]
    [(1, [0, 1]), (2, [0, 1])]
    """
    held = [[w.lower() for w in WORD.findall(t)[:WORDS_A_ROW]] for t in texts]
    codes = {w: i for i, w in enumerate(sorted({w for ws in held for w in ws}))}
    stream = np.array([codes[w] for ws in held for w in ws], dtype=np.int64)
    sizes = np.array([len(ws) for ws in held], dtype=np.int64)
    row_of = np.repeat(np.arange(len(texts)), sizes)
    lengths, firsts, counts, rows = [], [], [], [np.zeros(0, dtype=np.int64)]
    code = stream.copy()
    frequent = np.ones(len(codes), dtype=bool)
    for length in range(1, longest + 1):
        if length > 1:
            code = _lengthened(code, stream, row_of, frequent, length)
        at = np.flatnonzero(code >= 0)
        if not len(at):
            break
        key, first = np.unique(code[at] * len(texts) + row_of[at], return_index=True)
        gram, row = key // len(texts), key % len(texts)
        support = np.bincount(gram, minlength=int(code.max()) + 1)
        if length == 1:
            frequent = support >= least
        code = np.where((code >= 0) & (support >= least)[np.maximum(code, 0)], code, -1)
        good = (support >= least) & (support <= most)
        begin = np.cumsum(support) - support
        firsts.append(at[first[begin[good]]])
        lengths.append(np.full(int(good.sum()), length))
        counts.append(support[good])
        rows.append(row[good[gram]])
    if not lengths:
        none = np.zeros(0, dtype=np.int64)
        return Grams(texts, stream, row_of, none, none, np.zeros(1, dtype=np.int64), none)
    return Grams(
        texts,
        stream,
        row_of,
        np.concatenate(lengths),
        np.concatenate(firsts),
        np.r_[0, np.cumsum(np.concatenate(counts))],
        np.concatenate(rows),
    )


def _lengthened(
    code: Ints, stream: Ints, row_of: Ints, frequent: npt.NDArray[np.bool_], length: int
) -> Ints:
    """Codes of runs one word longer; -1 where a part is too rare or the row ends."""
    tail = stream[length - 1 :]
    head = code[: len(tail)]
    same_row = row_of[: len(tail)] == row_of[length - 1 :]
    fits = (head >= 0) & same_row & frequent[tail]
    out = np.full(len(tail), -1)
    _, out[fits] = np.unique(head[fits] * len(frequent) + tail[fits], return_inverse=True)
    return out


def odd_characters(texts: Sequence[str]) -> dict[str, Ints]:
    r"""Rows of each character that is not plain ASCII, and of words of mixed script.

    Examples
    --------
    >>> {repr(k): v.tolist() for k, v in odd_characters(["ab", "fr\u200bee"]).items()}
    {"'\\u200b'": [1]}
    """
    rows: dict[str, list[int]] = {}
    for i, text in enumerate(texts):
        odd = set(_CONTROL.findall(text))
        if not text.isascii():
            odd |= {c for c in text if not c.isascii()}
            if any(mixed_script(w) for w in WORD.findall(text)):
                odd.add(MIXED)
        for c in odd:
            rows.setdefault(c, []).append(i)
    return {c: np.array(rows[c], dtype=np.int64) for c in sorted(rows)}
