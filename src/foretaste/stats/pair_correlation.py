"""How much alike rows err alike, as a function of their similarity.

Rows of a group resemble each other, and a model that is wrong about one is wrong about its
twins. Without this a group of ten look-alikes counts as ten independent witnesses.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from sklearn.isotonic import isotonic_regression

__all__ = ["PairCorrelation", "fit_pair_correlation"]

Floats = npt.NDArray[np.float64]

EDGES = np.array([-0.2, 0.0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9])  # 12 bins


@dataclass(frozen=True)
class PairCorrelation:
    """Correlation of two rows' residuals, by bins of cosine similarity.

    Examples
    --------
    >>> import numpy as np
    >>> PairCorrelation(np.linspace(0, 1, 12))(np.array([[1.0, 0.95], [0.95, 1.0]])).tolist()
    [[1.0, 1.0], [1.0, 1.0]]
    """

    levels: Floats  # (12,) monotone, in 0..1

    def __call__(self, similarity: Floats) -> Floats:
        """(m, m) correlation of residuals for an (m, m) cosine similarity."""
        out = self.levels[np.searchsorted(EDGES, similarity)]
        np.fill_diagonal(out, 1.0)
        return out


def fit_pair_correlation(similarity: Floats, products: Floats) -> PairCorrelation:
    """Mean product of standardised residuals in each bin, made monotone and non-negative.

    Parameters
    ----------
    similarity
        (pairs,) cosine similarity of the two rows.
    products
        (pairs,) product of their standardised leave-one-out residuals.
    """
    bins = np.searchsorted(EDGES, similarity)
    count = np.bincount(bins, minlength=len(EDGES) + 1).astype(np.float64)
    total = np.bincount(bins, weights=products, minlength=len(EDGES) + 1)
    mean = total / np.maximum(count, 1.0)
    levels = isotonic_regression(mean, sample_weight=np.maximum(count, 1e-9))
    return PairCorrelation(np.clip(levels, 0.0, 1.0))
