"""KNN-Shapley: what each row is worth to a nearest-neighbour vote on other rows.

The Shapley value of a row in the game "accuracy of the K-neighbour vote" has a closed form along
the neighbours of a query, from the furthest to the nearest (Jia et al. 2019, "Efficient
task-specific data valuation for nearest neighbor algorithms", theorem 1). With only the nearest
k* neighbours given, further ones count as zero, and each value is off by at most 1 / k* (theorem
2). Values are summed over queries by one pass, in O(queries × k*): never an n × n array.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from foretaste.errors import UsageError
from foretaste.types import Floats, Ints

__all__ = ["knn_shapley"]

BLOCK = 1 << 16  # queries at a time


def knn_shapley(
    neighbours: npt.NDArray[np.integer], labels: Ints, query_labels: Ints, vote: int
) -> Floats:
    """The mean value of each row over the queries; negative where it misleads.

    Parameters
    ----------
    neighbours
        (m, k*) rows nearest to each query, nearest first. All n rows give exact values.
    labels
        (n,) class codes of the rows.
    query_labels
        (m,) class codes of the queries.
    vote
        K, how many neighbours vote; at most k*.

    Returns
    -------
    (n,) values; with all n neighbours they add up to the accuracy of the soft vote.

    Examples
    --------
    >>> import numpy as np
    >>> value = knn_shapley(np.array([[0, 1, 2]]), np.array([1, 0, 1]), np.array([1]), 1)
    >>> value.round(3).tolist()  # rows 0 and 2 are of the query's class
    [0.833, -0.167, 0.333]
    """
    depth = neighbours.shape[1]
    if not 1 <= vote <= depth:
        raise UsageError(f"vote must be from 1 to the {depth} neighbours given, got {vote}")
    rank = np.arange(1, depth)
    share = np.minimum(vote, rank) / (vote * rank)
    last = min(vote, depth) / (vote * depth)
    total = np.zeros(len(labels))
    for start in range(0, len(neighbours), BLOCK):
        near = neighbours[start : start + BLOCK]
        right = (labels[near] == query_labels[start : start + BLOCK, None]).astype(np.float64)
        value = np.empty_like(right)
        value[:, -1] = right[:, -1] * last
        steps = (right[:, :-1] - right[:, 1:]) * share
        value[:, :-1] = np.cumsum(steps[:, ::-1], axis=1)[:, ::-1] + value[:, -1:]
        total += np.bincount(near.ravel(), value.ravel(), minlength=len(labels))
    return total / len(neighbours)
