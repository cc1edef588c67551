"""How surprising is it that so many rows of a group carry one label?

Observed is the number of rows in the group with label c; expected the sum of the probabilities
of c that a model which never saw the group gives to the same rows.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from scipy.special import rel_entr

__all__ = ["group_design_effect", "poisson_surprise", "share_surprise"]

Floats = npt.NDArray[np.float64]


def poisson_surprise(observed: npt.ArrayLike, expected: npt.ArrayLike) -> Floats:
    """Surprise O log(O/E) - (O - E) in nats of seeing `observed` where `expected` was due.

    exp(-surprise) bounds the probability of an excess at least that large for any sum of
    independent yes/no events with that mean (Chernoff). Zero where there is no excess.

    Parameters
    ----------
    observed, expected
        Counts and their expectations, any broadcastable shapes.

    Returns
    -------
    ndarray
        Nats, never negative.

    Examples
    --------
    >>> float(poisson_surprise(20, 2.0).round(1))
    28.1
    >>> float(poisson_surprise(2, 20.0))
    0.0
    """
    o = np.asarray(observed, dtype=np.float64)
    e = np.maximum(np.asarray(expected, dtype=np.float64), 1e-12)
    with np.errstate(divide="ignore", invalid="ignore"):
        s = np.where(o > 0, o * np.log(np.maximum(o, 1e-12) / e) - (o - e), 0.0)
    return np.where(o > e, np.maximum(s, 0.0), 0.0)


def share_surprise(observed: npt.ArrayLike, expected: npt.ArrayLike, size: npt.ArrayLike) -> Floats:
    """Surprise in nats of seeing `observed` of `size` rows where `expected` were due.

    size · KL(observed/size ‖ expected/size): exp(-surprise) bounds the probability of an excess
    at least that large for any sum of independent yes/no events with that mean (Hoeffding 1963,
    theorem 1). Never below `poisson_surprise`, and far above it where the expected share is large.

    Parameters
    ----------
    observed, expected, size
        Counts, their expectations, and out of how many; any broadcastable shapes.

    Returns
    -------
    ndarray
        Nats, never negative; zero where there is no excess.

    Examples
    --------
    >>> float(share_surprise(20, 10.0, 20).round(1))
    13.9
    >>> float(share_surprise(5, 10.0, 20))
    0.0
    """
    n = np.asarray(size, dtype=np.float64)
    o = np.minimum(np.asarray(observed, dtype=np.float64) / n, 1.0)
    e = np.clip(np.asarray(expected, dtype=np.float64) / n, 1e-12, 1.0)
    nats = n * (rel_entr(o, e) + rel_entr(1.0 - o, np.maximum(1.0 - e, 1e-300)))
    return np.asarray(np.where(o > e, np.maximum(nats, 0.0), 0.0))


def group_design_effect(variances: Floats, correlation: Floats) -> float:
    """By how much correlated rows inflate the variance of a group's count.

    Parameters
    ----------
    variances
        (m,) p(1 - p) of the event for each row of the group.
    correlation
        (m, m) correlation of the residuals of each pair, 1 on the diagonal, >= 0.

    Returns
    -------
    float
        Kish's design effect, at least 1: divide observed and expected by it.

    Examples
    --------
    >>> import numpy as np
    >>> group_design_effect(np.full(4, 0.25), np.eye(4))
    1.0
    >>> group_design_effect(np.full(4, 0.25), np.ones((4, 4)))
    4.0
    """
    total = float(variances.sum())
    if total <= 0:
        return 1.0
    root = np.sqrt(variances)
    return max(1.0, float(root @ correlation @ root) / total)
