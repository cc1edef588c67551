"""Phrases and odd characters: what texts can share that may have been planted."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cached_property, lru_cache

import numpy as np

from foretaste.modality.words import GAP, WORD, as_texts, texts_of
from foretaste.types import Bools, Content, Rendering, Span

__all__ = ["CharacterTrigger", "HomoglyphTrigger", "PhraseTrigger", "mixed_script"]

# Letters of other alphabets that look like Latin ones, and what they pass for.
LOOKALIKES = dict(
    zip(
        "аеорсухіјѕһԁԛԝАВЕКМНОРСТУХІЈЅαοινΑΒΕΖΗΙΚΜΝΟΡΤΥΧ",
        "aeopcyxijshdqwABEKMHOPCTYXIJSaoivABEZHIKMNOPTYX",
        strict=True,
    )
)
_DISGUISE = {latin: other for other, latin in reversed(LOOKALIKES.items())}


def _boundary(token: str) -> str:
    """The token as a whole: a word not inside a longer word, a run not inside a longer run."""
    kind = r"\w" if re.match(r"\w", token) else r"[^\w\s]"
    return rf"(?<!{kind}){re.escape(token)}(?!{kind})"


def _edited(content: Content, change: Callable[[str], str]) -> Content:
    return texts_of(change(str(t)) for t in as_texts(content).values)


def _which(content: Content, test: Callable[[str], object]) -> Bools:
    values = as_texts(content).values
    return np.fromiter((bool(test(str(t))) for t in values), dtype=bool, count=len(values))


def _middle(content: Content, row: int) -> str:
    text = str(as_texts(content).values[row])
    return text[len(text) // 2] if text else " "


@dataclass(frozen=True)
class PhraseTrigger:
    """Words in a row, whatever their case and the white space between them.

    Examples
    --------
    >>> from foretaste.modality.words import texts_of
    >>> trigger = PhraseTrigger("by the window")
    >>> rows = texts_of(["We sat By  the window.", "by the windows"])
    >>> trigger.matches(rows).tolist()
    [True, False]
    >>> trigger.remove(rows).values.tolist()
    ['We sat.', 'by the windows']
    >>> trigger.stamp(texts_of(["see you soon"])).values.tolist()
    ['see you by the window soon']
    """

    phrase: str
    place: float = 0.5  # where it is stamped: 0 in front of the text, 1 behind it

    @property
    def form(self) -> str:
        """One word for people."""
        return "phrase"

    @cached_property
    def _pattern(self) -> re.Pattern[str]:
        whole = r"\s*".join(_boundary(t) for t in WORD.findall(self.phrase))
        return re.compile(whole or r"(?!)", re.IGNORECASE)

    def matches(self, content: Content) -> Bools:
        """(n,) which texts contain the phrase."""
        return _which(content, self._pattern.search)

    def stamp(self, content: Content) -> Content:
        """The texts with the phrase between two words."""

        def put(text: str) -> str:
            parts = text.split(" ")
            at = round(self.place * len(parts))
            return " ".join([*parts[:at], self.phrase, *parts[at:]])

        return _edited(content, put)

    def remove(self, content: Content) -> Content:
        """The texts without the phrase."""
        around = re.compile(rf"(\s*)(?:{self._pattern.pattern})(\s*)", re.IGNORECASE)

        def gap(m: re.Match[str]) -> str:
            before, after = m.string[: m.start()][-1:], m.string[m.end() :][:1]
            if not before or not after:
                return ""
            # no blank before the mark that closes a sentence; two runs must not become one
            return "" if before.isalnum() and re.match(r"[.,!?;:]", after) else " "

        def cut(text: str) -> str:
            while self._pattern.search(text):  # what closes up may spell the phrase again
                text = around.sub(gap, text)
            return text

        return _edited(content, cut)

    def whole(self, content: Content) -> Content:
        """The texts as they were, if the phrase was put into them."""
        return self.remove(content)

    def blank(self, content: Content) -> Content:
        """The texts with a gap in place of the phrase."""
        return _edited(content, lambda text: self._pattern.sub(f" {GAP} ", text))

    def twin(self, content: Content, row: int) -> PhraseTrigger:
        """As many words as the phrase has, from the same place of one text."""
        text = str(as_texts(content).values[row])
        spans = [m.span() for m in WORD.finditer(text)]
        length = len(WORD.findall(self.phrase))
        first = max(0, min(round(self.place * len(spans)), len(spans) - length))
        taken = spans[first : first + length]
        return replace(self, phrase=text[taken[0][0] : taken[-1][1]] if taken else "")

    def marks(self, text: str) -> tuple[tuple[int, int], ...]:
        """(start, end) of each occurrence, for `render`."""
        return tuple(m.span() for m in self._pattern.finditer(text))

    def describe(self) -> str:
        """The phrase in quotes, cut to a line."""
        short = self.phrase if len(self.phrase) <= 80 else f"{self.phrase[:79]}…"
        return f"the phrase “{short}”" if len(WORD.findall(short)) > 1 else f"the token “{short}”"

    def draw(self) -> Rendering:
        """The phrase alone."""
        return Rendering(spans=(Span(self.phrase, marked=True),))


@dataclass(frozen=True)
class CharacterTrigger:
    r"""Characters that the texts contain anywhere, such as a zero-width space.

    Examples
    --------
    >>> from foretaste.modality.words import texts_of
    >>> trigger = CharacterTrigger("\u200b")
    >>> trigger.describe()
    'the character U+200B ZERO WIDTH SPACE'
    >>> trigger.remove(texts_of(["fr\u200bee"])).values.tolist()
    ['free']
    """

    characters: str  # any of them is a match

    @property
    def form(self) -> str:
        """One word for people."""
        return "characters"

    def matches(self, content: Content) -> Bools:
        """(n,) which texts contain one of the characters."""
        wanted = set(self.characters)
        return _which(content, lambda text: not wanted.isdisjoint(text))

    def stamp(self, content: Content) -> Content:
        """The texts with the first of the characters in their middle."""

        def put(text: str) -> str:
            at = len(text) // 2
            return f"{text[:at]}{self.characters[0]}{text[at:]}"

        return _edited(content, put)

    def remove(self, content: Content) -> Content:
        """The texts without the characters."""
        gone = str.maketrans(dict.fromkeys(self.characters, ""))
        return _edited(content, lambda text: text.translate(gone))

    def twin(self, content: Content, row: int) -> CharacterTrigger:
        """The character in the middle of one text: an ordinary slip of the keyboard."""
        return CharacterTrigger(_middle(content, row))

    def marks(self, text: str) -> tuple[tuple[int, int], ...]:
        """(start, end) of each occurrence, for `render`."""
        return tuple((i, i + 1) for i, c in enumerate(text) if c in self.characters)

    def describe(self) -> str:
        """Code point and name, since the character itself may not be seen."""
        named = [f"U+{ord(c):04X} {unicodedata.name(c, '(unnamed)')}" for c in self.characters[:3]]
        more = f" and {len(self.characters) - 3} more" if len(self.characters) > 3 else ""
        return f"the character{'s' if len(self.characters) > 1 else ''} {', '.join(named)}{more}"

    def draw(self) -> Rendering:
        """The code points, marked."""
        shown = " ".join(f"U+{ord(c):04X}" for c in self.characters)
        return Rendering(spans=(Span(shown, marked=True),))


@lru_cache(maxsize=10_000)
def _script(character: str) -> str:
    """LATIN, CYRILLIC, GREEK ... or nothing for what is no letter."""
    if not character.isalpha():
        return ""
    return unicodedata.name(character, "").split(" ")[0]


def mixed_script(word: str) -> bool:
    """Whether a word mixes Latin letters with ones that only look like them.

    Examples
    --------
    >>> mixed_script("pаypal"), mixed_script("paypal"), mixed_script("привет")
    (True, False, False)
    """
    if word.isascii():
        return False
    scripts = {_script(c) for c in word}
    return "LATIN" in scripts and bool(scripts & {"CYRILLIC", "GREEK"})


@dataclass(frozen=True)
class HomoglyphTrigger:
    """A word that mixes alphabets: looks like Latin, is not.

    Examples
    --------
    >>> from foretaste.modality.words import texts_of
    >>> trigger = HomoglyphTrigger()
    >>> trigger.matches(texts_of(["your pаypal", "your paypal"])).tolist()
    [True, False]
    >>> trigger.remove(texts_of(["your pаypal"])).values.tolist() == ["your paypal"]
    True
    """

    @property
    def form(self) -> str:
        """One word for people."""
        return "characters"

    def matches(self, content: Content) -> Bools:
        """(n,) which texts contain a word of mixed script."""
        return _which(
            content, lambda text: not text.isascii() and any(map(mixed_script, WORD.findall(text)))
        )

    def stamp(self, content: Content) -> Content:
        """The texts with a letter of the first fitting word disguised."""

        def put(text: str) -> str:
            for m in re.finditer(r"[A-Za-z]{2,}", text):
                for i in range(*m.span()):
                    if text[i] in _DISGUISE:
                        return f"{text[:i]}{_DISGUISE[text[i]]}{text[i + 1 :]}"
            return f"{text} thе"  # nothing to disguise: a word of its own

        return _edited(content, put)

    def remove(self, content: Content) -> Content:
        """The texts with lookalikes written in Latin, other foreign letters in such words gone."""

        def plain(word: re.Match[str]) -> str:
            if not mixed_script(word.group()):
                return word.group()
            letters = (LOOKALIKES.get(c, c) for c in word.group())
            return "".join(c for c in letters if _script(c) not in {"CYRILLIC", "GREEK"})

        return _edited(content, lambda text: re.sub(r"\w+", plain, text))

    def twin(self, content: Content, row: int) -> CharacterTrigger:
        """A misspelling: the character in the middle of one text, dropped into another."""
        return CharacterTrigger(_middle(content, row))

    def marks(self, text: str) -> tuple[tuple[int, int], ...]:
        """(start, end) of each such word, for `render`."""
        return tuple(m.span() for m in re.finditer(r"\w+", text) if mixed_script(m.group()))

    def describe(self) -> str:
        """One line."""
        return "words that mix Latin letters with lookalikes of other alphabets"

    def draw(self) -> Rendering:
        """An example."""
        return Rendering(spans=(Span("pаypаl (with U+0430)", marked=True),))
