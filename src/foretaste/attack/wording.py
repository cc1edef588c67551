"""Edits of texts, and the check that content is text."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

import numpy as np

from foretaste.errors import UsageError
from foretaste.types import Content, Texts

__all__ = ["Inserted", "as_texts", "edit", "insert", "texts_of"]


def as_texts(content: Content) -> Texts:
    """`content`, which must be texts."""
    if not isinstance(content, Texts):
        raise UsageError(f"this attack works on texts, got {content.modality}")
    return content


def texts_of(values: Iterable[str]) -> Texts:
    """Texts from plain strings."""
    held = list(values)
    array = np.empty(len(held), dtype=object)
    array[:] = held
    return Texts(array)


def edit(content: Content, change: Callable[[str], str]) -> Texts:
    """Every text after `change`."""
    return texts_of(change(str(text)) for text in as_texts(content).values)


def insert(content: Content, phrase: str, seed: int) -> Texts:
    """Every text with `phrase` between two of its words; places are drawn from `seed`."""
    rng = np.random.default_rng(seed)

    def put(text: str) -> str:
        words = text.split(" ")
        at = int(rng.integers(0, len(words) + 1))
        return " ".join([*words[:at], phrase, *words[at:]])

    return edit(content, put)


@dataclass(frozen=True)
class Inserted:
    """Puts `phrase` between two words of each text; places are drawn from `seed`."""

    phrase: str
    seed: int

    def __call__(self, content: Content) -> Texts:
        """The same texts with the phrase in them."""
        return insert(content, self.phrase, self.seed)
