"""Rows pieced together from cells of other rows: each cell is usual, the row is not."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from sklearn.ensemble import ExtraTreesClassifier
from sklearn.linear_model import LogisticRegression

from foretaste.modality.table_numbers import all_cells, distinct_rows
from foretaste.types import Family, Floats, Layer, Modality, Need, Scores, View

__all__ = ["OutlierShuffled"]

TREES = 60
SMALLEST_LEAF = 3  # rows
ROWS = 10_000  # that are learnt from
LARGEST = float(np.finfo(np.float32).max)
SURE = 0.003  # no forest is more certain than that


@dataclass(frozen=True)
class OutlierShuffled:
    """Out-of-bag log-odds that a row is one whose cells were shuffled within their columns.

    References
    ----------
    Shi, Horvath 2006, "Unsupervised learning with random forest predictors", section 2.1,
    synthetic rows from the product of the marginals.
    """

    name: ClassVar[str] = "outlier-shuffled"
    family: ClassVar[Family] = Family.INCONSISTENT
    layer: ClassVar[Layer] = Layer.STATISTICAL
    modalities: ClassVar[frozenset[Modality]] = frozenset({Modality.TABLE})
    needs: ClassVar[frozenset[Need]] = frozenset({Need.CONTENT})

    seed: int = 0

    def fit(self, view: View, rng: np.random.Generator) -> OutlierShuffled:
        """Draw the seed of the shuffling and of the trees."""
        del view
        return OutlierShuffled(int(rng.integers(2**31)))

    def __call__(self, view: View) -> Scores:
        """Log-odds; 0 for every row of a table with one column."""
        if view.content is None:
            msg = "outlier-shuffled needs content"
            raise ValueError(msg)
        rows = distinct_rows(all_cells(view.content))
        if rows.values.shape[1] < 2 or len(rows.values) < 2:
            return Scores(np.zeros(len(view)))
        return Scores(self._odds(rows.values)[rows.row_of])

    def _odds(self, real: Floats) -> Floats:
        """(m,) log-odds of being shuffled, by trees that never saw the row."""
        rng = np.random.default_rng(self.seed)
        real = np.clip(real, -LARGEST, LARGEST)  # trees split single-precision numbers
        known = np.arange(len(real))
        if len(real) > ROWS:
            known = np.sort(rng.choice(len(real), size=ROWS, replace=False))
        made = np.column_stack([rng.permutation(column) for column in real[known].T])
        forest = ExtraTreesClassifier(
            TREES,
            min_samples_leaf=SMALLEST_LEAF,
            bootstrap=True,
            oob_score=True,
            random_state=self.seed,
        )
        forest.fit(np.vstack([real[known], made]), np.repeat([0, 1], len(known)))
        seen = _log_odds(forest.oob_decision_function_[:, 1])
        odds = np.empty(len(real))
        odds[known] = seen[: len(known)]
        rest = np.setdiff1d(np.arange(len(real)), known)
        if len(rest):
            odds[rest] = _log_odds(forest.predict_proba(real[rest])[:, 1])
        # votes of trees that overfit are too timid; what they are worth is seen out of bag
        worth = LogisticRegression().fit(seen[:, None], np.repeat([0, 1], len(known)))
        return np.asarray(worth.decision_function(odds[:, None]), dtype=np.float64)


def _log_odds(p: Floats) -> Floats:
    # a row that every tree saw has no opinion
    q = np.clip(np.nan_to_num(p, nan=0.5), SURE, 1.0 - SURE)
    return np.asarray(np.log(q / (1.0 - q)))
