"""Local density: how far is a row from the others, at several scales?"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from sklearn.neighbors import NearestNeighbors

from foretaste.types import Family, Floats, Layer, Modality, Need, Scores, View

__all__ = ["LocalDensity"]

SCALES = (8, 16, 32, 64)  # neighbours
DIMENSIONS = 64  # leading features; distances in more say little
REFERENCE = 5_000  # rows against which distances are taken


@dataclass(frozen=True)
class _Density:
    index: NearestNeighbors
    usual: Floats  # (scales,) log distance of a typical row
    spread: Floats  # (scales,) robust
    scales: tuple[int, ...]
    seen: int

    def __call__(self, view: View) -> Scores:
        logs = _log_distances(self.index, _leading(view), self.scales)
        return Scores(np.asarray(((logs - self.usual) / self.spread).max(axis=1)))


class LocalDensity:
    """Largest robust z-score of log k-neighbour distances over k in {8, 16, 32, 64}.

    Ramaswamy, Rastogi, Shim 2000, k-distance; the larger scales see clusters of outliers.
    """

    name: ClassVar[str] = "local-density"
    family: ClassVar[Family] = Family.INCONSISTENT
    layer: ClassVar[Layer] = Layer.STATISTICAL
    modalities: ClassVar[frozenset[Modality]] = frozenset(Modality)
    needs: ClassVar[frozenset[Need]] = frozenset({Need.FEATURES})

    def fit(self, view: View, rng: np.random.Generator) -> _Density:
        """Index a sample of rows and learn how far apart rows usually are."""
        x = _leading(view)
        pick = np.arange(len(x))
        if len(x) > REFERENCE:
            pick = np.sort(rng.choice(len(x), size=REFERENCE, replace=False))
        scales = tuple(k for k in SCALES if k < len(pick)) or (max(1, len(pick) - 1),)
        index = NearestNeighbors(n_neighbors=scales[-1] + 1).fit(x[pick])
        logs = _log_distances(index, x[pick], scales)
        usual = np.median(logs, axis=0)
        spread = np.maximum(1.4826 * np.median(np.abs(logs - usual), axis=0), 1e-6)
        return _Density(index, usual, spread, scales, len(pick))


def _leading(view: View) -> Floats:
    if view.features is None:
        msg = "local-density needs features"
        raise ValueError(msg)
    return np.asarray(view.features[:, :DIMENSIONS], dtype=np.float64)


def _log_distances(index: NearestNeighbors, x: Floats, scales: tuple[int, ...]) -> Floats:
    distance, _ = index.kneighbors(x)
    # the nearest is the row itself where it is part of the index; one more neighbour covers it
    return np.asarray(np.log(distance[:, list(scales)] + 1e-9))
