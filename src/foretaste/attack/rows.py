"""Which rows an attack may touch, and how many."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from foretaste.attack.contract import Sample
from foretaste.errors import UsageError

__all__ = ["allowed", "check_pair", "count_of", "mask_of", "other_classes", "pick"]

Ints = npt.NDArray[np.int64]
Bools = npt.NDArray[np.bool_]


def allowed(sample: Sample, source: int | None) -> Bools:
    """(n,) rows that an attacker who controls only `source` may touch; all where None."""
    if source is None:
        return np.ones(len(sample), dtype=np.bool_)
    if sample.sources is None:
        raise UsageError(f"source must be None for a sample without sources, got {source}")
    return np.asarray(sample.sources == source, dtype=np.bool_)


def count_of(sample: Sample, rate: float) -> int:
    """The number of rows that `rate`, a share in (0, 1), stands for; at least one."""
    if not 0 < rate < 1:
        raise UsageError(f"rate must be a share of rows in (0, 1), got {rate}")
    return max(1, round(rate * len(sample)))


def pick(mask: Bools, count: int, rng: np.random.Generator) -> Ints:
    """`count` of the rows of `mask`, sorted; an error where there are too few."""
    pool = np.flatnonzero(mask)
    if count > pool.size:
        raise UsageError(
            f"the attack needs {count} rows but may touch only {pool.size}: "
            "lower rate, or choose another target or source"
        )
    return np.sort(rng.choice(pool, size=count, replace=False)).astype(np.int64)


def mask_of(sample: Sample, rows: Ints) -> Bools:
    """(n,) True at `rows`."""
    mask = np.zeros(len(sample), dtype=np.bool_)
    mask[rows] = True
    return mask


def other_classes(sample: Sample, target: int) -> tuple[int, ...]:
    """Codes of every class but `target`; an error where `target` is no class."""
    k = len(sample.classes)
    if not 0 <= target < k:
        raise UsageError(f"target must be a class code 0 to {k - 1}, got {target}")
    return tuple(c for c in range(k) if c != target)


def check_pair(sample: Sample, victim: int, target: int) -> None:
    """An error unless `victim` and `target` are two classes of the sample."""
    if victim not in other_classes(sample, target):
        raise UsageError(f"victim must be another class than target, got {victim}")
