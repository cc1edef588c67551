"""Which attacks and placebos a drill plants, at which sizes, in which order."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, fields
from typing import Any

from foretaste.attack.contract import Attack, Sample, discover
from foretaste.attack.plugins import installed
from foretaste.errors import UsageError
from foretaste.report.trials import PLACEBO
from foretaste.types import Modality

__all__ = ["Plan", "Task", "plan", "takes"]

ROWS = (10, 25, 50, 100)  # of attacks that a few rows are enough for
SHARES = (0.01, 0.02, 0.05, 0.1)  # of attacks that need many: flips, outliers, gradients
MANY = frozenset({"flip", "outlier", "gradient poisoning"})
LARGEST = 0.2  # of all rows: more is no attack that hides
AS_IT_IS = "placebo-untouched"  # the scan before anything is planted answers it


@dataclass(frozen=True)
class Task:
    """One trial to run: `rows` of poison (0 for a placebo), drawn with `seed`."""

    kind: type[Attack]
    rows: int
    seed: int

    @property
    def name(self) -> str:
        """For people."""
        size = f", {self.rows:,} rows" if self.rows else ""
        return f"{self.kind.name}{size}"


@dataclass(frozen=True)
class Plan:
    """The trials in the order in which they are run."""

    tasks: tuple[Task, ...]
    notes: tuple[str, ...] = ()  # what was asked for and left out


def plan(
    sample: Sample,
    *,
    attacks: Sequence[str] | None,
    sizes: Sequence[float] | None,
    seeds: Sequence[int],
) -> Plan:
    """Placebos first, then every attack at its largest size, then at the next.

    Cut short, it has then asked of every attack what matters most.

    Parameters
    ----------
    sample
        The rows to plant in.
    attacks
        Names of attacks and placebos; all that work on such rows where None.
    sizes
        Rows (whole numbers from 1) or shares of the rows (below 1); by family where None.
    seeds
        One trial for each.

    Raises
    ------
    UsageError
        An unknown name, or a size that is no size.
    """
    kinds = _chosen(sample.content.modality, attacks)
    placebos = [kind for kind in kinds if kind.family == PLACEBO]
    others = [kind for kind in kinds if kind.family != PLACEBO]
    per_kind = {kind.name: _rows(kind, sizes, len(sample)) for kind in others}
    steps = max((len(rows) for rows in per_kind.values()), default=0)
    tasks = []
    for seed in seeds:
        tasks += [Task(kind, 0, seed) for kind in placebos]
        for step in range(steps):
            at = [(kind, per_kind[kind.name]) for kind in others]
            tasks += [Task(kind, rows[step], seed) for kind, rows in at if step < len(rows)]
    return Plan(tuple(tasks), _left_out(sizes, len(sample)))


def takes(kind: type[Attack], parameter: str) -> bool:
    """Whether the attack has the parameter."""
    held: Any = kind
    return parameter in {field.name for field in fields(held)}


def _chosen(modality: Modality, attacks: Sequence[str] | None) -> list[type[Attack]]:
    others = installed()
    known = {kind.name: kind for kind in (*discover(modality), *others.attacks.values())}
    known = {name: kind for name, kind in known.items() if modality in kind.modalities}
    if attacks is None:
        return [kind for name, kind in known.items() if name != AS_IT_IS]
    unknown = [name for name in attacks if name not in known]
    if unknown or not attacks:
        got = f"got {unknown[0]!r}" if unknown else "got none"
        raise UsageError(
            f"attacks: name some of those that work on {modality} rows, {got}; "
            f"there are {', '.join(known)}"
            + "".join(f"; {name} cannot be loaded: {why}" for name, why in others.failed.items())
        )
    return [known[name] for name in dict.fromkeys(attacks)]


def _rows(kind: type[Attack], sizes: Sequence[float] | None, n: int) -> list[int]:
    """Sizes in rows, largest first, without those too large for the data."""
    asked = sizes if sizes is not None else (SHARES if kind.family in MANY else ROWS)
    if not asked:
        raise UsageError("sizes: give at least one number of rows or share of them, got none")
    rows = {_size(size, n) for size in asked}
    return sorted((r for r in rows if r <= LARGEST * n), reverse=True)


def _size(size: float, n: int) -> int:
    valid = math.isfinite(size) and size > 0 and (size < 1 or size == round(size))
    if not valid:
        raise UsageError(
            f"sizes: a size is a whole number of rows or a share between 0 and 1, got {size!r}"
        )
    return max(1, round(size * n)) if size < 1 else int(size)


def _left_out(sizes: Sequence[float] | None, n: int) -> tuple[str, ...]:
    large = sorted({_size(size, n) for size in sizes or ()})
    return tuple(
        f"size {rows:,} was left out: more than a fifth of the {n:,} rows is no attack that hides"
        for rows in large
        if rows > LARGEST * n
    )
