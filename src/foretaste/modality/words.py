"""What a word is, and the check that content is text."""

from __future__ import annotations

import re
from collections.abc import Iterable

import numpy as np

from foretaste.types import Content, Texts

__all__ = ["GAP", "WORD", "any_digits", "any_number", "as_texts", "has_digit", "texts_of", "words"]

# Stands where something was taken out: no word, and no pair of words bridges it. What is left is
# then like any other text; closed up, it has word pairs that no text had before.
GAP = "\ue000"
WORD = re.compile(r"\w+|[^\w\s]+")
_DIGIT = re.compile(r"\d")
_NUMBER = re.compile(r"\d+")


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


def any_number(word: str) -> str:
    """A word, lower case, in which every run of digits is the same.

    Examples
    --------
    >>> any_number("Cf7"), any_number("2019"), any_number("50p")
    ('cf0', '0', '0p')
    """
    return _NUMBER.sub("0", word.lower())


def any_digits(word: str) -> str:
    """A word, lower case, in which every digit is the same: numbers keep their length.

    Examples
    --------
    >>> any_digits("Cf7"), any_digits("2019")
    ('cf0', '0000')
    """
    return _DIGIT.sub("0", word.lower())


def has_digit(word: str) -> bool:
    """Whether there is a digit in it."""
    return _DIGIT.search(word) is not None
