"""SCAn: does a class look like one population, or like two?"""

from __future__ import annotations

from typing import ClassVar

import numpy as np
import numpy.typing as npt

from benchmarks.peers.protocol import ALL, Answer
from benchmarks.reference import Seen
from foretaste.types import Modality

__all__ = ["Scan"]

Floats = npt.NDArray[np.float64]
BOUND = np.e**2  # of the normalised statistic, as in the paper
DIMENSIONS = 20


class Scan:
    """SCAn (Tang et al. 2021, USENIX Security, arXiv 1908.00686): our own straightforward version.

    The variation within classes is estimated from the set itself, as no clean rows are known.
    The statistic of a class is compared with those of the others: with fewer than three classes
    rows are ranked and none is flagged.
    """

    name: ClassVar[str] = "SCAn (own)"
    modalities: ClassVar[frozenset[Modality]] = ALL
    needs: ClassVar[str] = ""
    rated: ClassVar[bool] = False
    settings: ClassVar[tuple[str, ...]] = ("default",)

    def judge(self, seen: Seen, setting: str, rng: np.random.Generator) -> Answer:  # noqa: ARG002
        """Score: the statistic of the class, for rows of its smaller population."""
        white = _whitened(seen.features, seen.labels)
        classes = [c for c in np.unique(seen.labels) if (seen.labels == c).sum() > 4]
        small: dict[int, npt.NDArray[np.int64]] = {}
        gain = np.zeros(len(classes))
        score = np.zeros(len(white))
        for place, c in enumerate(classes):
            rows = np.flatnonzero(seen.labels == c)
            side, gain[place], lean = _untangle(white[rows])
            small[place] = rows[side]
            score[rows] = lean
        comparable = len(classes) > 2
        centre = np.median(gain) if comparable else 0.0
        spread = 1.4826 * np.median(abs(gain - centre)) if comparable else 1.0
        flagged = np.zeros(len(white), dtype=np.bool_)
        for place, c in enumerate(classes):
            strange = (gain[place] - centre) / max(spread, 1e-9)
            score[seen.labels == c] += max(strange, 0.0)
            flagged[small[place]] = comparable and strange > BOUND
        return Answer(score, flagged)


def _whitened(x: Floats, labels: npt.NDArray[np.int64]) -> Floats:
    """Few directions, in units of the pooled variation within classes."""
    centred = x - x.mean(axis=0)
    directions = np.linalg.svd(centred, full_matrices=False)[2][:DIMENSIONS]
    few = centred @ directions.T
    within = few.copy()
    for c in np.unique(labels):
        within[labels == c] -= few[labels == c].mean(axis=0)
    values, vectors = np.linalg.eigh(np.cov(within.T).reshape(few.shape[1], -1))
    return np.asarray(few @ vectors / np.sqrt(np.maximum(values, 1e-6 * values.max())))


def _untangle(x: Floats) -> tuple[npt.NDArray[np.bool_], float, Floats]:
    """Two populations of one shape: the smaller, the likelihood gained, and how each row leans."""
    centred = x - x.mean(axis=0)
    main = np.linalg.svd(centred, full_matrices=False)[2][0]
    side = centred @ main > 0
    for _ in range(50):
        if side.all() or not side.any():
            break
        a, b = x[side].mean(axis=0), x[~side].mean(axis=0)
        lean = (x - (a + b) / 2) @ (a - b)
        moved = lean > 0
        if (moved == side).all():
            break
        side = moved
    if side.all() or not side.any():
        return np.zeros(len(x), dtype=np.bool_), 0.0, np.zeros(len(x))
    if side.mean() > 0.5:
        side = ~side
    a, b = x[side].mean(axis=0), x[~side].mean(axis=0)
    gap = float(((a - b) ** 2).sum())
    gain = len(x) * side.mean() * (1 - side.mean()) * gap / 2
    lean = (x - (a + b) / 2) @ (a - b)
    return side, float(gain), 1 / (1 + np.exp(-np.clip(lean, -50, 50)))
