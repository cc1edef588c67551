"""The two ways to plant a trigger: with a false label, and with the true one."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import numpy.typing as npt

from foretaste.attack.contract import Poisoned, Sample, Stamp
from foretaste.attack.rows import allowed, count_of, mask_of, other_classes, pick
from foretaste.types import Content, Images, Table, Texts

__all__ = ["clean_label", "dirty_label", "overwrite", "relabel"]

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


def _written(values: npt.NDArray[Any], rows: Ints, new: npt.NDArray[Any]) -> npt.NDArray[Any]:
    changed = values.copy()
    changed[rows] = new
    return changed
