"""From scores to probabilities that mean what they say."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.optimize import minimize
from scipy.special import log_softmax, softmax

__all__ = ["Calibration", "fit_calibration"]

Floats = npt.NDArray[np.float64]

FLOOR = 0.02  # share of the prior mixed in: no model is ever certain of a single row
ROWS_TO_FIT = 20_000  # k + 1 parameters need no more


@dataclass(frozen=True)
class Calibration:
    """softmax(score · sharpness + bias), with a floor at the class prior.

    Examples
    --------
    >>> import numpy as np
    >>> c = Calibration(sharpness=1.0, bias=np.zeros(2), prior=np.array([0.5, 0.5]))
    >>> c(np.array([[0.0, 0.0]])).tolist()
    [[0.5, 0.5]]
    """

    sharpness: float
    bias: Floats  # (k,)
    prior: Floats  # (k,)

    def __call__(self, scores: Floats) -> Floats:
        """(n, k) probabilities of (n, k) scores."""
        p = softmax(scores * self.sharpness + self.bias, axis=1)
        return np.asarray((1.0 - FLOOR) * p + FLOOR * self.prior, dtype=np.float64)


def fit_calibration(scores: Floats, labels: npt.NDArray[np.int64], n_classes: int) -> Calibration:
    """Sharpness and class biases that maximise the likelihood of `labels` under `scores`.

    The scores must be left-one-out, else the probabilities are overconfident.

    Parameters
    ----------
    scores
        (n, k), higher means the class is likelier; any scale.
    labels
        (n,) class codes.
    n_classes
        k.

    Returns
    -------
    Calibration
        Guo et al. 2017, "On calibration of modern neural networks", section 4.2 (temperature
        with bias).
    """
    n = len(labels)
    step = max(1, n // ROWS_TO_FIT)
    s, y = scores[::step], labels[::step]
    m = len(y)
    prior = (np.bincount(labels, minlength=n_classes) + 1.0) / (n + n_classes)
    scale = 1.0 / max(float(s.std()), 1e-9)

    def loss(theta: Floats) -> tuple[float, Floats]:
        sharp = np.exp(theta[0]) * scale
        logp = log_softmax(s * sharp + theta[1:], axis=1)
        g = np.exp(logp)
        g[np.arange(m), y] -= 1.0
        ridge = 1e-3 * theta  # a weak pull keeps separable classes finite
        value = -float(logp[np.arange(m), y].mean()) + 0.5 * float(theta @ ridge)
        grad = np.concatenate([[float((g * s).sum()) * sharp / m], g.sum(axis=0) / m]) + ridge
        return value, grad

    best = minimize(loss, np.zeros(n_classes + 1), jac=True, method="L-BFGS-B").x
    return Calibration(float(np.exp(best[0]) * scale), best[1:], prior)
