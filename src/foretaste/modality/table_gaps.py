"""What stands where a cell is missing: the value of the most similar row that has one.

The middle of a column is no neutral value where columns hang together: a bill that was not written
yet, set to the usual amount, lies far from every bill that agrees with its months and its fee. What
a similar row has there lies where rows lie.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from scipy.spatial import cKDTree

__all__ = ["filled"]

Floats = npt.NDArray[np.float64]

PATTERNS = 64  # of missing cells, the most frequent; rows of others get the middle, 0
DONORS = 4_000  # rows that are asked, evenly over the order of values


def filled(x: Floats) -> Floats:
    """The table without gaps.

    Parameters
    ----------
    x
        (n, d) columns of like scale with 0 in the middle, NaN where a cell is missing.

    Returns
    -------
    ndarray
        (n, d) finite. Rows that lack the same cells are filled from the nearest row, by the cells
        that they have, among those that have all that these lack; with 0 where nobody has.

    Examples
    --------
    >>> import numpy as np
    >>> filled(np.array([[1.0, 2.0], [-1.0, -2.0], [0.9, np.nan]]))[2].tolist()
    [0.9, 2.0]
    """
    gone = np.isnan(x)
    out = np.where(gone, 0.0, x)
    holed = np.flatnonzero(gone.any(axis=1))
    if not len(holed):
        return out
    patterns, of, count = np.unique(gone[holed], axis=0, return_inverse=True, return_counts=True)
    of = of.reshape(-1)
    for p in np.argsort(-count, kind="stable")[:PATTERNS]:
        rows, lacks = holed[of == p], patterns[p]
        # in an order of values, not of rows: which rows are asked must not depend on the latter
        donors = np.flatnonzero(~(gone[:, lacks].any(axis=1)))
        if not len(donors) or lacks.all():
            continue
        donors = donors[np.lexsort(out[donors].T)]
        donors = donors[:: -(-len(donors) // DONORS)]
        tree = cKDTree(out[np.ix_(donors, ~lacks)])
        _, nearest = tree.query(out[np.ix_(rows, ~lacks)])
        out[np.ix_(rows, lacks)] = x[np.ix_(donors[nearest], lacks)]
    return out
