"""Two more opinions on tables: trees see what depends on several columns, and no scale."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from sklearn.ensemble import ExtraTreesClassifier, RandomForestClassifier

from foretaste.modality.table_numbers import all_cells
from foretaste.probe.calibration import fit_calibration
from foretaste.types import Content, Floats, Ints

__all__ = ["TreeVotes"]

RANDOM_TREES = 120  # cheap, and hard to mislead
GREEDY_TREES = 60  # follow the labels more closely
GREEDY_SHARE = 0.7  # of the rows that each of them is grown from
SMALLEST_LEAF = 3  # rows: a flipped row never has a leaf of its own
LEAST_VOTE = 0.01  # keeps the logarithm finite
LARGEST = float(np.finfo(np.float32).max)


class TreeVotes:
    """Out-of-bag votes of trees, recalibrated.

    Each tree is asked about rows that it was not grown from, and about no others.

    Parameters
    ----------
    content
        `Table` of n rows.
    labels
        (n,) class codes.
    n_classes
        k.
    rng
        Draws the seed of the trees.
    greedy
        Whether trees look for the best cut, or draw cuts at random.

    References
    ----------
    Breiman 2001, "Random forests", section 3, out-of-bag votes; Geurts, Ernst, Wehenkel 2006,
    "Extremely randomized trees", section 2.

    Examples
    --------
    >>> import numpy as np
    >>> from foretaste.types import Table
    >>> rng = np.random.default_rng(0)
    >>> x = rng.normal(size=(200, 3))
    >>> votes = TreeVotes(Table(("a", "b", "c"), x), (x[:, 0] > 0).astype(np.int64), 2, rng)
    >>> bool(votes.leave_one_out()[np.argmax(x[:, 0]), 1] > 0.8)
    True
    """

    def __init__(
        self,
        content: Content,
        labels: Ints,
        n_classes: int,
        rng: np.random.Generator,
        *,
        greedy: bool = False,
    ) -> None:
        cells = np.clip(all_cells(content), -LARGEST, LARGEST)
        self._cells: npt.NDArray[np.float32] = cells.astype(np.float32)
        self._labels, self._k, self._greedy = labels, n_classes, greedy
        self._seed = int(rng.integers(2**31 - 1))

    def leave_one_out(self) -> Floats:
        """(n, k) probabilities of each row's class by trees that never saw it."""
        return self.reweighted(np.ones(len(self._labels)))

    def reweighted(self, weights: Floats) -> Floats:
        """The same, where each row counts as much as its weight, 0 to 1, says.

        Parameters
        ----------
        weights
            (n,), not negative; rows of weight 0 are not learnt from, and all trees vote on them.
        """
        learnt = np.flatnonzero(weights > 0)
        forest = self._forest()
        forest.fit(self._cells[learnt], self._labels[learnt], weights[learnt])
        votes = np.zeros((len(self._labels), self._k))
        columns = forest.classes_
        votes[np.ix_(learnt, columns)] = np.nan_to_num(forest.oob_decision_function_)
        rest = np.flatnonzero(weights <= 0)
        if len(rest):
            votes[np.ix_(rest, columns)] = forest.predict_proba(self._cells[rest])
        scores = np.log(votes + LEAST_VOTE)
        return fit_calibration(scores, self._labels, self._k)(scores)

    def _forest(self) -> ExtraTreesClassifier | RandomForestClassifier:
        told = {
            "min_samples_leaf": SMALLEST_LEAF,
            "bootstrap": True,
            "oob_score": True,
            "random_state": self._seed,
        }
        if self._greedy:
            return RandomForestClassifier(GREEDY_TREES, max_samples=GREEDY_SHARE, **told)
        return ExtraTreesClassifier(RANDOM_TREES, **told)
