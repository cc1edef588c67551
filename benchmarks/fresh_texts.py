"""Clean texts from word lists: templates repeat and classes share most words, as in real queues."""

from __future__ import annotations

import numpy as np

from foretaste.attack.contract import Sample
from foretaste.types import Texts

__all__ = ["support_tickets", "templated_reviews"]


def _words(line: str) -> tuple[str, ...]:
    return tuple(line.split())


GOOD = _words("lovely superb cheerful tidy generous warm quick honest bright charming solid fresh")
BAD = _words("dreadful gloomy rude dirty stingy cold slow shady dim dull flimsy stale")
PLAIN = _words("big small new old local busy quiet usual modern simple")
THINGS = _words("room breakfast lobby view staff bed bathroom garden bar price service carpet")
PLACES = _words("Vienna Lyon Porto Oslo Kraków Leeds Ghent Turin Bergen Malmö")
OPENINGS = (
    "We stayed in {place} for {n} nights .",
    "My {n} days in {place} are over .",
    "Booked this for {n} people in {place} .",
    "Back from {place} after {n} nights .",
)
CLAUSES = (
    "The {thing} was {word} .",
    "I found the {thing} rather {word} .",
    "A {plain} but {word} {thing} .",
    "What a {word} {thing} !",
    "Nobody warned us about the {word} {thing} .",
)
ISSUES = {
    "billing": _words("invoice refund charge card payment receipt amount tax"),
    "login": _words("password reset account locked email code browser session"),
    "delivery": _words("parcel courier address late tracking box damaged depot"),
}
FRAMES = (
    "Hello , my {a} and the {b} do not match , please help .",
    "The {a} is wrong since {day} . I already checked the {b} .",
    "Question about the {a} : where do I see the {b} ?",
    "Third message about the {a} . Order number {n} .",
    "{a} problem , {b} as well , reference {n} .",
)
DAYS = _words("Monday Tuesday Wednesday Thursday Friday")


def texts(rows: list[str], codes: list[int], classes: tuple[str, ...]) -> Sample:
    """Rows and their class codes."""
    held = np.empty(len(rows), dtype=object)
    held[:] = rows
    return Sample(Texts(held), np.array(codes, dtype=np.int64), classes)


def templated_reviews(rng: np.random.Generator) -> Sample:
    """2,500 hotel reviews of 3 to 6 sentences; one word in eight goes against the label."""

    def review(good: bool) -> str:
        opening = OPENINGS[rng.integers(len(OPENINGS))]
        parts = [opening.format(place=rng.choice(PLACES), n=rng.integers(2, 15))]
        for _ in range(rng.integers(2, 6)):
            kind = GOOD if good == (rng.random() > 0.125) else BAD
            clause = CLAUSES[rng.integers(len(CLAUSES))]
            words = {"thing": rng.choice(THINGS), "word": rng.choice(kind)}
            parts.append(clause.format(plain=rng.choice(PLAIN), **words))
        return " ".join(parts)

    codes = rng.integers(0, 2, 2_500).tolist()
    return texts([review(bool(code)) for code in codes], codes, ("negative", "positive"))


def support_tickets(rng: np.random.Generator) -> Sample:
    """2,000 short tickets in three queues of unlike size; every tenth word is another queue's."""
    queues = tuple(ISSUES)

    def word(code: int) -> str:
        own = queues[code] if rng.random() > 0.1 else queues[rng.integers(len(queues))]
        return str(rng.choice(ISSUES[own]))

    codes = rng.choice(3, 2_000, p=(0.6, 0.3, 0.1)).tolist()
    rows = [
        FRAMES[rng.integers(len(FRAMES))].format(
            a=word(code), b=word(code), day=rng.choice(DAYS), n=rng.integers(1_000, 9_999)
        )
        for code in codes
    ]
    return texts(rows, codes, queues)
