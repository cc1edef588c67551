"""One number for each combination of numbers, without sorting rows of a table."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

__all__ = ["numbered"]

Ints = npt.NDArray[np.int64]


def numbered(*parts: Ints) -> Ints:
    """(n,) numbers from 0 on: rows that agree in all parts share one.

    Parameters
    ----------
    parts
        (n,) integers each; numbered one after the other, so that no product overflows.

    Examples
    --------
    >>> numbered(np.array([5, 5, 9]), np.array([1, 2, 1])).tolist()
    [0, 1, 2]
    """
    number = np.zeros(len(parts[0]), dtype=np.int64)
    for part in parts:
        own = np.unique(part, return_inverse=True)[1].ravel()
        width = int(own.max(initial=0)) + 1
        number = np.unique(number * width + own, return_inverse=True)[1].ravel()
    return number
