"""How far it is from a point to its nearest, its second, its fourth nearest ... other point."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

__all__ = ["DistanceProfile", "distance_profile"]

Floats = npt.NDArray[np.float64]

REFERENCE = 3_000  # points to which distances are taken
AT_ONCE = 500  # points whose distances are held at a time
SMALLEST_CROWD = 4  # others of a crowd
LARGEST_CROWD = 8  # of the points one
LONE = 8  # neighbours to whom a point of no crowd is compared
GAP = np.log(4.0)  # a crowd is so much farther from the others than it is wide
SAME = 1e-3  # distances below that are none


@dataclass(frozen=True)
class DistanceProfile:
    """Logarithms of distances at doubling numbers of neighbours.

    neighbours: (m,) 1, 2, 4, 8 ...
    logs: (n, m) log distance to that neighbour.
    """

    neighbours: npt.NDArray[np.int64]
    logs: Floats

    def gaps(self) -> tuple[Floats, npt.NDArray[np.int64]]:
        """Each point's widest gap, in nats, that ends a possible crowd; and where it ends.

        Points of a crowd have near neighbours up to some number, and far ones beyond it.
        """
        if len(self.neighbours) < 2:
            zero = np.zeros(len(self.logs))
            return zero, zero.astype(np.int64)
        steps = np.diff(self.logs, axis=1)
        steps[:, self.neighbours[:-1] < SMALLEST_CROWD] = 0.0
        at = steps.argmax(axis=1)
        return steps[np.arange(len(steps)), at], at + 1

    def to_others(self) -> Floats:
        """(n,) log distance of each point to points outside of its own crowd, if it has one.

        A crowd of outliers hides each of its members from any fixed number of neighbours.
        """
        gap, end = self.gaps()
        lone = int(np.searchsorted(self.neighbours, LONE, side="right")) - 1
        column = np.where(gap >= GAP, end, max(lone, 0))
        return np.asarray(self.logs[np.arange(len(self.logs)), column])


def distance_profile(points: Floats, rng: np.random.Generator) -> DistanceProfile:
    """Distances of each point to others, all of them or a sample.

    Parameters
    ----------
    points
        (n, d), distinct.
    rng
        Draws the sample.

    Examples
    --------
    >>> import numpy as np
    >>> rng = np.random.default_rng(0)
    >>> crowd = 30.0 + 0.01 * rng.normal(size=(20, 2))
    >>> profile = distance_profile(np.r_[rng.normal(size=(300, 2)), crowd], rng)
    >>> np.flatnonzero(profile.gaps()[0] > 2 * GAP).tolist() == list(range(300, 320))
    True
    """
    n = len(points)
    chosen = np.arange(n)
    if n > REFERENCE:
        chosen = np.sort(rng.choice(n, size=REFERENCE, replace=False))
    others = points[chosen].astype(np.float32)
    most = max(1, min(len(chosen) - 1, len(chosen) // LARGEST_CROWD))
    neighbours = 2 ** np.arange(int(np.log2(most)) + 1)
    size = (others**2).sum(axis=1)
    squares = np.empty((n, len(neighbours)))
    for start in range(0, n, AT_ONCE):
        x = points[start : start + AT_ONCE].astype(np.float32)
        d = (x**2).sum(axis=1)[:, None] + size - 2.0 * (x @ others.T)
        here = np.flatnonzero((chosen >= start) & (chosen < start + len(x)))
        d[chosen[here] - start, here] = np.inf  # no point is its own neighbour
        last = min(int(neighbours[-1]), d.shape[1]) - 1
        at = np.minimum(neighbours - 1, last)
        squares[start : start + AT_ONCE] = np.partition(d, at, axis=1)[:, at]
    finite = np.where(np.isfinite(squares), squares, 0.0)
    return DistanceProfile(neighbours, 0.5 * np.log(np.maximum(finite, SAME**2)))
