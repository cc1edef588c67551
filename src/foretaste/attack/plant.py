"""The ways to plant a trigger: with a false label, with the true one, with rows that hide it."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import numpy.typing as npt

from foretaste.attack.contract import Poisoned, Sample, Stamp
from foretaste.attack.rows import allowed, count_of, mask_of, other_classes, pick
from foretaste.types import Content, Images, Table, Texts

__all__ = ["clean_label", "dirty_label", "dirty_with_cover", "overwrite", "relabel"]

Ints = npt.NDArray[np.int64]


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
    sample: Sample,
    rng: np.random.Generator,
    *,
    rate: float,
    target: int,
    source: int | None,
    stamp: Stamp,
    trigger: str,
    test_stamp: Stamp | None = None,
) -> Poisoned:
    """Stamp a share `rate` of all rows, drawn from other classes, and call them `target`.

    `test_stamp` is the trigger used at test time, where it differs from `stamp`.
    """
    victims = other_classes(sample, target)
    mask = allowed(sample, source) & (sample.labels != target)
    rows = pick(mask, count_of(sample, rate), rng)
    changed = overwrite(sample, rows, stamp(sample.content.take(rows)))
    return Poisoned(
        sample=relabel(changed, rows, target),
        truth=mask_of(sample, rows),
        trigger=trigger,
        stamp=test_stamp or stamp,
        target=target,
        victims=victims,
    )


def clean_label(
    sample: Sample,
    rng: np.random.Generator,
    *,
    rate: float,
    target: int,
    source: int | None,
    stamp: Stamp,
    trigger: str,
    test_stamp: Stamp | None = None,
) -> Poisoned:
    """Stamp a share `rate` of all rows, drawn from class `target`; every label stays true."""
    victims = other_classes(sample, target)
    mask = allowed(sample, source) & (sample.labels == target)
    rows = pick(mask, count_of(sample, rate), rng)
    return Poisoned(
        sample=overwrite(sample, rows, stamp(sample.content.take(rows))),
        truth=mask_of(sample, rows),
        trigger=trigger,
        stamp=test_stamp or stamp,
        target=target,
        victims=victims,
    )


def dirty_with_cover(
    sample: Sample,
    rng: np.random.Generator,
    *,
    rate: float,
    cover_rate: float,
    target: int,
    victims: tuple[int, ...],
    source: int | None,
    stamp: Stamp,
    cover_stamp: Stamp,
    test_stamp: Stamp,
    trigger: str,
) -> Poisoned:
    """Stamp rows of `victims` and call them `target`; stamp cover rows and leave their labels.

    `rate` and `cover_rate` are shares of all rows. Cover rows come from the classes that are
    neither target nor, where those are only some, victims.
    """
    others = other_classes(sample, target)
    open_rows = allowed(sample, source)
    rows = pick(open_rows & np.isin(sample.labels, victims), count_of(sample, rate), rng)
    free = tuple(c for c in others if c not in victims) or victims
    mask = open_rows & np.isin(sample.labels, free)
    mask[rows] = False
    covers = pick(mask, count_of(sample, cover_rate), rng)
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


def _written(values: npt.NDArray[Any], rows: Ints, new: npt.NDArray[Any]) -> npt.NDArray[Any]:
    changed = values.copy()
    changed[rows] = new
    return changed
