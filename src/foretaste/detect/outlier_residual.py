"""Rows that break what ties the columns together."""

from __future__ import annotations

from typing import ClassVar

import numpy as np

from foretaste.modality.table_numbers import damped_numbers
from foretaste.stats.whitening import whitened
from foretaste.types import Family, Floats, Layer, Modality, Need, Scores, View

__all__ = ["OutlierResidual"]

LEAST = 1e-6  # keeps the logarithm finite


class OutlierResidual:
    """Log norm of a row in the narrower half of the principal directions, each at variance 1.

    References
    ----------
    Shyu et al. 2003, "A novel anomaly detection scheme based on principal component
    classifier", section 3, minor components.
    """

    name: ClassVar[str] = "outlier-residual"
    family: ClassVar[Family] = Family.INCONSISTENT
    layer: ClassVar[Layer] = Layer.STATISTICAL
    modalities: ClassVar[frozenset[Modality]] = frozenset({Modality.TABLE})
    needs: ClassVar[frozenset[Need]] = frozenset({Need.CONTENT})

    def fit(self, view: View, rng: np.random.Generator) -> OutlierResidual:
        """Nothing is learnt: directions are those of the scored rows."""
        del view, rng
        return self

    def __call__(self, view: View) -> Scores:
        """Logarithms; 0 for every row of a table without numbers."""
        if view.content is None:
            msg = "outlier-residual needs content"
            raise ValueError(msg)
        x: Floats = whitened(damped_numbers(view.content))
        x = x[:, x.shape[1] // 2 :]
        if not x.shape[1]:
            return Scores(np.zeros(len(view)))
        return Scores(np.log(np.linalg.norm(x, axis=1) + LEAST))
