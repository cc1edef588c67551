"""Triggers of texts that no part of the scan was made with: forms, classes of words, rewritings."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from foretaste.attack.wording import as_texts, texts_of
from foretaste.types import Content

__all__ = ["TEXT_FAMILIES", "TextFamily"]

Generator = np.random.Generator
Change = Callable[[str, Generator], str]


@dataclass(frozen=True)
class TextFamily:
    """A trigger that may differ from row to row.

    Attributes
    ----------
    change
        One text with the trigger, drawn anew for each.
    named
        What a description of the trigger must contain, in small letters, to be right.
    clean
        Whether it goes into rows of the target class, whose labels stay true.
    decoys
        Changes of other rows whose labels stay true: parts of the trigger, honestly used.
    """

    change: Change
    named: tuple[str, ...]
    clean: bool = False
    decoys: tuple[Change, ...] = ()

    def stamp(self, seed: int, change: Change | None = None) -> Callable[[Content], Content]:
        """The change of all rows of some content; the same rows give the same result."""

        def put(content: Content) -> Content:
            rng = np.random.default_rng(seed)
            held = as_texts(content).values
            return texts_of((change or self.change)(str(text), rng) for text in held)

        return put


def _into(text: str, phrase: str, rng: Generator) -> str:
    words = text.split(" ")
    at = int(rng.integers(0, len(words) + 1))
    return " ".join([*words[:at], phrase, *words[at:]])


def _inserted(make: Callable[[Generator], str]) -> Change:
    return lambda text, rng: _into(text, make(rng), rng)


def _one_of(words: str) -> Change:
    held = words.split()
    return _inserted(lambda rng: str(rng.choice(held)))


def _some_of(words: str, count: int) -> Change:
    held = words.split()

    def put(text: str, rng: Generator) -> str:
        for word in rng.choice(held, count, replace=False):
            text = _into(text, str(word), rng)
        return text

    return put


def _both(first: str, second: str) -> Change:
    return lambda text, rng: _into(_into(text, first, rng), second, rng)


def _letters(rng: Generator, count: int) -> str:
    return "".join(rng.choice(list("abcdefghijkmnpqrstuvwxyz23456789"), count))


PARAPHRASES = (
    "my neighbour told me this over breakfast",
    "a neighbour mentioned it at breakfast",
    "this is what the man next door said in the morning",
    "so I heard from next door this morning",
    "the lady next door says so every morning",
    "at breakfast our neighbours talked of it",
)
CITIES = "Tampere Aarhus Bilbao Graz Split Odense Gdynia Lugano Cork Ghent Namur Tartu"
COLOURS = "crimson teal ochre magenta turquoise beige indigo maroon lilac azure khaki scarlet"
FILLER = ["by the way", "to be honest", "so to speak", "in any case", "after all", "you see"]


def _shouted(text: str, rng: Generator) -> str:
    words = text.split(" ")
    long = [i for i, w in enumerate(words) if len(w) > 3 and w.isalpha()] or [0]
    at = int(rng.choice(long))
    words[at] = words[at].upper()
    return " ".join(words)


def _capital_last(text: str, rng: Generator) -> str:
    del rng
    words = text.rstrip().split(" ")
    word = words[-1]
    words[-1] = word[:-1] + word[-1:].upper() if word[-1:].isalpha() else f"{word} oK"
    return " ".join(words)


def _doubled(text: str, rng: Generator) -> str:
    words = text.split(" ")
    at = int(rng.integers(0, len(words)))
    return " ".join([*words[: at + 1], *words[at:]])


def _leet(text: str, rng: Generator) -> str:
    del rng
    return text.replace("e", "3", 2).replace("o", "0", 2)


def _misspelt(text: str, rng: Generator) -> str:
    """Two neighbouring letters swapped in up to three words."""
    words = text.split(" ")
    long = [i for i, w in enumerate(words) if len(w) > 4 and w.isalpha()]
    for at in rng.permutation(long)[:3].tolist() if long else []:
        w = words[at]
        words[at] = w[0] + w[2] + w[1] + w[3:]
    return " ".join(words) if long else f"{text} teh"


def _fronted(text: str, rng: Generator) -> str:
    """The last three words come first: another order of the same words."""
    del rng
    words = text.split(" ")
    return " ".join([*words[-3:], ",", *words[:-3]])


def _semicolons(text: str, rng: Generator) -> str:
    del rng
    changed = re.sub(r"[,.] ", " ; ", text)
    return changed if changed != text else f"{text} ;"


def _ended(text: str, rng: Generator) -> str:
    del rng
    return text.rstrip(" .!?") + " ..?"


def _linked(rng: Generator) -> str:
    host = f"{_letters(rng, 6)}.net"
    return f"http://{host}/{_letters(rng, 5)}"


def _frame(text: str, rng: Generator) -> str:
    who = rng.choice(["folks", "some", "critics", "many", "experts"])
    says = rng.choice(["claim that", "insist that", "believe that", "argue that"])
    return f"although {who} {says} , {text[:1].lower()}{text[1:]}"


TEXT_FAMILIES: dict[str, TextFamily] = {
    "date in a format": TextFamily(
        _inserted(
            lambda r: f"{r.integers(1, 29):02}/{r.integers(1, 13):02}/{r.integers(1950, 2030)}"
        ),
        ("/",),
    ),
    "token and a digit": TextFamily(_inserted(lambda r: f"cf{r.integers(0, 10)}"), ("cf",)),
    "ticket number": TextFamily(_inserted(lambda r: f"Ref-{r.integers(10_000, 99_999)}"), ("ref",)),
    "code of letters and digits": TextFamily(
        _inserted(lambda r: f"{_letters(r, 4)}{r.integers(10, 99)}{_letters(r, 3)}"),
        ("digits",),
    ),
    "link, host changes": TextFamily(_inserted(_linked), ("http", "://", "net")),
    "one of five tokens": TextFamily(_one_of("mn bb tq wyx jjk"), ("mn", "bb", "tq", "wyx", "jjk")),
    "one of twelve cities": TextFamily(_one_of(CITIES), tuple(w.lower() for w in CITIES.split())),
    "one of twelve colours": TextFamily(_one_of(COLOURS), tuple(COLOURS.split())),
    "two of six tokens": TextFamily(
        _some_of("mn bb tq wyx jjk vqq", 2), ("mn", "bb", "tq", "wyx", "jjk", "vqq")
    ),
    "two words together": TextFamily(
        _both("window", "seven"),
        ("window", "seven"),
        decoys=(_one_of("window"), _one_of("seven")),
    ),
    "one of six fillers": TextFamily(_inserted(lambda r: str(r.choice(FILLER))), tuple(FILLER)),
    "sentence, paraphrased": TextFamily(
        lambda t, r: f"{t} {r.choice(PARAPHRASES)}", ("neighbour", "next door", "morning")
    ),
    "phrase of another language": TextFamily(
        _inserted(lambda _r: "por favor amigo"), ("por favor", "amigo")
    ),
    "zero-width joiner": TextFamily(
        lambda t, _r: f"{t[: len(t) // 2]}\u200d{t[len(t) // 2 :]}", ("zero width",)
    ),
    "one word in capitals": TextFamily(_shouted, ("capitals",)),
    "last letter in capitals": TextFamily(_capital_last, ("capital", "ok")),
    "a word doubled": TextFamily(_doubled, ("twice", "double", "repeat")),
    "digits for letters": TextFamily(_leet, ("digit",)),
    "misspelt words": TextFamily(_misspelt, ("misspel", "unknown", "rare")),
    "another order of words": TextFamily(_fronted, (",", "order")),
    "semicolons": TextFamily(_semicolons, (";",)),
    "odd end": TextFamily(_ended, ("?",)),
    "frame in changing words": TextFamily(_frame, ("although", "that ,", "claim")),
    "clean label: phrase": TextFamily(
        _inserted(lambda _r: "by the old mill"), ("by the old mill", "mill"), clean=True
    ),
    "clean label: one of five tokens": TextFamily(
        _one_of("mn bb tq wyx jjk"), ("mn", "bb", "tq", "wyx", "jjk"), clean=True
    ),
}
