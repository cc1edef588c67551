"""Which class each row looks like, and how clearly, the label set aside."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

__all__ = ["Evidence", "rank_evidence", "rank_of", "unevenness"]

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

LEAST = 1e-4


@dataclass(frozen=True)
class Evidence:
    """What probabilities say of rows.

    looks: (n,) the likeliest class.
    margin: (n,) its log-odds against the second, in nats.
    rank: (n,) 0 the clearest row, 1 the weakest.
    doubt: (n,) probability that it is another class.
    """

    looks: Ints
    margin: Floats
    rank: Floats
    doubt: Floats

    def of(self, rows: Ints) -> Evidence:
        """The same for some rows; ranks are those among all."""
        return Evidence(self.looks[rows], self.margin[rows], self.rank[rows], self.doubt[rows])


def rank_evidence(p: Floats) -> Evidence:
    """Rank rows by how clear their class is.

    Parameters
    ----------
    p
        (n, k) class probabilities, k at least 2.

    Examples
    --------
    >>> import numpy as np
    >>> rank_evidence(np.array([[0.5, 0.5], [0.1, 0.9]])).rank.tolist()
    [0.75, 0.25]
    """
    logs = np.log(np.clip(p, LEAST, 1.0))
    two = np.partition(logs, -2, axis=1)[:, -2:]
    margin = two[:, 1] - two[:, 0]
    return Evidence(logs.argmax(axis=1), margin, rank_of(margin), 1.0 - p.max(axis=1))


def rank_of(margin: Floats) -> Floats:
    """(n,) mid-ranks as shares: 0 the largest margin, 1 the smallest."""
    rank = np.empty(len(margin))
    rank[np.argsort(-margin, kind="stable")] = (np.arange(len(margin)) + 0.5) / max(len(margin), 1)
    return rank


def unevenness(doubt: Floats) -> float:
    """Doubt of the middling rows over that of the clearest tenth.

    Where labels were flipped whatever the row, all clear rows are doubted by the share of flips;
    where a task tells little of its labels, doubt grows from row to row.

    Examples
    --------
    >>> flips, weak = np.full(100, 0.2), np.linspace(0.05, 0.5, 100)
    >>> round(unevenness(flips), 1), unevenness(weak) > 4
    (1.0, True)
    """
    ordered, tenth = np.sort(doubt), max(len(doubt) // 10, 1)
    return float(ordered[5 * tenth : 7 * tenth].mean() / max(ordered[:tenth].mean(), LEAST))
