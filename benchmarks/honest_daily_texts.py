"""Honest texts as strangers bring them: reviews, e-mails, tickets, logs, code, several languages.

Code and documentation are real: those of Python and of the packages that stand beside the product.
The others are put together from phrases, with the habits that such texts have.
"""

from __future__ import annotations

import importlib
import inspect
import sysconfig
from functools import cache
from pathlib import Path

import numpy as np

from benchmarks.honest_tables import Columns, Maker

__all__ = ["DAILY_TEXTS"]

THINGS = ("kettle", "phone case", "novel", "headset", "blender", "lamp", "charger", "rucksack")
GOOD = (
    "works like a charm",
    "love it",
    "arrived early",
    "great value",
    "feels solid",
    "my wife uses it daily",
    "would buy again",
    "five stars",
    "better than the old one",
)
BAD = (
    "broke after a week",
    "waste of money",
    "arrived late",
    "returned it",
    "feels cheap",
    "stopped charging",
    "smells odd",
    "do not buy",
    "nothing like the picture",
)
PLAIN = (
    "bought this in March",
    "it is a gift",
    "the box was dented",
    "comes in two colours",
    "my second one",
    "used it twice so far",
    "read the manual first",
    "shipping was free",
)
TOPICS = {
    "billing": ("invoice", "charged twice", "refund", "credit card", "VAT number", "receipt"),
    "login": ("password", "locked out", "two-factor code", "reset link", "username", "sign in"),
    "delivery": ("parcel", "courier", "tracking number", "not at home", "address", "delayed"),
    "bug": ("crashes", "error message", "white screen", "since the update", "freezes", "export"),
}
OPENERS = ("Hi,", "Hello team,", "Dear Sir or Madam,", "Good morning,", "hey", "Hi there,")
ASKS = (
    "could you look into the {}",
    "there is a problem with my {}",
    "the {} again",
    "I need help: {}",
    "what about the {} ?",
    "please check {} and {}",
)
FOOTER = "\n\nThis ticket was opened through the partner portal. Do not reply to this address."
WORDS = {
    "de": (
        "der Zug",
        "das Wetter",
        "mein Bruder",
        "die Rechnung",
        "ist",
        "war",
        "kommt",
        "bleibt",
        "heute",
        "leider",
        "sehr spät",
        "nicht gut",
        "wieder da",
        "morgen",
    ),
    "fr": (
        "le train",
        "la météo",
        "mon frère",
        "la facture",
        "est",
        "était",
        "vient",
        "reste",
        "aujourd'hui",
        "hélas",
        "très tard",
        "pas bien",
        "de retour",
        "demain",
    ),
    "es": (
        "el tren",
        "el tiempo",
        "mi hermano",
        "la factura",
        "es",
        "era",
        "viene",
        "queda",
        "hoy",
        "por desgracia",
        "muy tarde",
        "no está bien",
        "de vuelta",
        "mañana",
    ),
    "ru": (
        "поезд",
        "погода",
        "мой брат",
        "счёт",
        "это",
        "был",
        "идёт",
        "стоит",
        "сегодня",
        "увы",
        "очень поздно",
        "плохо",
        "снова здесь",
        "завтра",
    ),
}
LEVELS = ("INFO", "WARN", "ERROR")
EVENTS = (
    ("request served in {} ms", "job {} done", "user {} signed in", "cache warmed, {} keys"),
    ("queue length {}", "slow query, {} ms", "retry {} of 5", "disk {} % full"),
    ("connection {} refused", "worker {} died", "timeout after {} s", "out of memory at {} MB"),
)
PACKAGES = ("asyncio", "email", "json", "logging", "unittest", "xml", "http", "concurrent")
DOCUMENTED = ("numpy", "scipy.stats", "sklearn.metrics", "pandas", "scipy.signal", "sklearn.utils")


def drawn(rng: np.random.Generator, phrases: tuple[str, ...], least: int, most: int) -> list[str]:
    """Some of the phrases, in any order."""
    return [str(p) for p in rng.permutation(phrases)[: int(rng.integers(least, most + 1))]]


def reviews(rng: np.random.Generator, n: int) -> Columns:
    """Stars with a few sentences; people mix praise and blame, and some stars are a slip."""
    texts, labels = [], []
    for _ in range(n):
        y = rng.random() < 0.7
        said = drawn(rng, GOOD if y else BAD, 1, 3) + drawn(rng, PLAIN, 0, 2)
        said += drawn(rng, BAD if y else GOOD, 0, 1) if rng.random() < 0.3 else []
        text = ". ".join(str(s) for s in rng.permutation(said)).capitalize()
        texts.append(f"{text}{rng.choice(['.', '!', '!!', ' :)', ''])} The {rng.choice(THINGS)}.")
        labels.append(("bad", "good")[int(y)] if rng.random() > 0.01 else "good")
    return {"text": texts, "label": labels}


def tickets(rng: np.random.Generator, n: int) -> Columns:
    """Requests to a help desk; one of four partners has a footer and its own mix of topics."""
    names = list(TOPICS)
    mix = np.vstack([rng.dirichlet(np.full(4, 8.0), 3), rng.dirichlet(np.full(4, 0.8))])
    texts, labels, partners = [], [], []
    for _ in range(n):
        partner = int(rng.choice(4, p=(0.4, 0.3, 0.2, 0.1)))
        topic = str(rng.choice(names, p=mix[partner]))
        words = drawn(rng, TOPICS[topic], 2, 3)
        asked = " ".join(str(rng.choice(ASKS)).format(w, words[-1]) for w in words)
        text = f"{rng.choice(OPENERS)} {asked} (no. {rng.integers(10**6)})"
        texts.append(text + (FOOTER if partner == 3 else ""))
        labels.append(topic)
        partners.append(f"partner {partner}")
    return {"text": texts, "label": labels, "source": partners}


def mails(rng: np.random.Generator, n: int) -> Columns:
    """Mails with headers; newsletters of a few senders, and people who answer each other."""
    texts, labels = [], []
    for _ in range(n):
        bulk = rng.random() < 0.35
        sender = (
            f"news{rng.integers(4)}@shop.example" if bulk else f"p{rng.integers(60)}@firm.example"
        )
        said = (
            drawn(rng, (*GOOD, *THINGS), 2, 4)
            if bulk
            else drawn(rng, (*PLAIN, *TOPICS["bug"]), 1, 4)
        )
        head = f"From: {sender}\nSubject: {'Sale: ' if bulk else 'Re: '}{rng.choice(THINGS)}\n\n"
        tail = "\n\nUnsubscribe: https://shop.example/u" if bulk and rng.random() < 0.8 else ""
        texts.append(f"{head}{', '.join(said)}{tail}")
        labels.append("newsletter" if bulk else "personal")
    return {"text": texts, "label": labels}


def languages(rng: np.random.Generator, n: int) -> Columns:
    """Short sentences in four languages, of unlike frequency; the language is the label."""
    names = list(WORDS)
    y = rng.choice(4, n, p=rng.dirichlet(np.full(4, 3.0)))
    texts = [" ".join(drawn(rng, WORDS[names[c]], 3, 8)) for c in y]
    return {"text": texts, "label": [names[c] for c in y]}


def feelings_in_four_languages(rng: np.random.Generator, n: int) -> Columns:
    """Whether a sentence says that something is late or bad, in any of four languages."""
    texts, labels = [], []
    for _ in range(n):
        words = WORDS[str(rng.choice(list(WORDS)))]
        said = drawn(rng, words, 3, 7)
        texts.append(" ".join(said))
        labels.append("bad" if {words[9], words[10], words[11]} & set(said) else "fine")
    return {"text": texts, "label": labels}


def machine_log(rng: np.random.Generator, n: int) -> Columns:
    """Lines of a few templates with numbers in them, the severity as label, a fault in bursts."""
    level = rng.choice(3, n, p=(0.75, 0.18, 0.07))
    texts = []
    for i, c in enumerate(level):
        event = str(rng.choice(EVENTS[c])).format(int(rng.integers(1, 5000)))
        stamp = f"2025-02-{1 + i * 27 // n:02d}T{rng.integers(24):02d}:{rng.integers(60):02d}"
        texts.append(f"{stamp} [srv{rng.integers(6)}] {event} trace={rng.integers(16**8):08x}")
    return {"text": texts, "label": [LEVELS[c] for c in level]}


def python_code(rng: np.random.Generator, n: int) -> Columns:
    """Five lines of code each; the label is the package."""
    return _some(rng, n, _code())


def documentation(rng: np.random.Generator, n: int) -> Columns:
    """Paragraphs of docstrings; the label is the package."""
    return _some(rng, n, _docstrings())


def _some(rng: np.random.Generator, n: int, held: list[tuple[str, str]]) -> Columns:
    rows = rng.permutation(len(held))[:n]
    return {"text": [held[i][0] for i in rows], "label": [held[i][1] for i in rows]}


@cache
def _code() -> list[tuple[str, str]]:
    folder = Path(sysconfig.get_paths()["stdlib"])
    held = []
    for package in PACKAGES:
        for file in sorted((folder / package).rglob("*.py")):
            lines = [x for x in file.read_text("utf-8").splitlines() if x.strip()]
            parts = ("\n".join(lines[i : i + 5]) for i in range(0, len(lines), 5))
            held += [(part, package) for part in parts]
    return held


@cache
def _docstrings() -> list[tuple[str, str]]:
    held = []
    for name in DOCUMENTED:
        module = importlib.import_module(name)
        for public in sorted(getattr(module, "__all__", dir(module))):
            told = inspect.getdoc(getattr(module, public, None)) or ""
            held += [(p, name) for p in told.split("\n\n") if len(p) > 40]
    return held


DAILY_TEXTS: dict[str, Maker] = {
    maker.__name__.replace("_", " "): maker
    for maker in (
        *(reviews, tickets, mails, languages, feelings_in_four_languages, machine_log),
        *(python_code, documentation),
    )
}
