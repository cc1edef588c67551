"""Are the rows of a group, what they share set aside, such as other rows are?

A model that is asked about rows unlike all that it saw answers at random, and is surprised by
nothing it should be surprised by. Planted rows were ordinary ones; a cluster far from all others is
a kind of its own, whose label no other row can tell.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from foretaste.modality import Change, Without
from foretaste.types import Floats, Ints, View

__all__ = ["far_from_all"]

Features = npt.NDArray[np.float32]

NEAREST = 5  # the distance to this neighbour tells how lonely a row is
LONELY = 0.9  # quantile of other rows' distances
MEASURED = 400  # rows that say what is usual
CROWD = 4_000  # rows among which neighbours are looked for


def far_from_all(view: View, rows: Ints, change: Change, rng: np.random.Generator) -> bool:
    """Whether most of `rows`, without what they share, are lonelier than nearly all other rows.

    Parameters
    ----------
    view
        With content and encoder; without them nothing is far.
    rows
        (m,) row indices.
    change
        What they share; it is taken out of all rows.
    rng
        Chooses the rows that say what is usual.
    """
    if view.content is None or view.encoder is None:
        return False
    others = np.setdiff1d(np.arange(len(view)), rows)
    if len(others) <= 2 * NEAREST:
        return False
    crowd = np.sort(rng.choice(others, min(CROWD, len(others)), replace=False))
    usual = rng.choice(len(crowd), min(MEASURED, len(crowd)), replace=False)
    bare = Without(change)
    theirs = view.encoder(bare.remove(view.content.take(crowd)))
    mine = view.encoder(bare.remove(view.content.take(rows)))
    # a row of the crowd is its own nearest neighbour
    lonely = np.quantile(_distance(theirs[usual], theirs, NEAREST + 1), LONELY)
    return bool(np.median(_distance(mine, theirs, NEAREST)) > lonely)


def _distance(x: Features, crowd: Features, nth: int) -> Floats:
    """(len(x),) squared distance to the nth nearest row of the crowd."""
    size = np.einsum("ij,ij->i", crowd, crowd)
    squared = np.einsum("ij,ij->i", x, x)[:, None] + size - 2.0 * (x @ crowd.T)
    return np.asarray(np.partition(squared, nth - 1, axis=1)[:, nth - 1], dtype=np.float64)
