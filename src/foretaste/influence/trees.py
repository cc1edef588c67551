"""Influence in ensembles of trees: which rows share a leaf with a query, and who never saw it.

A forest is a weighted vote of its training rows: the weight of row i for a query is the mean,
over trees, of its share of the leaf that the query falls into (Lin and Jeon 2006, "Random forests
and adaptive nearest neighbors"). The vote is exact. What the trees that never saw row i say of a
query, against the trees that did, is the effect of having drawn it (Wager, Hastie and Efron 2014,
"Confidence intervals for random forests", the infinitesimal jackknife).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from foretaste.types import Floats, Ints

__all__ = ["Leaves", "drawn_effect", "forest_leaves"]


@dataclass(frozen=True)
class Leaves:
    """Where n training rows fall in t trees.

    `leaf` is (n, t) leaf numbers; `drawn` (n, t) how often the tree drew the row.
    """

    leaf: Ints
    drawn: Floats

    def weights(self, leaf_of_queries: Ints) -> Floats:
        """(m, n) the vote of each row for each query; a row of it adds up to one.

        Parameters
        ----------
        leaf_of_queries
            (m, t) leaf numbers, as the model's ``apply`` gives them.
        """
        total = np.zeros((len(leaf_of_queries), len(self.leaf)))
        for tree in range(self.leaf.shape[1]):
            together = leaf_of_queries[:, tree, None] == self.leaf[None, :, tree]
            votes = together * self.drawn[:, tree]
            total += votes / np.maximum(votes.sum(axis=1, keepdims=True), 1e-12)
        return np.asarray(total / self.leaf.shape[1])


def forest_leaves(forest: object, values: npt.NDArray[np.floating]) -> Leaves:
    """The leaves of a fitted scikit-learn forest for the rows it was fitted on, in that order.

    Parameters
    ----------
    forest
        A RandomForest or ExtraTrees model.
    values
        (n, d) its training rows.

    Examples
    --------
    >>> import numpy as np
    >>> from sklearn.ensemble import RandomForestClassifier
    >>> x = np.random.default_rng(0).normal(size=(50, 2))
    >>> forest = RandomForestClassifier(5, random_state=0).fit(x, x[:, 0] > 0)
    >>> bool(np.allclose(forest_leaves(forest, x).weights(forest.apply(x)).sum(axis=1), 1))
    True
    """
    leaf: Ints = forest.apply(values).astype(np.int64)  # type: ignore[attr-defined]
    drawn = np.ones(leaf.shape)
    if getattr(forest, "bootstrap", False):
        for tree, rows in enumerate(forest.estimators_samples_):  # type: ignore[attr-defined]
            drawn[:, tree] = np.bincount(rows, minlength=len(leaf))
    return Leaves(leaf, drawn)


def drawn_effect(leaves: Leaves, said: Floats) -> Floats:
    """(m, n) what trees that drew a row say of a query, less what the others say.

    Parameters
    ----------
    leaves
        Of the training rows of a bagged ensemble.
    said
        (m, t) one number a tree for each query, such as its margin.

    Returns
    -------
    Zero for rows that all trees, or none, drew.
    """
    saw = leaves.drawn > 0
    with_row = saw.sum(axis=1)
    without = saw.shape[1] - with_row
    total = said @ saw.T
    rest = said.sum(axis=1, keepdims=True) - total
    both = (with_row > 0) & (without > 0)
    effect = total / np.maximum(with_row, 1) - rest / np.maximum(without, 1)
    return np.where(both, effect, 0.0)
