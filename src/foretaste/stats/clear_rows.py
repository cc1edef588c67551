"""Which class each row looks like, and how clearly, the label set aside."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

__all__ = ["Evidence", "rank_evidence", "rank_of"]

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

LEAST = 1e-4


@dataclass(frozen=True)
class Evidence:
    """What probabilities say of rows.

    looks: (n,) the likeliest class.
    margin: (n,) its log-odds against the second, in nats.
    rank: (n,) 0 the clearest row, 1 the weakest.
    """

    looks: Ints
    margin: Floats
    rank: Floats


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
    return Evidence(logs.argmax(axis=1), margin, rank_of(margin))


def rank_of(margin: Floats) -> Floats:
    """(n,) mid-ranks as shares: 0 the largest margin, 1 the smallest."""
    rank = np.empty(len(margin))
    rank[np.argsort(-margin, kind="stable")] = (np.arange(len(margin)) + 0.5) / max(len(margin), 1)
    return rank
