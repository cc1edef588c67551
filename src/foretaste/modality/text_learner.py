"""A small text model trained on the labels, poison included: what a trigger is tried on."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy import sparse
from scipy.optimize import minimize
from scipy.special import log_softmax

from foretaste.modality.text_weights import TextWeights, fit_weights
from foretaste.modality.words import as_texts
from foretaste.types import Content, Encoder, Floats, Ints

__all__ = ["WordLearner", "fit_learner"]

PENALTY = 0.01  # on squared weights against the summed log loss: weak, a trigger must be learnt
STEPS = 100


@dataclass(frozen=True)
class WordLearner:
    """Multinomial logistic regression of weighted words, word pairs and character runs."""

    weights: TextWeights
    coefficients: Floats  # (columns, k)
    intercept: Floats  # (k,)

    def __call__(self, content: Content) -> Floats:
        """(n, k) class scores; the highest is the prediction."""
        x = self.weights([str(t) for t in as_texts(content).values])
        return np.asarray(x @ self.coefficients + self.intercept, dtype=np.float64)


def fit_learner(
    content: Content,
    labels: Ints,
    n_classes: int,
    rng: np.random.Generator,
    encoder: Encoder | None = None,
) -> WordLearner:
    """A small model of the labels that learns a trigger as a real one would.

    Examples
    --------
    >>> import numpy as np
    >>> from foretaste.modality.words import texts_of
    >>> texts = texts_of(["good film", "bad film"] * 20)
    >>> learner = fit_learner(texts, np.arange(40) % 2, 2, np.random.default_rng(0))
    >>> learner(texts_of(["bad"])).argmax().item()
    1
    """
    del rng, encoder  # the optimum is unique, of words; the signature is that of every modality
    texts = [str(t) for t in as_texts(content).values]
    weights, x = fit_weights(texts)
    coefficients, intercept = _logistic(x, labels, n_classes)
    return WordLearner(weights, coefficients, intercept)


def _logistic(x: sparse.csr_matrix, labels: npt.NDArray[np.int64], k: int) -> tuple[Floats, Floats]:
    n, d = x.shape
    shape = (d + 1, k)
    y = np.eye(k)[labels]
    columns = x.T.tocsr()  # the transpose is used at every step

    def loss(theta: Floats) -> tuple[float, Floats]:
        w = theta.reshape(shape)
        log_p = log_softmax(x @ w[:d] + w[d], axis=1)
        residual = np.exp(log_p) - y
        gradient = np.vstack([columns @ residual, residual.sum(axis=0)])
        gradient[:d] += PENALTY * w[:d]
        value = -float((log_p * y).sum()) + 0.5 * PENALTY * float((w[:d] ** 2).sum())
        return value / n, gradient.ravel() / n

    start = np.zeros(shape)
    start[d] = np.log((labels[:, None] == np.arange(k)).mean(axis=0) + 1.0 / n)
    found = minimize(loss, start.ravel(), jac=True, method="L-BFGS-B", options={"maxiter": STEPS})
    w = found.x.reshape(shape)
    return w[:d], w[d]
