"""Text from data, made safe to look at: nothing hidden, nothing that acts, never too long."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence

from foretaste.types import Span

__all__ = ["excerpt", "shorten", "visible"]

_DRAWN = {"\n": "↵", "\t": "⇥"}
# Letters and marks by category, but blank or acting on their neighbours when drawn.
_BLANK = frozenset("\u034f\u115f\u1160\u17b4\u17b5\u2800\u3164\uffa0")
_HIDDEN = frozenset({"Cc", "Cf", "Cn", "Co", "Cs", "Zl", "Zp"})
_GAP = " … "


def visible(text: str) -> str:
    r"""`text` with every character that cannot be seen written as its code point.

    Control and zero-width characters, direction overrides, unusual spaces, variation selectors,
    blank letters and lone surrogates become ``⟨U+200B⟩``; a line break and a tab become ↵ and ⇥.
    The result can go to a terminal: no escape sequence survives.

    Examples
    --------
    >>> visible("free\u200bgift"), visible("a\x1b[2J\nb")
    ('free⟨U+200B⟩gift', 'a⟨U+001B⟩[2J↵b')
    """
    if text.isascii() and text.isprintable():
        return text
    return "".join(_seen(character) for character in text)


def _seen(character: str) -> str:
    if character in _DRAWN:
        return _DRAWN[character]
    category = unicodedata.category(character)
    hidden = (
        category in _HIDDEN
        or (category == "Zs" and character != " ")
        or character in _BLANK
        or 0xFE00 <= ord(character) <= 0xFE0F
        or 0xE0100 <= ord(character) <= 0xE01EF
    )
    return f"⟨U+{ord(character):04X}⟩" if hidden else character


def shorten(text: str, limit: int = 300) -> str:
    """`text` made visible, its middle left out where it is longer than `limit` characters.

    Examples
    --------
    >>> shorten("abcdefghijkl", 8)
    'abc … kl'
    """
    if len(text) <= limit:
        return visible(text)
    keep = max(limit - len(_GAP), 2)
    tail = keep // 2
    return visible(text[: keep - tail]) + _GAP + visible(text[len(text) - tail :])


def excerpt(spans: Sequence[Span], around: int = 140, limit: int = 900) -> tuple[Span, ...]:
    """The spans made visible, with marked ones whole and `around` characters of text beside them.

    Unmarked text loses the part that is far from any mark; of a text without marks the beginning
    stays. In all, at most about `limit` characters are kept; a last span tells what was left out.

    Examples
    --------
    >>> [s.text for s in excerpt([Span("a" * 9), Span("cf", marked=True), Span("b")], around=3)]
    ['… aaa', 'cf', 'b']
    """
    if not any(span.marked for span in spans):
        text = "".join(span.text for span in spans)
        return (Span(_opening(text, min(limit, 3 * around))),) if text else ()
    kept: list[Span] = []
    used = 0
    spans = [span for span in spans if span.text]
    for place, span in enumerate(spans):
        if used >= limit:
            kept.append(Span(f" … and {len(spans) - place} further pieces"))
            break
        shown = _shown(spans, place, around)
        kept.append(Span(shown, span.marked))
        used += min(len(span.text), len(shown))
    return tuple(kept)


def _shown(spans: Sequence[Span], place: int, around: int) -> str:
    text = spans[place].text
    if spans[place].marked:
        return shorten(text, 300)
    first, last = place == 0, place == len(spans) - 1
    if first and not last:
        return _ending(text, around)
    if last and not first:
        return _opening(text, around)
    return shorten(text, 2 * around)


def _opening(text: str, length: int) -> str:
    """At most `length` characters from the start, cut between words where there are words."""
    if len(text) <= length:
        return visible(text)
    cut = text.rfind(" ", length - length // 5, length)
    return visible(text[: cut if cut > 0 else length]) + " …"


def _ending(text: str, length: int) -> str:
    """The same from the end."""
    if len(text) <= length:
        return visible(text)
    start = len(text) - length
    cut = text.find(" ", start, start + length // 5)
    return "… " + visible(text[cut + 1 if cut > 0 else start :])
