"""Crowds: rows that are near copies of each other and of nothing else."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from foretaste.modality.table_numbers import damped_numbers, distinct_rows
from foretaste.stats.distance_profile import distance_profile
from foretaste.types import Family, Layer, Modality, Need, Scores, View

__all__ = ["OutlierCrowd"]


@dataclass(frozen=True)
class OutlierCrowd:
    """Nats by which a row's crowd is farther from the other rows than it is wide.

    Exact copies are one row here: honest data repeat themselves, and only noise around one
    point looks made.

    References
    ----------
    Han et al. 2022, "ADBench" (arXiv 2206.09426), section 3.3, clustered anomalies; the gap in
    the distance profile is that of Hartigan 1975, "Clustering algorithms", single linkage.
    """

    name: ClassVar[str] = "outlier-crowd"
    family: ClassVar[Family] = Family.ARTEFACT
    layer: ClassVar[Layer] = Layer.STATISTICAL
    modalities: ClassVar[frozenset[Modality]] = frozenset({Modality.TABLE})
    needs: ClassVar[frozenset[Need]] = frozenset({Need.CONTENT})

    seed: int = 0

    def fit(self, view: View, rng: np.random.Generator) -> OutlierCrowd:
        """Draw the seed of the sample of rows that distances are taken to."""
        del view
        return OutlierCrowd(int(rng.integers(2**31)))

    def __call__(self, view: View) -> Scores:
        """Logarithms, never negative."""
        if view.content is None:
            msg = "outlier-crowd needs content"
            raise ValueError(msg)
        rows = distinct_rows(damped_numbers(view.content))
        if not rows.values.shape[1]:
            return Scores(np.zeros(len(view)))
        gap, _ = distance_profile(rows.values, np.random.default_rng(self.seed)).gaps()
        return Scores(gap[rows.row_of])
