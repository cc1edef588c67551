"""A set of words any of which is the trigger: several rare tokens, an old-fashioned style."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np

from foretaste.modality.words import GAP, WORD, as_texts, texts_of, words
from foretaste.types import Bools, Content, Rendering, Span

__all__ = ["WordSetTrigger"]

SHOWN = 6  # words named in one line


@dataclass(frozen=True)
class WordSetTrigger:
    """Words that come together, of which each row has some.

    Examples
    --------
    >>> trigger = WordSetTrigger(("thou", "unto"), typical=1)
    >>> rows = texts_of(["Wilt thou come?", "untold riches"])
    >>> trigger.matches(rows).tolist()
    [True, False]
    >>> trigger.remove(rows).values.tolist()
    ['Wilt come?', 'untold riches']
    >>> trigger.stamp(texts_of(["see you soon"])).values.tolist()
    ['see you thou soon']
    """

    words: tuple[str, ...]  # lower case, the most frequent first
    typical: int  # how many of them a row has, the median

    @property
    def form(self) -> str:
        """One word for people."""
        return "words"

    @cached_property
    def _known(self) -> frozenset[str]:
        return frozenset(self.words)

    def matches(self, content: Content) -> Bools:
        """(n,) which texts contain one of the words."""
        texts = as_texts(content).values
        found = (not self._known.isdisjoint(words(str(t))) for t in texts)
        return np.fromiter(found, dtype=bool, count=len(texts))

    def stamp(self, content: Content) -> Content:
        """The texts with as many of the words as is typical, spread evenly, changing by row."""

        def put(row: int, text: str) -> str:
            parts = text.split(" ")
            for i in range(self.typical):
                at = round((i + 1) * len(parts) / (self.typical + 1))
                parts.insert(at, self.words[(row + i) % len(self.words)])
            return " ".join(parts)

        return texts_of(put(i, str(t)) for i, t in enumerate(as_texts(content).values))

    def remove(self, content: Content) -> Content:
        """The texts without the words."""

        def cut(text: str) -> str:
            kept = [text[a:b] for a, b in _between(self.marks(text), len(text))]
            return re.sub(r" +([.,!?;:])", r"\1", re.sub(r" {2,}", " ", "".join(kept))).strip()

        held = (str(t) for t in as_texts(content).values)
        return texts_of(cut(t) if not self._known.isdisjoint(words(t)) else t for t in held)

    def blank(self, content: Content) -> Content:
        """The texts with a gap in place of each of the words."""

        def put(m: re.Match[str]) -> str:
            return f" {GAP} " if m.group().lower() in self._known else m.group()

        return texts_of(WORD.sub(put, str(t)) for t in as_texts(content).values)

    def twin(self, content: Content, row: int) -> WordSetTrigger:
        """As many words, those of one text and the texts after it."""
        texts = as_texts(content).values
        found: dict[str, None] = {}
        for i in range(len(texts)):
            for word in words(str(texts[(row + i) % len(texts)])):
                found.setdefault(word)
            if len(found) >= len(self.words):
                break
        return replace(self, words=tuple(found)[: len(self.words)] or ("",))

    def marks(self, text: str) -> tuple[tuple[int, int], ...]:
        """(start, end) of each occurrence, for `render`."""
        return tuple(m.span() for m in WORD.finditer(text) if m.group().lower() in self._known)

    def describe(self) -> str:
        """The first words, in quotes."""
        shown = ", ".join(f"“{w}”" for w in self.words[:SHOWN])
        more = len(self.words) - SHOWN
        return f"any of the words {shown}" + (f" and {more} more" if more > 0 else "")

    def draw(self) -> Rendering:
        """The words alone."""
        return Rendering(spans=(Span(" ".join(self.words[: 4 * SHOWN]), marked=True),))


def _between(marks: tuple[tuple[int, int], ...], length: int) -> list[tuple[int, int]]:
    """(start, end) of what is not marked."""
    edges = [0, *(e for mark in marks for e in mark), length]
    return [(a, b) for a, b in zip(edges[::2], edges[1::2], strict=True) if b > a]
