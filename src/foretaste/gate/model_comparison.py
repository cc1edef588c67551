"""Two models on the same rows: who errs more, where, what flips, and what a trigger does.

Every comparison is paired and exact: McNemar's test on rows that the two models read differently
(McNemar 1947; exact, as a sign test), Clopper–Pearson intervals for shares, Holm's correction over
slices (Holm 1979).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt
from scipy import stats

from foretaste.golden.slices import Slice, clopper_pearson, rows_needed

__all__ = [
    "Attack",
    "Flips",
    "Halves",
    "SliceComparison",
    "Verdict",
    "compare_halves",
    "compare_slices",
    "count_flips",
    "most_turned",
    "sign_test",
    "under_attack",
]

Names = npt.NDArray[np.object_]
Bools = npt.NDArray[np.bool_]


class Verdict:
    """Words for what a comparison says."""

    NOT_WORSE = "not worse"
    WORSE = "worse"
    SMALL = "inconclusive"


@dataclass(frozen=True)
class SliceComparison:
    """Champion and challenger on one slice."""

    name: str
    rows: int
    needed: int  # rows without which nothing is said
    champion: float  # accuracy
    challenger: float
    only_challenger_wrong: int
    only_champion_wrong: int
    p_value: float  # that the challenger errs no more, corrected over slices
    verdict: str


@dataclass(frozen=True)
class Flips:
    """How often the challenger says something else than was said."""

    flips: int
    probes: int
    low: float  # 95 % Clopper–Pearson interval of the share
    high: float

    @property
    def share(self) -> float:
        """Of the probes."""
        return self.flips / self.probes if self.probes else 0.0


@dataclass(frozen=True)
class Halves:
    """Accuracy on rows that people may know, and on rows that nobody has seen."""

    shown: float
    hidden: float
    p_value: float  # of so large a gain on the shown half, if both were alike


@dataclass(frozen=True)
class Attack:
    """What one trigger does to the challenger."""

    name: str
    origin: str  # library, recovered
    target: str
    rows: int  # of other classes
    success: float  # share of them read as the target with the trigger
    low: float  # 95 % Clopper–Pearson interval
    high: float
    base: float  # the share without it
    champion: float  # success on the champion
    placebo: float | None  # of the strongest placebo; None where none was tried
    p_value: float  # that the trigger turns no more rows than it should, corrected
    works: bool = False


def sign_test(more: int, less: int) -> float:
    """The chance of at least `more` of `more + less` heads: McNemar's exact test, one-sided.

    Examples
    --------
    >>> sign_test(0, 0), round(sign_test(9, 1), 4)
    (1.0, 0.0107)
    """
    if more + less == 0:
        return 1.0
    return float(stats.binomtest(more, more + less, 0.5, alternative="greater").pvalue)


def compare_slices(
    slices: Sequence[Slice],
    labels: Names,
    champion: Names,
    challenger: Names,
    *,
    alpha: float,
    margin: float,
) -> tuple[SliceComparison, ...]:
    """Is the challenger worse anywhere?

    Parameters
    ----------
    labels, champion, challenger
        (n,) true classes, and what the models say.
    alpha
        Chance of calling any slice worse that is not.
    margin
        To which an accuracy must be known for a slice to say anything.
    """
    made, raw = [], []
    for part in slices:
        right = labels[part.rows]
        a, b = champion[part.rows] == right, challenger[part.rows] == right
        worse, better = int((a & ~b).sum()), int((~a & b).sum())
        accuracy = float(a.mean()) if part.size else 0.0
        raw.append(sign_test(worse, better))
        made.append(
            SliceComparison(
                part.name,
                part.size,
                rows_needed(accuracy, margin),
                accuracy,
                float(b.mean()) if part.size else 0.0,
                worse,
                better,
                1.0,
                Verdict.NOT_WORSE,
            )
        )
    adjusted = _holm(raw)
    return tuple(
        replace(one, p_value=p, verdict=_verdict(one, p, alpha))
        for one, p in zip(made, adjusted, strict=True)
    )


def _verdict(one: SliceComparison, p_value: float, alpha: float) -> str:
    if p_value <= alpha:  # a small slice can still be seen to be worse
        return Verdict.WORSE
    return Verdict.SMALL if one.rows < one.needed else Verdict.NOT_WORSE


def _holm(p_values: Sequence[float]) -> list[float]:
    order = np.argsort(p_values, kind="stable")
    steps = np.array(p_values)[order] * np.arange(len(p_values), 0, -1)
    adjusted = np.empty(len(p_values))
    adjusted[order] = np.minimum(np.maximum.accumulate(steps), 1.0)
    return [float(p) for p in adjusted]


def count_flips(before: Sequence[str], now: Sequence[str]) -> Flips:
    """How often answers differ.

    Examples
    --------
    >>> count_flips(["a", "b", "b"], ["a", "b", "a"]).flips
    1
    """
    flips = sum(a != b for a, b in zip(before, now, strict=True))
    low, high = clopper_pearson(flips, len(before))
    return Flips(flips, len(before), low, high)


def compare_halves(right_shown: Bools, right_hidden: Bools) -> Halves:
    """Does a model do better on the rows that it may have met? Fisher's exact test, one-sided."""
    table = np.array(
        [
            [int(right_shown.sum()), int((~right_shown).sum())],
            [int(right_hidden.sum()), int((~right_hidden).sum())],
        ]
    )
    p_value = float(stats.fisher_exact(table, alternative="greater").pvalue)
    return Halves(float(right_shown.mean()), float(right_hidden.mean()), p_value)


def most_turned(labels: Names, base: Names, stamped: Names, classes: Sequence[str]) -> str:
    """The class that gains most rows of other classes when a trigger is stamped on."""

    def gained(target: str) -> float:
        others = labels != target
        if not others.any():
            return -1.0
        return float((stamped[others] == target).mean() - (base[others] == target).mean())

    return max(classes, key=gained)


def under_attack(
    name: str, labels: Names, base: Names, stamped: Names, target: str
) -> tuple[Attack, Bools]:
    """What a trigger does to a model, and which rows it turns.

    Parameters
    ----------
    labels, base, stamped
        (n,) true classes, answers without and with the trigger.
    target
        What an attacker would want.

    Returns
    -------
    Attack
        Its p-value and comparison are still to be filled in.
    turned
        (n,) rows of other classes that are read as the target only with the trigger.
    """
    others = labels != target
    hits, rows = int((others & (stamped == target)).sum()), int(others.sum())
    low, high = clopper_pearson(hits, rows)
    unstamped = float((base[others] == target).mean()) if rows else 0.0
    attack = Attack(
        name, "", target, rows, hits / rows if rows else 0.0, low, high, unstamped, 0.0, None, 1.0
    )
    return attack, others & (stamped == target) & (base != target)
