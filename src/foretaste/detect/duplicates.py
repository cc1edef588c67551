"""Floods of near-identical rows.

Honest data repeat themselves: forwarded messages, stock phrases, the same product again. A flood
is a hypothesis like any other; whether its labels are what they should be is for the judge.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import ClassVar

import numpy as np
import numpy.typing as npt
from scipy import sparse
from scipy.sparse.csgraph import connected_components

from foretaste.types import (
    Candidate,
    Family,
    Floats,
    Ints,
    Layer,
    Modality,
    Need,
    Scores,
    View,
)

__all__ = ["Duplicates"]

MIN_ROWS = 5
NEAR = 0.98  # cosine of centred features of two copies
CORE = 0.95  # cosine of a copy with the mean of its flood: no chains
TABLES = 10  # sortings, each by other random directions
UNLIKELY = 60.0  # of a sum of 16 squared normal numbers: once in two million
BITS = 16  # signs that come first in a sorting
WINDOW = 3  # neighbours in a sorting that are compared
KEEP = 60


@dataclass(frozen=True)
class Duplicates:
    """Finds clusters of near-identical rows in the label-free features, in O(n log n).

    Rows are sorted by the signs of random projections; only neighbours in a sorting are compared.

    References
    ----------
    Charikar 2002, "Similarity estimation techniques from rounding algorithms", section 3.
    """

    name: ClassVar[str] = "duplicates"
    family: ClassVar[Family] = Family.ARTEFACT
    layer: ClassVar[Layer] = Layer.REPRESENTATION
    modalities: ClassVar[frozenset[Modality]] = frozenset(Modality)
    needs: ClassVar[frozenset[Need]] = frozenset({Need.FEATURES})

    directions: Floats = field(default_factory=lambda: np.zeros((0, 0, 0)))  # (TABLES, d, BITS)

    def fit(self, view: View, rng: np.random.Generator) -> Duplicates:
        """Draw the directions."""
        return Duplicates(rng.normal(size=(TABLES, _features(view).shape[1], BITS)))

    def __call__(self, view: View) -> Scores:
        """Clusters of at least five copies; a row's score is the logarithm of its cluster's size.

        Their label is the most frequent one.
        """
        x = _features(view).astype(np.float64)
        values = np.zeros(len(x))
        if len(x) < MIN_ROWS:
            return Scores(values)
        x = x - x.mean(axis=0)
        norm = np.linalg.norm(x, axis=1)
        # rows without content have no direction, and rows at the centre none that is their own
        solid = np.flatnonzero(norm > 1e-3 * max(float(norm.max()), 1e-12))
        unit = x[solid] / norm[solid, None]
        clusters = [solid[c] for c in self._clusters(unit)]
        clusters.sort(key=lambda c: (-len(c), c.tolist()))
        for rows in clusters:
            values[rows] = np.log(len(rows))
        found = [
            Candidate(rows, None, int(np.bincount(view.labels[rows]).argmax()))
            for rows in clusters[:KEEP]
        ]
        return Scores(values, tuple(found), len(clusters))

    def _clusters(self, unit: Floats) -> list[Ints]:
        """Members of each cluster that is large and tight enough."""
        left, right = [], []
        for table in self.directions:
            projected = unit @ table
            bits = (projected > 0) @ (1 << np.arange(BITS))
            order = np.lexsort((projected[:, 1], projected[:, 0], bits))
            for step in range(1, WINDOW + 1):
                a, b = order[:-step], order[step:]
                gap = ((projected[a] - projected[b]) ** 2).sum(axis=1)
                likely = gap <= UNLIKELY * 2.0 * (1.0 - NEAR)  # the rest need not be compared
                a, b = a[likely], b[likely]
                near = np.einsum("nd,nd->n", unit[a], unit[b]) >= NEAR
                left.append(a[near])
                right.append(b[near])
        a, b = np.concatenate(left), np.concatenate(right)
        links = sparse.coo_matrix((np.ones(len(a)), (a, b)), shape=(len(unit), len(unit)))
        _, member_of = connected_components(links, directed=False)
        order = np.argsort(member_of, kind="stable")
        pieces = np.split(order, np.flatnonzero(np.diff(member_of[order])) + 1)
        tight = [_core(unit, p.astype(np.int64)) for p in pieces if len(p) >= MIN_ROWS]
        return [c for c in tight if len(c) >= MIN_ROWS]


def _core(unit: Floats, rows: Ints) -> Ints:
    mean = unit[rows].mean(axis=0)
    mean /= max(float(np.linalg.norm(mean)), 1e-12)
    return np.sort(rows[unit[rows] @ mean >= CORE])


def _features(view: View) -> npt.NDArray[np.float32]:
    if view.features is None:
        msg = "duplicates needs features"
        raise ValueError(msg)
    return view.features
