"""The model's own words, remembered: what comes back is no news.

A model that learns from what it said itself amplifies whatever it said ("repeat after me"). Rows
that repeat an output of the last hours are therefore allowed one voice for each label together,
and go on only if that voice does not contradict what is known.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from sklearn.preprocessing import normalize

from foretaste.stream.content import Seen
from foretaste.stream.window import Finding, Kind, Window

__all__ = ["Outputs", "echoes"]

_SAME = 0.6  # cosine from which on a row repeats an output
_AGAINST = 0.2  # mean residual from which on an echo contradicts
_LEAST = 4  # rows that repeat one output with one label


class Outputs:
    """Ring of the last outputs, as they are seen.

    Parameters
    ----------
    limit
        How many are kept.
    """

    def __init__(self, limit: int) -> None:
        self.limit = limit
        self.seen: Seen | None = None

    def add(self, seen: Seen) -> None:
        """Remember outputs; the oldest make room."""
        joined = seen if self.seen is None else self.seen.joined(seen)
        surplus = max(len(joined) - self.limit, 0)
        self.seen = joined.take(np.arange(surplus, len(joined)))

    def repeated(self, seen: Seen) -> npt.NDArray[np.int64]:
        """(n,) number of the output that each row repeats, -1 for none."""
        if self.seen is None or not len(seen):
            return np.full(len(seen), -1)
        alike = (normalize(seen.terms) @ normalize(self.seen.terms).T).tocsr()
        best = np.asarray(alike.max(axis=1).todense()).ravel()
        which = np.asarray(alike.argmax(axis=1)).ravel()
        return np.where(best >= _SAME, which, -1)


def echoes(window: Window, outputs: Outputs) -> list[Finding]:
    """Outputs that come back with a label which contradicts what is known of them."""
    which = outputs.repeated(window.seen)
    found = []
    back = np.flatnonzero(which >= 0)
    for output, code in sorted(set(zip(which[back], window.codes[back], strict=True))):
        rows = back[(which[back] == output) & (window.codes[back] == code)]
        if len(rows) >= _LEAST and float(window.excess(rows).mean()) >= _AGAINST:
            found.append(
                Finding(
                    Kind.ECHO,
                    rows,
                    (),
                    0.0,
                    f"{len(rows):,} rows repeat what the model said, as "
                    f"{window.label_names[int(code)]!r}",
                )
            )
    return found
