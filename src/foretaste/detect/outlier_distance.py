"""Lonely rows: far from all others, or in a crowd that is far from all others."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from foretaste.modality.table_numbers import damped_numbers, distinct_rows
from foretaste.stats.distance_profile import distance_profile
from foretaste.types import Family, Layer, Modality, Need, Scores, View

__all__ = ["OutlierDistance"]


@dataclass(frozen=True)
class OutlierDistance:
    """Log distance to the eighth nearest other row; for rows of a crowd, to rows outside of it.

    References
    ----------
    Ramaswamy, Rastogi, Shim 2000, "Efficient algorithms for mining outliers from large data
    sets", k-distance; crowds are looked past, so that no k needs to exceed their size.
    """

    name: ClassVar[str] = "outlier-distance"
    family: ClassVar[Family] = Family.INCONSISTENT
    layer: ClassVar[Layer] = Layer.STATISTICAL
    modalities: ClassVar[frozenset[Modality]] = frozenset({Modality.TABLE})
    needs: ClassVar[frozenset[Need]] = frozenset({Need.CONTENT})

    seed: int = 0

    def fit(self, view: View, rng: np.random.Generator) -> OutlierDistance:
        """Draw the seed of the sample of rows that distances are taken to."""
        del view
        return OutlierDistance(int(rng.integers(2**31)))

    def __call__(self, view: View) -> Scores:
        """Logarithms; 0 for every row of a table without numbers."""
        if view.content is None:
            msg = "outlier-distance needs content"
            raise ValueError(msg)
        rows = distinct_rows(damped_numbers(view.content))
        if not rows.values.shape[1]:
            return Scores(np.zeros(len(view)))
        profile = distance_profile(rows.values, np.random.default_rng(self.seed))
        return Scores(profile.to_others()[rows.row_of])
