"""Rows with many cells at the edges of their columns."""

from __future__ import annotations

from typing import ClassVar

import numpy as np
from scipy.stats import rankdata

from foretaste.modality.table_numbers import damped_numbers
from foretaste.types import Family, Floats, Layer, Modality, Need, Scores, View

__all__ = ["OutlierCells"]

LEAST = 1e-6  # keeps the logarithm finite


class OutlierCells:
    """Log of the sum, over numeric columns, of how rare it is to lie that far out, in nats.

    References
    ----------
    Li et al. 2022, "ECOD: unsupervised outlier detection using empirical cumulative
    distribution functions" (arXiv 2201.00382), section 4; here two-sided in every column.
    """

    name: ClassVar[str] = "outlier-cells"
    family: ClassVar[Family] = Family.INCONSISTENT
    layer: ClassVar[Layer] = Layer.STATISTICAL
    modalities: ClassVar[frozenset[Modality]] = frozenset({Modality.TABLE})
    needs: ClassVar[frozenset[Need]] = frozenset({Need.CONTENT})

    def fit(self, view: View, rng: np.random.Generator) -> OutlierCells:
        """Nothing is learnt: ranks are those of the scored rows."""
        del view, rng
        return self

    def __call__(self, view: View) -> Scores:
        """Logarithms; the same for every row of a table without numbers."""
        if view.content is None:
            msg = "outlier-cells needs content"
            raise ValueError(msg)
        total: Floats = np.zeros(len(view))
        for column in damped_numbers(view.content).T:
            # equal cells share the tail that holds them all
            tail = np.minimum(rankdata(column, "max"), rankdata(-column, "max")) / len(column)
            total -= np.log(np.minimum(2.0 * tail, 1.0))
        return Scores(np.log(total + LEAST))
