"""No source may give more than its share, however honest it looks."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from foretaste.stream.settings import GuardSettings
from foretaste.stream.window import Window

__all__ = ["above_share", "effective_sources"]

_EVEN = 10.0  # times its even share a source may give where there are few

Ints = npt.NDArray[np.int64]


def above_share(window: Window, free: Ints, settings: GuardSettings) -> Ints:
    """Rows that are one too many for their source and label, the latest ones."""
    surplus = []
    for code in range(len(window.label_names)):
        rows = free[window.codes[free] == code]
        if not len(rows):
            continue
        senders, which, many = np.unique(
            window.company[rows], return_inverse=True, return_counts=True
        )
        share = max(settings.share, _EVEN / len(senders))
        place = _running(which)
        allowed = np.maximum(share * len(rows), settings.at_least)
        limit = np.where(window.young[rows], max(allowed / 2, settings.at_least), allowed)
        if many.max() > limit.min():
            surplus.append(rows[place >= limit])
    return np.concatenate(surplus) if surplus else np.empty(0, dtype=np.int64)


def effective_sources(sources: Ints) -> float:
    """How many equally active sources would be as diverse (inverse Simpson index).

    >>> import numpy as np
    >>> effective_sources(np.array([0, 0, 1, 1])), effective_sources(np.array([0, 0, 0, 0]))
    (2.0, 1.0)
    """
    many = np.bincount(sources).astype(np.float64)
    total = float(many.sum())
    return total**2 / float((many**2).sum()) if total else 0.0


def _running(which: Ints) -> Ints:
    """(n,) how many rows of the same source came before."""
    order = np.argsort(which, kind="stable")
    sorted_ = which[order]
    starts = np.r_[0, np.flatnonzero(np.diff(sorted_)) + 1]
    lengths = np.diff(np.r_[starts, len(which)])
    place = np.empty(len(which), dtype=np.int64)
    place[order] = np.arange(len(which)) - np.repeat(starts, lengths)
    return place
