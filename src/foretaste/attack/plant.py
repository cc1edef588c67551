"""The ways to plant a trigger: with a false label, with the true one, with rows that hide it."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt

from foretaste.attack.contract import Poisoned, Sample, Stamp
from foretaste.attack.rows import allowed, count_of, mask_of, other_classes, pick
from foretaste.types import Content, Images, Table, Texts

__all__ = [
    "Covering",
    "Planting",
    "clean_label",
    "dirty_label",
    "dirty_with_cover",
    "overwrite",
    "relabel",
]

Ints = npt.NDArray[np.int64]
Bools = npt.NDArray[np.bool_]


class Planting(Protocol):
    """What every attack that plants a trigger has among its parameters."""

    @property
    def rate(self) -> float:
        """Share of all rows that become poison, in (0, 1)."""

    @property
    def target(self) -> int:
        """Class code that the trigger leads to."""

    @property
    def source(self) -> int | None:
        """Code of the only source whose rows may be touched; None for all."""


class Covering(Planting, Protocol):
    """An attack that also plants its trigger on rows with their right label, to hide."""

    @property
    def cover_rate(self) -> float:
        """Share of all rows that become cover."""


def overwrite(sample: Sample, rows: Ints, content: Content) -> Sample:
    """A copy of `sample` in which `rows` hold `content`, in that order."""
    before = sample.content
    changed: Content
    if isinstance(before, Table):
        changed = replace(before, values=_written(before.values, rows, content.values))
    elif isinstance(before, Texts):
        changed = Texts(_written(before.values, rows, content.values))
    else:
        changed = Images(_written(before.values, rows, content.values), before.original)
    return replace(sample, content=changed)


def relabel(sample: Sample, rows: Ints, labels: Ints | int) -> Sample:
    """A copy of `sample` in which `rows` carry `labels`."""
    changed = sample.labels.copy()
    changed[rows] = labels
    return replace(sample, labels=changed)


def dirty_label(
    attack: Planting,
    sample: Sample,
    rng: np.random.Generator,
    *,
    stamp: Stamp,
    trigger: str,
    test_stamp: Stamp | None = None,
) -> Poisoned:
    """Stamp a share of all rows, drawn from other classes than the target, and call them that.

    `test_stamp` is the trigger used at test time, where it differs from `stamp`.
    """
    mask = allowed(sample, attack.source) & (sample.labels != attack.target)
    rows, planted = _stamped(attack, sample, rng, mask, stamp, trigger)
    changed = relabel(planted.sample, rows, attack.target)
    return replace(planted, sample=changed, stamp=test_stamp or stamp)


def clean_label(
    attack: Planting,
    sample: Sample,
    rng: np.random.Generator,
    *,
    stamp: Stamp,
    trigger: str,
    test_stamp: Stamp | None = None,
) -> Poisoned:
    """Stamp a share of all rows, drawn from the target class; every label stays true."""
    mask = allowed(sample, attack.source) & (sample.labels == attack.target)
    _, planted = _stamped(attack, sample, rng, mask, stamp, trigger)
    return replace(planted, stamp=test_stamp or stamp)


def dirty_with_cover(
    attack: Covering,
    sample: Sample,
    rng: np.random.Generator,
    *,
    victims: tuple[int, ...] | None = None,
    stamp: Stamp,
    cover_stamp: Stamp,
    test_stamp: Stamp,
    trigger: str,
) -> Poisoned:
    """Stamp rows of `victims` and call them `target`; stamp cover rows and leave their labels.

    `victims` are all other classes where None. Cover rows come from the classes that are
    neither target nor, where those are only some, victims.
    """
    target = attack.target
    others = other_classes(sample, target)
    victims = others if victims is None else victims
    open_rows = allowed(sample, attack.source)
    rows = pick(open_rows & np.isin(sample.labels, victims), count_of(sample, attack.rate), rng)
    free = tuple(c for c in others if c not in victims) or victims
    mask = open_rows & np.isin(sample.labels, free)
    mask[rows] = False
    covers = pick(mask, count_of(sample, attack.cover_rate), rng)
    changed = overwrite(sample, rows, stamp(sample.content.take(rows)))
    changed = overwrite(changed, covers, cover_stamp(sample.content.take(covers)))
    return Poisoned(
        sample=relabel(changed, rows, target),
        truth=mask_of(sample, rows),
        cover=mask_of(sample, covers),
        trigger=trigger,
        stamp=test_stamp,
        target=target,
        victims=victims,
    )


def _stamped(
    attack: Planting,
    sample: Sample,
    rng: np.random.Generator,
    mask: Bools,
    stamp: Stamp,
    trigger: str,
) -> tuple[Ints, Poisoned]:
    """Which rows of `mask` were stamped, and the sample with them; labels are still as before."""
    victims = other_classes(sample, attack.target)
    rows = pick(mask, count_of(sample, attack.rate), rng)
    planted = Poisoned(
        sample=overwrite(sample, rows, stamp(sample.content.take(rows))),
        truth=mask_of(sample, rows),
        trigger=trigger,
        stamp=stamp,
        target=attack.target,
        victims=victims,
    )
    return rows, planted


def _written(values: npt.NDArray[Any], rows: Ints, new: npt.NDArray[Any]) -> npt.NDArray[Any]:
    changed = values.copy()
    changed[rows] = new
    return changed
