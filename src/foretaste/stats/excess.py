"""How surprising is it that so many rows of a group carry one label?

Observed is the number of rows in the group with label c; expected the sum of the probabilities
of c that a model which never saw the group gives to the same rows.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

__all__ = ["group_design_effect", "poisson_surprise"]

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
