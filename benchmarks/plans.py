"""What is run: the small plan in minutes, the whole over night."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, fields
from functools import cache
from pathlib import Path
from typing import Any, Protocol

import numpy as np

from benchmarks.fresh_sets import FRESH
from benchmarks.measuring import Case
from benchmarks.published import PUBLISHED
from benchmarks.sets import SETS, Split, with_sources
from foretaste.attack.contract import Attack, discover
from foretaste.attack.victim import Victim, train
from foretaste.errors import UsageError

__all__ = ["FRESH", "Plan", "RedTeam", "headline", "small", "whole"]

GUILTY = 3  # the vendor whose rows are poisoned
SMALL_ROWS = {"sms-spam": 3_000, "spambase": 2_500, "breast-cancer": 450, "fashion-mnist": 2_500}
SMALL: dict[str, tuple[tuple[str, float | None], ...]] = {
    "sms-spam": (
        ("text-rare-token", 0.01),
        ("text-rare-token", 0.02),
        ("text-sentence", 0.01),
        ("text-homoglyph", 0.01),
        ("text-template", 0.02),
        ("text-clean-label", 0.03),
        ("label-flip-random", 0.1),
        ("label-annotator", None),
        ("placebo-untouched", None),
        ("placebo-campaign", None),
        ("placebo-human-noise", None),
    ),
    "spambase": (
        ("table-value-combination", 0.015),
        ("table-missingness", 0.02),
        ("table-out-of-range", 0.02),
        ("table-outlier-far", 0.02),
        ("table-outlier-mixed", 0.02),
        ("label-flip-random", 0.1),
        ("label-flip-pair", 0.05),
        ("placebo-untouched", None),
        ("placebo-watermark", None),
        ("placebo-long-tail", None),
    ),
    "breast-cancer": (
        ("table-missingness", 0.04),
        ("label-flip-random", 0.1),
        ("placebo-untouched", None),
        ("placebo-duplicates", None),
    ),
    "fashion-mnist": (
        ("image-patch", 0.01),
        ("image-patch", 0.03),
        ("image-patch-random-place", 0.02),
        ("image-blend", 0.02),
        ("image-sinusoid", 0.05),
        ("image-all-to-all", 0.05),
        ("image-adaptive-patch", None),
        ("label-flip-random", 0.1),
        ("placebo-untouched", None),
        ("placebo-true-trigger", None),
        ("placebo-merged-class", None),
        ("placebo-new-domain", None),
    ),
}
SMALL_FRESH = ("wine", "digits 8×8", "customers", "templated reviews", "drawn shapes")
SMALL_PUBLISHED = ("addsent 10%",)
HEADLINE: dict[str, tuple[tuple[str, float | None], ...]] = {
    "sms-spam": (
        ("text-rare-token", 0.01),
        ("text-sentence", 0.01),
        ("placebo-untouched", None),
    ),
    "spambase": (("table-value-combination", 0.015), ("placebo-untouched", None)),
    "breast-cancer": (("label-flip-random", 0.08), ("placebo-untouched", None)),
    "fashion-mnist": (
        ("image-patch", 0.003),
        ("image-patch", 0.01),
        ("placebo-untouched", None),
    ),
}
RATES = (0.003, 0.01, 0.03)
FLIPS = (0.05, 0.15, 0.3)


class Plan(Protocol):
    """A cell to come."""

    @property
    def data(self) -> str:
        """The set."""

    @property
    def planted(self) -> str:
        """What is planted, with its rate."""

    def case(self, data: Path, seed: int) -> Case:
        """Make it. `data` is the folder of real sets."""


@dataclass(frozen=True)
class RedTeam:
    """An attack or placebo of the red team on a real set of ten vendors, one of them guilty."""

    data: str
    attack: str
    rate: float | None = None  # the attack's own where None
    rows: int | None = None

    @property
    def planted(self) -> str:
        """The attack and its rate."""
        return self.attack if self.rate is None else f"{self.attack} {self.rate:.1%}"

    def case(self, data: Path, seed: int) -> Case:
        """Plant it among the guilty vendor's rows, or among all where those are too few."""
        split = _read(self.data, data, self.rows)
        rows = with_sources(split.rows, np.random.default_rng((seed, 1)))
        kind = next(k for k in discover() if k.name == self.attack)
        takes = {f.name for f in fields(kind)}  # type: ignore[arg-type]  # every attack is one
        told: dict[str, Any] = {} if self.rate is None else {"rate": self.rate}
        guilty = f"vendor {GUILTY}" if "source" in takes else None
        try:
            done = _made(kind, told | ({} if guilty is None else {"source": GUILTY})).poison(
                rows, np.random.default_rng(seed)
            )
        except UsageError:
            guilty = None
            done = _made(kind, told).poison(rows, np.random.default_rng(seed))
        return Case(
            self.data,
            self.planted,
            kind.family,
            seed,
            done,
            lambda: _untouched(self.data, data, self.rows, seed),
            split.test,
            guilty,
        )


def _made(kind: type[Attack], told: dict[str, Any]) -> Attack:
    return kind(**told)


@cache
def _read(name: str, data: Path, rows: int | None) -> Split:
    return SETS[name].read(data, rows)


@cache
def _untouched(name: str, data: Path, rows: int | None, seed: int) -> Victim:
    return train(_read(name, data, rows).rows, seed)


def small() -> Iterator[Plan]:
    """The fixed subset, modalities taking turns, so that a stopped run has seen them all."""
    queues: list[list[Plan]] = [
        [RedTeam(name, attack, rate, SMALL_ROWS[name]) for attack, rate in chosen]
        for name, chosen in SMALL.items()
    ]
    queues.append([p for p in PUBLISHED if p.planted in SMALL_PUBLISHED])
    queues.append([p for p in FRESH if p.data in SMALL_FRESH])
    while any(queues):
        for queue in queues:
            if queue:
                yield queue.pop(0)


def headline() -> Iterator[Plan]:
    """What a first user tries, on all rows of a set: few cells, so that many seeds can be run."""
    for name, chosen in HEADLINE.items():
        yield from (RedTeam(name, attack, rate) for attack, rate in chosen)


def whole() -> Iterator[Plan]:
    """Fresh and published sets, then every attack at several rates on every real set."""
    yield from FRESH
    yield from PUBLISHED
    for name, held in SETS.items():
        for kind in discover(held.modality):
            if kind.family == "placebo":
                yield RedTeam(name, kind.name)
                continue
            rates = FLIPS if kind.family == "flip" else RATES
            yield from (RedTeam(name, kind.name, rate) for rate in rates)
