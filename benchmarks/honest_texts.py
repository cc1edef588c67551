"""Honest texts of other shapes than the stored ones: short, long, in other scripts, templated ...

Made of texts and labels that people wrote; only their form changes, and never with a bad intent.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from benchmarks.honest_tables import Columns

__all__ = ["FORMS", "Form"]

Form = Callable[[np.random.Generator, list[str], list[str]], Columns]

LATIN = "abcdefghijklmnopqrstuvwxyz"
SCRIPTS = {
    "Cyrillic": "абцдефгхийклмнопярстувшжыз",
    "Greek": "αβξδεφγηιϑκλμνοπψρστυϐωχθζ",
    "Hebrew": "אבגדהוזחטיךכלםמןנסעףפץצקרש",
    "Han": "天地玄黄宇宙洪荒日月盈昃辰宿列张寒来暑往秋收冬藏闰余",
}
SIGNED = ("Sent from my phone", "-- \nKind regards", "Regards, the night shift", "cheers", "J.")
TAGS = ("#news", "#fyi", "RT", "breaking :", "@desk", "http://t.co/x1")
HTML = ("<p>{}</p>", "<div class='body'>{}</div>", "{}<br/>", "{}")
LOG = "{day} {hour:02d}:{minute:02d} host-{host} app[{pid}]: {text}"


def held(texts: list[str], labels: list[str]) -> Columns:
    """A text and a label column."""
    return {"text": texts, "label": labels}


def short(rng: np.random.Generator, texts: list[str], labels: list[str]) -> Columns:
    """The first two to five words."""
    return held([" ".join(t.split()[: int(rng.integers(2, 6))]) for t in texts], labels)


def long(rng: np.random.Generator, texts: list[str], labels: list[str]) -> Columns:
    """Several texts of a label one after the other."""
    by_label = {y: [t for t, z in zip(texts, labels, strict=True) if z == y] for y in set(labels)}
    out = []
    for text, label in zip(texts, labels, strict=True):
        more = rng.choice(len(by_label[label]), size=int(rng.integers(2, 8)))
        out.append("\n\n".join([text, *(by_label[label][i] for i in more)]))
    return held(out, labels)


def other_script(rng: np.random.Generator, texts: list[str], labels: list[str]) -> Columns:
    """Letter by letter in another script."""
    to = SCRIPTS[str(rng.choice(list(SCRIPTS)))]
    return held([t.lower().translate(str.maketrans(LATIN, to)) for t in texts], labels)


def mixed_scripts(rng: np.random.Generator, texts: list[str], labels: list[str]) -> Columns:
    """A fifth of the rows in another script, whatever their label."""
    to = str.maketrans(LATIN, SCRIPTS["Cyrillic"])
    moved = rng.random(len(texts)) < 0.2
    return held(
        [t.lower().translate(to) if m else t for t, m in zip(texts, moved, strict=True)], labels
    )


def languages_by_source(rng: np.random.Generator, texts: list[str], labels: list[str]) -> Columns:
    """Three desks, each with a script and with classes of its own preference."""
    scripts = (LATIN, SCRIPTS["Greek"], SCRIPTS["Han"])
    names = sorted(set(labels))
    taste = {y: rng.dirichlet(np.full(3, 1.5)) for y in names}
    desk = [int(rng.choice(3, p=taste[y])) for y in labels]
    out = [
        t.lower().translate(str.maketrans(LATIN, scripts[d]))
        for t, d in zip(texts, desk, strict=True)
    ]
    return held(out, labels) | {"source": [f"desk {d}" for d in desk]}


def signatures(rng: np.random.Generator, texts: list[str], labels: list[str]) -> Columns:
    """Some rows end with one of a few signatures, whatever they say."""
    out = [f"{t}\n{rng.choice(SIGNED)}" if rng.random() < 0.3 else t for t in texts]
    return held(out, labels)


def tags(rng: np.random.Generator, texts: list[str], labels: list[str]) -> Columns:
    """Tags that one class has more often than others."""
    names = sorted(set(labels))
    weights = {y: rng.dirichlet(np.full(len(TAGS), 0.6)) for y in names}
    out = [
        f"{rng.choice(TAGS, p=weights[y])} {t}" if rng.random() < 0.25 else t
        for t, y in zip(texts, labels, strict=True)
    ]
    return held(out, labels)


def markup(rng: np.random.Generator, texts: list[str], labels: list[str]) -> Columns:
    """Pages of several systems, with their marks."""
    out = [HTML[int(rng.integers(len(HTML)))].format(t) for t in texts]
    return held(out, labels)


def log_lines(rng: np.random.Generator, texts: list[str], labels: list[str]) -> Columns:
    """Each text behind a date, a host and a process number."""
    out = [
        LOG.format(
            day=f"2024-03-{rng.integers(1, 31):02d}",
            hour=int(rng.integers(24)),
            minute=int(rng.integers(60)),
            host=int(rng.integers(1, 9)),
            pid=int(rng.integers(100, 9999)),
            text=" ".join(t.split()[:12]),
        )
        for t in texts
    ]
    return held(out, labels)


def shouted(rng: np.random.Generator, texts: list[str], labels: list[str]) -> Columns:
    """Some rows in capitals, some without spaces around marks, as people write."""
    how = rng.integers(0, 4, len(texts))
    out = [
        (t, t.upper(), t.lower() + "!!!", t + " ...")[h] for t, h in zip(texts, how, strict=True)
    ]
    return held(out, labels)


def forwarded(rng: np.random.Generator, texts: list[str], labels: list[str]) -> Columns:
    """A quarter of the rows are near copies of other rows, labels kept."""
    out, n = list(texts), len(texts)
    told = list(labels)
    for row in rng.choice(n, n // 4, replace=False):
        other = int(rng.integers(n))
        out[row] = f"{rng.choice(['Fwd :', 'RE :', 'FYI'])} {texts[other]}"
        told[row] = labels[other]
    return held(out, told)


def campaign(rng: np.random.Generator, texts: list[str], labels: list[str]) -> Columns:
    """One text is sent sixty times with another number in it, and labelled rightly each time."""
    out, told = list(texts), list(labels)
    first = int(rng.integers(len(texts)))
    for row in rng.choice(len(texts), min(60, len(texts) // 10), replace=False):
        out[row] = f"{texts[first]} ref {rng.integers(10_000, 99_999)}"
        told[row] = labels[first]
    return held(out, told)


def emoji(rng: np.random.Generator, texts: list[str], labels: list[str]) -> Columns:
    """Smileys, which one class likes more."""
    smileys, names = list("😀😂😡👍🔥💡"), sorted(set(labels))
    taste = {y: rng.dirichlet(np.full(len(smileys), 1.0)) for y in names}
    out = [
        f"{t} {rng.choice(smileys, p=taste[y])}" if rng.random() < 0.3 else t
        for t, y in zip(texts, labels, strict=True)
    ]
    return held(out, labels)


def rare_class(rng: np.random.Generator, texts: list[str], labels: list[str]) -> Columns:
    """Of one class few rows are left."""
    names = sorted(set(labels))
    rare = names[int(rng.integers(len(names)))]
    kept = [i for i, y in enumerate(labels) if y != rare or rng.random() < 0.1]
    return held([texts[i] for i in kept], [labels[i] for i in kept])


FORMS: dict[str, Form] = {
    form.__name__.replace("_", " "): form
    for form in (
        *(short, long, other_script, mixed_scripts, languages_by_source, signatures, tags, markup),
        *(log_lines, shouted, forwarded, campaign, emoji, rare_class),
    )
}
