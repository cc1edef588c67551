"""Principal directions, each brought to unit variance."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

__all__ = ["whitened"]

Floats = npt.NDArray[np.float64]

NOTHING = 1e-6  # share of the largest variance below which a direction is none


def whitened(points: Floats) -> Floats:
    """(n, r) coordinates in the principal directions, the widest first, variance 1 each.

    Examples
    --------
    >>> import numpy as np
    >>> x = np.random.default_rng(0).normal(size=(500, 2)) @ np.array([[3.0, 1.0], [0.0, 0.1]])
    >>> np.cov(whitened(x).T).round(3).tolist()
    [[1.0, 0.0], [0.0, 1.0]]
    """
    if not points.size:
        return np.zeros((len(points), 0))
    x = points - points.mean(axis=0)
    variance, directions = np.linalg.eigh(x.T @ x / max(len(x) - 1, 1))
    kept = variance > NOTHING * max(float(variance[-1]), 1e-300)
    spread = np.sqrt(variance[kept][::-1])
    return np.asarray(x @ directions[:, kept][:, ::-1] / spread)
