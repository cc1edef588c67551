"""Models of the label from which any group of rows can be left out exactly.

The test of a group asks what a model that never saw the group expects of it. On a ridge head
the answer is linear algebra, not retraining: with A = ΦᵀΦ + λI, H = ΦA⁻¹Φᵀ and residuals
R = Y - ΦB, the scores of a group G by the model without G are Y_G - (I - H_GG)⁻¹ R_G.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from scipy.linalg import cho_factor, cho_solve

from foretaste.probe.calibration import Calibration, fit_calibration
from foretaste.types import Content, Encoder, Floats, Ints

__all__ = ["RidgeHead"]

Features = npt.NDArray[np.float32]

PENALTIES = (0.3, 3.0, 30.0, 300.0)  # tried; the leave-one-out likelihood chooses


class RidgeHead:
    """Ridge regression on one-hot labels with exact leave-one-out and leave-group-out.

    Parameters
    ----------
    features
        (n, d) label-free features; standardised here.
    labels
        (n,) class codes.
    n_classes
        k.
    encoder
        What made `features`; without it, changed content cannot be seen and is ignored.
    name
        Which view of the rows this is.
    foreign
        Whether the encoder was made elsewhere, for whole rows.
    penalties
        Ridge penalties to choose from, on standardised features.

    Examples
    --------
    >>> import numpy as np
    >>> x = np.random.default_rng(0).normal(size=(200, 3)).astype(np.float32)
    >>> head = RidgeHead(x, (x[:, 0] > 0).astype(np.int64), 2)
    >>> head.leave_one_out().shape
    (200, 2)
    """

    def __init__(
        self,
        features: Features,
        labels: Ints,
        n_classes: int,
        *,
        encoder: Encoder | None = None,
        name: str = "ridge",
        foreign: bool = False,
        penalties: tuple[float, ...] = PENALTIES,
    ) -> None:
        self.name = name
        self.foreign = foreign
        self._labels = labels
        self._encoder = encoder
        self._mean = features.mean(axis=0, dtype=np.float64).astype(np.float32)
        self._scale = np.maximum(features.std(axis=0, dtype=np.float64), 1e-6).astype(np.float32)
        self._phi = self._standardise(features)
        self._y = np.eye(n_classes)[labels]
        self._fit(penalties)

    def _standardise(self, features: Features) -> Features:
        x = (features - self._mean) / self._scale
        return np.hstack([x, np.ones((len(x), 1), dtype=np.float32)])

    def _fit(self, penalties: tuple[float, ...]) -> None:
        gram = (self._phi.T @ self._phi).astype(np.float64)
        cross = self._phi.T.astype(np.float64) @ self._y
        best = -np.inf
        for penalty in penalties:
            ridge = np.full(len(gram), penalty)
            ridge[-1] = 1e-6  # the intercept is free
            factor = cho_factor(gram + np.diag(ridge), lower=True)
            inverse = cho_solve(factor, np.eye(len(gram))).astype(np.float32)
            influence = self._phi @ inverse  # Ψ = Φ A⁻¹
            leverage = np.einsum("nd,nd->n", influence, self._phi, dtype=np.float64)
            weights = cho_solve(factor, cross)
            residual = self._y - self._phi @ weights
            scores = self._y - residual / np.maximum(1.0 - leverage, 1e-3)[:, None]
            calibration = fit_calibration(scores, self._labels, self._y.shape[1])
            p = calibration(scores)
            quality = float(np.log(p[np.arange(len(p)), self._labels]).mean())
            if quality > best:
                best = quality
                self._ridge = ridge
                self._psi, self._weights, self._residual = influence, weights, residual
                self._calibration: Calibration = calibration
                self._loo = p
        self._loo.setflags(write=False)

    def leave_one_out(self) -> Floats:
        """(n, k) probabilities of each row's class by the model that never saw that row."""
        return self._loo

    def reweighted(self, weights: Floats) -> Floats:
        """(n, k) the same, where each other row counts as much as its weight, 0 to 1, says.

        Parameters
        ----------
        weights
            (n,), not negative.
        """
        counted = self._phi * weights.astype(np.float32)[:, None]
        gram = (counted.T @ self._phi).astype(np.float64)
        factor = cho_factor(gram + np.diag(self._ridge), lower=True)
        inverse = cho_solve(factor, np.eye(len(gram))).astype(np.float32)
        leverage = np.einsum("nd,nd->n", self._phi @ inverse, self._phi, dtype=np.float64)
        solved = cho_solve(factor, counted.T.astype(np.float64) @ self._y)
        residual = self._y - self._phi @ solved
        scores = self._y - residual / np.maximum(1.0 - weights * leverage, 1e-3)[:, None]
        return fit_calibration(scores, self._labels, self._y.shape[1])(scores)

    def similarity(self, rows: Ints) -> Floats:
        """(m, m) cosine similarity of `rows` in the standardised features."""
        x = self._phi[rows, :-1].astype(np.float64)
        x /= np.maximum(np.linalg.norm(x, axis=1, keepdims=True), 1e-9)
        return np.asarray(x @ x.T)

    def leave_out(self, rows: Ints, content: Content | None = None) -> Floats:
        """(m, k) probabilities for `rows` by the model that never saw any of them.

        Parameters
        ----------
        rows
            (m,) row indices of the group.
        content
            The same rows, changed (trigger removed), to be predicted in their place.
        """
        psi = self._psi[rows]
        solved = _without(psi, self._phi[rows], self._residual[rows])
        if content is None or self._encoder is None:
            scores = self._y[rows] - solved
        else:
            new = self._standardise(self._encoder(content))
            scores = new @ self._weights - (new @ psi.T).astype(np.float64) @ solved
        return self._calibration(np.asarray(scores, dtype=np.float64))


def _without(psi: Features, phi: Features, residual: Floats) -> Floats:
    """(I - H_GG)⁻¹ R_G with H_GG = ΨΦᵀ, by the smaller of two systems.

    For m rows of d features: (I - ΨΦᵀ)⁻¹ = I + Ψ (I - ΦᵀΨ)⁻¹ Φᵀ, so that large groups cost
    O(m d²) and not O(m³).
    """
    # λ > 0 keeps the systems regular; the jitter guards float32 round-off
    m, d = phi.shape
    if m <= d:
        system = (1.0 + 1e-6) * np.eye(m) - (psi @ phi.T).astype(np.float64)
        return np.asarray(np.linalg.solve(system, residual))
    wide, tall = psi.astype(np.float64), phi.astype(np.float64)
    system = (1.0 + 1e-6) * np.eye(d) - tall.T @ wide
    return np.asarray(residual + wide @ np.linalg.solve(system, tall.T @ residual))
