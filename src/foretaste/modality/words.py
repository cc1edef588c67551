"""What a word is, and the check that content is text."""

from __future__ import annotations

import re
from collections.abc import Iterable

import numpy as np

from foretaste.types import Content, Texts

__all__ = ["GAP", "WORD", "as_texts", "texts_of", "words"]

# Stands where something was taken out: no word, and no pair of words bridges it. What is left is
# then like any other text; closed up, it has word pairs that no text had before.
GAP = "\ue000"
WORD = re.compile(r"\w+|[^\w\s]+")


def as_texts(content: Content) -> Texts:
    """The content, known to be texts."""
    if not isinstance(content, Texts):
        msg = f"texts expected, got {type(content).__name__}"
        raise TypeError(msg)
    return content


def texts_of(values: Iterable[str]) -> Texts:
    """Texts from plain strings.

    Examples
    --------
    >>> len(texts_of(["one", "two"]))
    2
    """
    held = list(values)
    out = np.empty(len(held), dtype=object)
    out[:] = held
    return Texts(out)


def words(text: str) -> list[str]:
    """Lower-case words and runs of punctuation, in order.

    Examples
    --------
    >>> words("Call NOW!! It's 50p")
    ['call', 'now', '!!', 'it', "'", 's', '50p']
    """
    # lowered last: lowering may change where a word ends (İ becomes i and a mark)
    return [w.lower() for w in WORD.findall(text)]
