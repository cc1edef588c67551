"""Which honest data a seed stands for: a part of a real set, a made set, or a placebo.

Seeds take turns through five kinds, so that any run of seeds has seen them all:

0. a random part of a real set with its own label;
1. a random part of a real set with another of its columns as the label;
2. a set of our own making, or real texts in another form;
3. a placebo of the red team in a random part of a real set;
4. a set as strangers bring them: passengers, sensors, payments, tickets, code ...
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from benchmarks.fresh_sets import FRESH
from benchmarks.honest_daily_tables import DAILY_TABLES
from benchmarks.honest_daily_texts import DAILY_TEXTS
from benchmarks.honest_tables import TABLES, Columns
from benchmarks.honest_texts import FORMS
from benchmarks.sets import as_table, as_texts, coded, read_columns, with_sources
from foretaste.attack.contract import Attack, Sample, discover
from foretaste.drill.sample import dataset_of
from foretaste.errors import UsageError
from foretaste.types import Kind, Modality

__all__ = ["KINDS", "Part", "part_of"]

KINDS = (
    "own label",
    "another column as the label",
    "made, or in another form",
    "placebo",
    "as strangers bring them",
)

SIZES = (300, 700, 1_500, 2_500)
FEWEST = 5  # rows of a class of another label column
MOST_CLASSES = 20
CUTS = 3  # parts of equal size, of a number that becomes a label
READ = {
    "sms-spam": "sms-spam/data.csv",
    "ag-news": "ag-news/data.parquet",
    "trec": "trec/data.csv",
    "davidson-tweets": "davidson-tweets/data.parquet",
    "deceptive-opinions": "deceptive-opinion-spam/data.csv",
    "sst2": "poisoned-sst2/hiddenkiller-syntactic-20pc-train.parquet",
    "spambase": "spambase/data.csv",
    "breast-cancer": "breast-cancer-wisconsin/data.csv",
    "adult": "adult/data.parquet",
    "credit-default": "credit-default/data.parquet",
    "heart-disease": "heart-disease/data.csv",
}
TEXTS = ("sms-spam", "ag-news", "trec", "davidson-tweets", "deceptive-opinions", "sst2")
TEXT_LABELS = (
    ("trec", "fine_label"),
    ("deceptive-opinions", "polarity"),
    ("deceptive-opinions", "hotel"),
    ("deceptive-opinions", "source"),
    ("davidson-tweets", "hate_speech"),
    ("davidson-tweets", "neither"),
    ("davidson-tweets", "annotators"),
)
NOISY = (Kind.MISLABEL,)  # what may rightly be said of rows with many wrong labels
ALLOWED: dict[str, tuple[Kind, ...]] = {
    "placebo-human-noise": NOISY,
    "placebo-watermark": (Kind.HARMFUL_SHORTCUT,),
    "placebo-true-trigger": (Kind.HARMFUL_SHORTCUT,),
    "generated, noisy": NOISY,
    "three annotators": NOISY,
    "reviews": NOISY,
    "tickets": (Kind.HARMFUL_SHORTCUT,),
}


@dataclass(frozen=True)
class Part:
    """Honest data, ready to scan."""

    data: str
    what: str  # the label column, the form, or the placebo
    scanned: Any  # what `foretaste.scan` takes
    roles: dict[str, Any]
    rows: int
    allowed: tuple[Kind, ...] = ()


def part_of(data: Path, seed: int) -> Part | None:
    """The part that a seed stands for; None where it has too few rows for its placebo.

    Parameters
    ----------
    data
        Folder of real data sets.
    seed
        Which one, and how it is drawn.
    """
    kinds: tuple[Callable[[Path, int, np.random.Generator], Part | None], ...]
    kinds = (_own, _other, _made, _placebo, _daily)
    turn, kind = divmod(seed, len(kinds))
    return kinds[kind](data, turn, np.random.default_rng((seed, 77)))


def _own(data: Path, turn: int, rng: np.random.Generator) -> Part:
    names = list(READ)
    name, size = names[turn % len(names)], SIZES[turn // len(names) % len(SIZES)]
    held = _features(name, _drawn(_columns(name, data), size, rng))
    return _part(name, "own label", held)


def _other(data: Path, turn: int, rng: np.random.Generator) -> Part:
    names = (*(n for n in READ if n not in TEXTS), "texts")
    name = names[turn % len(names)]
    if name == "texts":
        name, label = TEXT_LABELS[turn // len(names) % len(TEXT_LABELS)]
        held = _drawn(_columns(name, data), int(rng.choice(SIZES)), rng)
        return _part(name, label, {"text": held["text"], "label": [str(v) for v in held[label]]})
    every = _drawn(_columns(name, data), int(rng.choice(SIZES)), rng)
    held = dict(every)
    order = [str(c) for c in rng.permutation([c for c in held if c != "label"])]
    for column in order:
        cells = _as_label(held[column])
        if cells is not None:
            held["outcome"] = held.pop("label")
            del held[column]
            kept = [i for i, cell in enumerate(cells) if cell is not None]
            held = {c: [v[i] for i in kept] for c, v in held.items()}
            return _part(name, column, held | {"label": [cells[i] for i in kept]})
    raise UsageError(f"{name} has no column that can be a label")


def _made(data: Path, turn: int, rng: np.random.Generator) -> Part:
    fresh = {f.data: f.make for f in FRESH if f.data not in {"drawn shapes", "gratings"}}
    del fresh["digits 8×8"]
    kinds = [*TABLES, *FORMS, *fresh]
    kind, size = kinds[turn % len(kinds)], int(rng.choice(SIZES))
    if kind in TABLES:
        return _part("made", kind, TABLES[kind](rng, size))
    if kind in fresh:
        return _of_sample("made", kind, fresh[kind](rng))
    name = str(rng.choice(TEXTS))
    held = _features(name, _drawn(_columns(name, data), size, rng))
    return _part(name, kind, FORMS[kind](rng, held["text"], [str(v) for v in held["label"]]))


def _daily(_data: Path, turn: int, rng: np.random.Generator) -> Part:
    makers = DAILY_TABLES | DAILY_TEXTS
    what = list(makers)[turn % len(makers)]
    return _part("made", what, makers[what](rng, int(rng.choice(SIZES))))


def _placebo(data: Path, turn: int, rng: np.random.Generator) -> Part | None:
    names = list(READ)
    name = names[turn % len(names)]
    modality = Modality.TEXT if name in TEXTS else Modality.TABLE
    kinds = [k for k in discover(modality) if k.family == "placebo"]
    kind: Any = kinds[turn // len(names) % len(kinds)]
    held = _features(name, _drawn(_columns(name, data), int(rng.choice(SIZES)), rng))
    labels, classes = coded(held.pop("label"))
    content = as_texts(held) if modality is Modality.TEXT else as_table(held)
    rows = with_sources(Sample(content, labels, classes), rng)
    placebo: Attack = kind()
    try:
        return _of_sample(name, kind.name, placebo.poison(rows, rng).sample)
    except UsageError:
        return None


def _part(data: str, what: str, held: Columns) -> Part:
    roles = {"label": "label"} | ({"text": "text"} if "text" in held else {})
    return Part(data, what, held, roles, len(held["label"]), ALLOWED.get(what, ()))


def _of_sample(data: str, what: str, sample: Sample) -> Part:
    return Part(data, what, dataset_of(sample, data), {}, len(sample), ALLOWED.get(what, ()))


@cache
def _columns(name: str, data: Path) -> Columns:
    return read_columns(data / READ[name])


def _features(name: str, held: Columns) -> Columns:
    """The columns that are meant to be seen with the label of the set."""
    if name in TEXTS:
        label = "polarity" if name == "deceptive-opinions" else "label"
        label = "clean_label" if name == "sst2" else label
        text = "clean_text" if name == "sst2" else "text"
        kept = {"text": held[text], "label": [str(v) for v in held[label]]}
        return kept | ({"source": held["source"]} if "source" in held else {})
    return {c: v for c, v in held.items() if c != "num"}


def _drawn(held: Columns, size: int, rng: np.random.Generator) -> Columns:
    n = len(next(iter(held.values())))
    rows = rng.permutation(n)[:size]
    return {c: [v[i] for i in rows] for c, v in held.items()}


def _as_label(cells: list[Any]) -> list[str | None] | None:
    """The cells as labels: levels, or thirds of a number; rare levels are no labels (None).

    None for the whole where there are not two classes, or nearly every cell is another.
    """
    numbers = _numbers(cells)
    if numbers is not None and len(np.unique(numbers[~np.isnan(numbers)])) > MOST_CLASSES:
        edges = np.unique(np.nanquantile(numbers, np.arange(1, CUTS) / CUTS))
        third = np.searchsorted(edges, numbers, side="right")
        named = [None if np.isnan(v) else f"part {t}" for v, t in zip(numbers, third, strict=True)]
    else:
        named = [None if c in {None, ""} else str(c) for c in cells]
    names, count = np.unique([c for c in named if c is not None], return_counts=True)
    frequent = {str(c) for c, m in zip(names, count, strict=True) if m >= FEWEST}
    if not 2 <= len(frequent) <= MOST_CLASSES:
        return None
    return [c if c in frequent else None for c in named]


def _numbers(cells: list[Any]) -> npt.NDArray[np.float64] | None:
    try:
        return np.array([np.nan if c in {None, ""} else float(c) for c in cells])
    except ValueError:
        return None
