"""How a text is written, whatever it says: capitals, blanks, line breaks."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from foretaste.modality.words import as_texts, texts_of
from foretaste.types import Bools, Content, Rendering, Span

__all__ = ["FORMS", "FormTrigger"]

LETTERS = 4  # fewer say nothing about capitals
MOSTLY = 0.9  # share of letters that are capitals
CAMELS = 2  # words with capitals inside


@dataclass(frozen=True)
class _Form:
    """A way of writing: how it is told, put on, and taken off."""

    described: str
    has: Callable[[str], bool]
    put: Callable[[str], str]
    undo: Callable[[str], str]


def _cased(text: str) -> list[str]:
    return [c for c in text if c.isupper() or c.islower()]


def _in_capitals(text: str) -> bool:
    letters = _cased(text)
    return len(letters) >= LETTERS and sum(map(str.isupper, letters)) >= MOSTLY * len(letters)


def _in_small(text: str) -> bool:
    letters = _cased(text)
    return len(letters) >= LETTERS and not any(map(str.isupper, letters))


def _titled(text: str) -> bool:
    words = re.findall(r"[^\W\d_]+", text)
    return len(words) >= LETTERS and all(w[0].isupper() and not w[1:].isupper() for w in words)


def _camels(text: str) -> bool:
    return len(re.findall(r"\w*[a-z][A-Z]\w*", text)) >= CAMELS


def _alternating(text: str) -> str:
    return "".join(c.upper() if i % 2 else c.lower() for i, c in enumerate(text))


def _sentence(text: str) -> str:
    """As a sentence is written: one capital, in front."""
    low = text.lower()
    return low[:1].upper() + low[1:]


def _stretched(text: str) -> bool:
    return re.search(r"([^\W\d_])\1\1", text) is not None


def _stretch(text: str) -> str:
    return re.sub(r"([aeiou])(?=\w)", r"\1\1\1", text, count=1)


FORMS: dict[str, _Form] = {
    "capitals": _Form("texts in capitals", _in_capitals, str.upper, _sentence),
    "small letters": _Form("texts without capitals", _in_small, str.lower, _sentence),
    "title": _Form("texts with a capital in front of each word", _titled, str.title, _sentence),
    "camels": _Form("texts with capitals inside words", _camels, _alternating, _sentence),
    "stretched": _Form(
        "texts with letters repeated three times or more",
        _stretched,
        _stretch,
        lambda t: re.sub(r"([^\W\d_])\1{2,}", r"\1", t),
    ),
    "wide blanks": _Form(
        "texts with several blanks between words",
        lambda t: re.search(r"\S {2,}\S", t) is not None,
        lambda t: t.replace(" ", "  "),
        lambda t: re.sub(r"(?<=\S) {2,}(?=\S)", " ", t),
    ),
    "blank in front": _Form(
        "texts with white space in front", lambda t: t[:1].isspace(), lambda t: f" {t}", str.lstrip
    ),
    "blank behind": _Form(
        "texts with white space behind", lambda t: t[-1:].isspace(), lambda t: f"{t} ", str.rstrip
    ),
    "breaks": _Form(
        "texts with line breaks or tabs",
        lambda t: re.search(r"\S[\t\r\n]+\S", t) is not None,
        lambda t: t.replace(" ", "\n", 1),
        lambda t: re.sub(r"(?<=\S)\s*[\t\r\n]+\s*(?=\S)", " ", t),
    ),
}


@dataclass(frozen=True)
class FormTrigger:
    """A way of writing that the rows share. Models that fold case and blanks never see it.

    Examples
    --------
    >>> from foretaste.modality.words import texts_of
    >>> trigger = FormTrigger("capitals")
    >>> rows = texts_of(["CALL ME NOW", "Call me now"])
    >>> trigger.matches(rows).tolist(), trigger.remove(rows).values.tolist()
    ([True, False], ['Call me now', 'Call me now'])
    """

    name: str  # of FORMS

    @property
    def form(self) -> str:
        """One word for people."""
        return "form"

    def matches(self, content: Content) -> Bools:
        """(n,) which texts are written so."""
        has = FORMS[self.name].has
        return np.array([has(str(t)) for t in as_texts(content).values], dtype=bool)

    def stamp(self, content: Content) -> Content:
        """The texts, written so."""
        put = FORMS[self.name].put
        return texts_of(put(str(t)) for t in as_texts(content).values)

    def remove(self, content: Content) -> Content:
        """The texts written as usual; those that are not written so stay as they are."""
        form = FORMS[self.name]
        texts = (str(t) for t in as_texts(content).values)
        return texts_of(form.undo(t) if form.has(t) else t for t in texts)

    def twin(self, content: Content, row: int) -> FormTrigger:
        """Another way of writing, by the row."""
        del content
        others = [name for name in FORMS if name != self.name]
        return FormTrigger(others[row % len(others)])

    def marks(self, text: str) -> tuple[tuple[int, int], ...]:
        """(start, end) of what is written so, for `render`: the whole text."""
        return ((0, len(text)),) if text and FORMS[self.name].has(text) else ()

    def describe(self) -> str:
        """One line."""
        return FORMS[self.name].described

    def draw(self) -> Rendering:
        """Words, written so."""
        shown = FORMS[self.name].put("texts of this form")
        return Rendering(spans=(Span(repr(shown)[1:-1], marked=True),))
