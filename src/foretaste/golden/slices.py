"""How a model does on parts of the golden set, and which parts are too small to say anything."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy import stats

from foretaste.errors import UsageError

__all__ = ["ALL", "Slice", "clopper_pearson", "rows_needed", "slices_of"]

ALL = "all rows"
_Z = float(stats.norm.ppf(0.975))

Bools = npt.NDArray[np.bool_]


@dataclass(frozen=True)
class Slice:
    """A part of the golden set: all rows, or those with one value in a column."""

    name: str  # "all rows", "region = north"
    rows: Bools  # (n,)

    @property
    def size(self) -> int:
        """Rows in it."""
        return int(self.rows.sum())


def rows_needed(accuracy: float, margin: float) -> int:
    """Rows from which an accuracy is known to within a margin, 19 times of 20.

    Examples
    --------
    >>> rows_needed(0.95, 0.03), rows_needed(0.8, 0.05)
    (203, 246)
    """
    if not (0 <= accuracy <= 1 and 0 < margin < 1):
        raise UsageError(f"accuracy and margin must be shares, got {accuracy} and {margin}")
    share = min(accuracy, 0.99)  # nothing is known to be free of errors
    return math.ceil(_Z**2 * share * (1 - share) / margin**2)


def slices_of(columns: Mapping[str, Sequence[object]], n: int) -> Iterator[Slice]:
    """All rows, then every value of every column.

    Examples
    --------
    >>> [(s.name, s.size) for s in slices_of({"region": ["n", "s", "n"]}, 3)]
    [('all rows', 3), ('region = n', 2), ('region = s', 1)]
    """
    yield Slice(ALL, np.ones(n, dtype=np.bool_))
    for column, values in columns.items():
        told = np.array(["missing" if v is None else str(v) for v in values], dtype=object)
        for value in sorted(set(told.tolist())):
            yield Slice(f"{column} = {value}", np.asarray(told == value))


def clopper_pearson(hits: int, n: int, level: float = 0.95) -> tuple[float, float]:
    """The exact interval of a share (Clopper and Pearson 1934).

    Examples
    --------
    >>> low, high = clopper_pearson(0, 100)
    >>> low, round(high, 3)
    (0.0, 0.036)
    """
    if n == 0:
        return 0.0, 1.0
    tail = (1 - level) / 2
    low = float(stats.beta.ppf(tail, hits, n - hits + 1)) if hits else 0.0
    high = float(stats.beta.ppf(1 - tail, hits + 1, n - hits)) if hits < n else 1.0
    return low, high
