"""SPECTRE: whiten robustly, then look for directions of too much variance."""

from __future__ import annotations

from typing import ClassVar

import numpy as np
import numpy.typing as npt

from benchmarks.peers.protocol import ALL, Answer
from benchmarks.reference import Seen
from foretaste.types import Modality

__all__ = ["Spectre"]

Floats = npt.NDArray[np.float64]
DEFAULT_RATE = 0.05
ALPHA = 4.0  # weight of the leading directions, as in the paper
DIMENSIONS = (2, 4, 8, 16, 32)


class Spectre:
    """SPECTRE (Hayase et al. 2021, arXiv 2104.11315): our own straightforward version.

    The robust covariance is a trimmed one, repeated until it settles; the rate is 5 % where not
    told, and 1.5 times as many rows of the class with the largest score are flagged.
    """

    name: ClassVar[str] = "SPECTRE (own)"
    modalities: ClassVar[frozenset[Modality]] = ALL
    needs: ClassVar[str] = ""
    rated: ClassVar[bool] = True
    settings: ClassVar[tuple[str, ...]] = ("default",)

    def judge(self, seen: Seen, setting: str, rng: np.random.Generator) -> Answer:  # noqa: ARG002
        """Score: quantum entropy score of the class that scores most, others below it."""
        rate = DEFAULT_RATE if seen.rate is None else max(seen.rate, 1e-4)
        budget = round(1.5 * rate * len(seen.labels))
        scores, worst = np.zeros(len(seen.labels)), -np.inf
        flagged = np.zeros(len(seen.labels), dtype=np.bool_)
        for c in np.unique(seen.labels):
            rows = np.flatnonzero(seen.labels == c)
            if len(rows) < 2 * DIMENSIONS[0] + 1:
                continue
            own, spread = _best(seen.features[rows], min(budget / len(rows), 0.45))
            scores[rows] = own / np.median(own)
            if spread > worst:
                worst = spread
                flagged[:] = False
                flagged[rows[np.argsort(-own, kind="stable")[:budget]]] = True
        return Answer(scores, flagged)


def _best(x: Floats, trim: float) -> tuple[Floats, float]:
    """The scores in the number of dimensions where they are largest on average."""
    centred = x - np.median(x, axis=0)
    directions = np.linalg.svd(centred, full_matrices=False)[2]
    found: tuple[Floats, float] = (np.ones(len(x)), -np.inf)
    for k in DIMENSIONS:
        if 2 * k >= len(x) or k > len(directions):
            break
        white = _whiten(centred @ directions[:k].T, trim)
        score = _entropy_score(white)
        if score.mean() > found[1]:
            found = (score, float(score.mean()))
    return found


def _whiten(x: Floats, trim: float) -> Floats:
    """Mean 0 and covariance 1 as estimated without the `trim` farthest rows."""
    kept = np.ones(len(x), dtype=np.bool_)
    white = x
    for _ in range(5):
        mean, cov = x[kept].mean(axis=0), np.cov(x[kept].T).reshape(x.shape[1], -1)
        values, vectors = np.linalg.eigh(cov)
        white = (x - mean) @ vectors / np.sqrt(np.maximum(values, 1e-9))
        far = (white**2).sum(axis=1)
        kept = far <= np.quantile(far, 1 - trim)
    return white


def _entropy_score(white: Floats) -> Floats:
    """Squared length, weighted towards the directions that still vary too much."""
    k = white.shape[1]
    values, vectors = np.linalg.eigh(np.cov(white.T).reshape(k, k))
    excess = (values - 1) / max(abs(values).max() - 1, 1e-9)
    weight = np.exp(ALPHA * np.clip(excess, -50, 1))
    return np.asarray(((white @ vectors) ** 2 * (weight / weight.sum())).sum(axis=1))
