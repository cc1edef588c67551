"""The guard's own model: a ridge head whose rows can be added and taken back exactly.

It is made of sums over rows, so that learning is an addition, unlearning a subtraction, and the
effect of leaving a group out one linear system: shadow training costs no training.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy.linalg import cho_factor, cho_solve
from scipy.special import log_softmax, softmax

__all__ = ["Fitted", "Reading", "Sentinel"]

_RIDGE = 1.0
_SHARPNESS = np.geomspace(1.0, 64.0, 13)  # of softmax, tried side by side
_NOISE = 0.1  # variance of a score beyond what the features tell

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Reading:
    """What the model holds of n rows.

    Attributes
    ----------
    p
        (n, labels) probabilities of labels.
    residual
        (n,) by how much the label given is less likely than labels drawn from `p` would be on
        average: near 0 for honest rows on average, also where the model does not know.
    variance
        (n,) of `residual` under `p`.
    doubt
        (n,) variance of the scores, see `Fitted.doubt`.
    """

    p: Floats
    residual: Floats
    variance: Floats
    doubt: Floats


class Sentinel:
    """Sums over rows: a Gram matrix, and its product with the labels.

    Parameters
    ----------
    width
        Numbers a row is seen as, the constant included.
    """

    def __init__(self, width: int) -> None:
        self.gram = np.zeros((width, width))
        self.cross = np.zeros((width, 0))
        self.fit_of = np.zeros(len(_SHARPNESS))  # log likelihood of labels before they were learnt

    @property
    def labels(self) -> int:
        """How many labels it knows."""
        return int(self.cross.shape[1])

    def grow(self, labels: int) -> None:
        """Make room for labels that were not seen before."""
        missing = labels - self.labels
        if missing > 0:
            self.cross = np.hstack([self.cross, np.zeros((len(self.cross), missing))])

    def add(self, x: npt.NDArray[Any], codes: Ints, sign: float = 1.0) -> None:
        """Learn rows, or take them back with `sign` -1."""
        gram, cross = sums(x, codes, self.labels)
        self.gram += sign * gram
        self.cross += sign * cross

    def fitted(
        self, but: tuple[Floats, Floats] | None = None, plus: tuple[Floats, Floats] | None = None
    ) -> Fitted:
        """The model, of all rows, or without the sums of some and with those of others."""
        gram, cross = self.gram, self.cross
        if plus is not None:
            gram, cross = gram + plus[0], cross + plus[1]
        if but is not None:
            gram, cross = gram - but[0], cross - but[1]
        factor = cho_factor(gram + _RIDGE * np.eye(len(gram)), lower=True)
        best = float(_SHARPNESS[int(np.argmax(self.fit_of))]) if self.fit_of.any() else 4.0
        return Fitted(factor, cho_solve(factor, cross), best)

    def calibrate(self, fitted: Fitted, x: npt.NDArray[Any], codes: Ints) -> None:
        """Note how likely labels were, by sharpness, before the rows are learnt."""
        scores, doubt = fitted.scores(x), fitted.doubt(x)
        rows = np.arange(len(codes))
        for i, sharp in enumerate(_SHARPNESS):
            logs = log_softmax(scores * _moderate(float(sharp), doubt)[:, None], axis=1)
            self.fit_of[i] += float(logs[rows, codes].sum())


def sums(x: npt.NDArray[Any], codes: Ints, labels: int) -> tuple[Floats, Floats]:
    """Gram matrix of rows, and its product with their labels: all that rows teach."""
    wide = x.astype(np.float64)
    hot = np.zeros((len(x), labels))
    hot[np.arange(len(x)), codes] = 1.0
    return wide.T @ wide, wide.T @ hot


@dataclass(frozen=True)
class Fitted:
    """A solved model."""

    factor: Any  # Cholesky factor of the regularised Gram matrix
    weights: Floats  # (width, labels)
    sharpness: float

    def scores(self, x: npt.NDArray[Any]) -> Floats:
        """(n, labels) ridge scores, about 0 to 1."""
        return np.asarray(x @ self.weights)

    def doubt(self, x: npt.NDArray[Any]) -> Floats:
        """(n,) variance of the scores: large for contents unlike all that was learnt."""
        wide = x.astype(np.float64)
        return np.asarray(np.einsum("ij,ji->i", wide, cho_solve(self.factor, wide.T)))

    def shared_doubt(self, x: npt.NDArray[Any], weight: Floats, doubt: Floats) -> float:
        """Variance of a weighted sum of residuals beyond that of each: errors that rows share.

        Large where the rows have much in common that is not known, so that one error of the model
        would look like many contradictions.
        """
        total = weight @ x.astype(np.float64)
        together = float(total @ cho_solve(self.factor, total)) - float(weight**2 @ doubt)
        steepest = self.sharpness / 4  # of a probability, by score
        return steepest**2 * _NOISE * max(together, 0.0)

    def p(self, x: npt.NDArray[Any], doubt: Floats | None = None) -> Floats:
        """(n, labels) probabilities, flatter the less is known of a content."""
        if self.weights.shape[1] == 0:
            return np.zeros((len(x), 0))
        unsure = self.doubt(x) if doubt is None else doubt
        sharp = _moderate(self.sharpness, unsure)[:, None]
        return np.asarray(softmax(self.scores(x) * sharp, axis=1))

    def read(self, x: npt.NDArray[Any], codes: Ints) -> Reading:
        """How the model finds the labels of rows; labels it does not know surprise it not."""
        doubt = self.doubt(x)
        p = self.p(x, doubt)
        known = codes < p.shape[1]
        own = p[np.arange(len(codes)), np.where(known, codes, 0)]
        mean = (p**2).sum(axis=1)
        variance = np.maximum((p**3).sum(axis=1) - mean**2, 1e-4)
        residual = np.where(known, mean - own, 0.0)
        return Reading(p, residual, variance, doubt)


def _moderate(sharpness: float, doubt: Floats) -> Floats:
    """MacKay's moderation (1992): scores that are uncertain count less."""
    return np.asarray(sharpness / np.sqrt(1 + np.pi / 8 * sharpness**2 * _NOISE * doubt))
