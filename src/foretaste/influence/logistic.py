"""Logistic regression, and one Newton step for every row that is left out.

Leaving out row i changes the optimum; one Newton step from the old optimum on the loss *without*
the row lands next to the new one. The Hessian without the row differs from the old one by a term
of rank k, so the step is exact linear algebra (Koh et al. 2019, "On the accuracy of influence
functions for measuring group effects", section 2; Rad and Maleki 2018, arXiv 1801.10243). Plain
influence keeps the row in the Hessian, and is several times further off.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.linalg import cho_factor, cho_solve
from scipy.special import log_softmax, softmax

from foretaste.errors import UsageError
from foretaste.types import Floats, Ints

__all__ = ["NewtonLogistic", "fit_logistic"]

LARGEST = 6000  # unknowns (features + 1 times classes): the Hessian is a dense square of them
STEPS = 60


@dataclass(frozen=True, eq=False)
class NewtonLogistic:
    """A fitted multinomial model: (n, d + 1) rows with a column of ones, k classes.

    `theta` is (d + 1, k), `penalty` (d + 1,) the ridge on each row of it, `probabilities` (n, k).
    """

    design: Floats
    one_hot: Floats
    penalty: Floats
    theta: Floats
    probabilities: Floats
    hessian: tuple[Floats, bool]  # Cholesky factor, (k(d + 1),) squared, class by class

    def __len__(self) -> int:
        return len(self.design)

    def scores(self, queries: npt.NDArray[np.floating]) -> Floats:
        """(m, k) log-odds up to a constant, of (m, d) features."""
        return np.asarray(_with_ones(queries) @ self.theta)

    def contribution(self, queries: npt.NDArray[np.floating], directions: Floats) -> Floats:
        """(m, n) the fall of `directions` · scores of each query when row i alone is left out.

        Parameters
        ----------
        queries
            (m, d) features.
        directions
            (m, k), such as +1 at one class and -1 at another.
        """
        steps = self._steps()  # (n, k)
        x = _with_ones(queries)
        m, k = directions.shape
        asked = np.einsum("mk,md->mkd", directions, x).reshape(m, -1)
        solved = cho_solve(self.hessian, asked.T).T.reshape(m, k, -1)
        said = np.einsum("mkd,nd->mnk", solved, self.design)
        return np.asarray(np.einsum("mnk,nk->mn", said, steps))

    def leave_one_out(self) -> Floats:
        """(n, k) scores of each row by the model one step from having never seen it."""
        shift = np.einsum("nab,nb->na", self._own(), self._steps())
        return np.asarray(self.design @ self.theta - shift)

    def _own(self) -> Floats:
        """(n, k, k) x_iᵀ H⁻¹[a, b] x_i."""
        k, d = self.one_hot.shape[1], self.design.shape[1]
        inverse = cho_solve(self.hessian, np.eye(k * d)).reshape(k, d, k, d)
        own = np.empty((len(self), k, k))
        for a in range(k):
            for b in range(a, k):
                own[:, a, b] = ((self.design @ inverse[a, :, b]) * self.design).sum(axis=1)
                own[:, b, a] = own[:, a, b]
        return own

    def _steps(self) -> Floats:
        """(n, k) (I - W_i M_i)⁻¹ (y_i - p_i): what the row pushes, its own weight taken out."""
        p = self.probabilities
        curvature = p[:, :, None] * (np.eye(p.shape[1]) - p[:, None, :])
        system = np.eye(p.shape[1]) - curvature @ self._own()
        return np.asarray(np.linalg.solve(system, (self.one_hot - p)[:, :, None])[:, :, 0])


def fit_logistic(
    features: npt.NDArray[np.floating], labels: Ints, n_classes: int, penalty: float = 1.0
) -> NewtonLogistic:
    """Fit to convergence with Newton's method.

    Parameters
    ----------
    features
        (n, d); standardise them first if their scales differ.
    labels
        (n,) class codes below `n_classes`.
    n_classes
        k.
    penalty
        λ of λ/2 ‖θ‖² beside the summed log loss; the intercepts have almost none. scikit-learn's
        ``C`` is 1 / λ.

    Raises
    ------
    UsageError
        More than 6,000 unknowns.

    Examples
    --------
    >>> import numpy as np
    >>> x = np.random.default_rng(0).normal(size=(80, 2))
    >>> head = fit_logistic(x, (x[:, 0] > 0).astype(np.int64), 2)
    >>> margin = head.contribution(x[:1], np.array([[-1.0, 1.0]]))
    >>> margin.shape
    (1, 80)
    """
    x = _with_ones(features)
    d = x.shape[1]
    if d * n_classes > LARGEST:
        raise UsageError(
            f"features: {d - 1} of them and {n_classes} classes are more than {LARGEST} unknowns; "
            "use fit_ridge, which is exact and has no such limit"
        )
    y = np.eye(n_classes)[labels]
    ridge = np.full(d, penalty)
    ridge[-1] = 1e-4  # the softmax has one direction too many, also among intercepts
    theta = np.zeros((d, n_classes))
    for _ in range(STEPS):
        gradient = x.T @ (softmax(x @ theta, axis=1) - y) + ridge[:, None] * theta
        factor = _hessian(x, softmax(x @ theta, axis=1), ridge)
        step = cho_solve(factor, gradient.T.ravel()).reshape(n_classes, d).T
        theta = _downhill(x, y, ridge, theta, step)
        if np.abs(step).max() < 1e-10:
            break
    p = softmax(x @ theta, axis=1)
    return NewtonLogistic(x, y, ridge, theta, p, _hessian(x, p, ridge))


def _downhill(x: Floats, y: Floats, ridge: Floats, theta: Floats, step: Floats) -> Floats:
    """Half the step until it does not go up: far from the optimum a full one may."""

    def loss(at: Floats) -> float:
        return float(-(log_softmax(x @ at, axis=1) * y).sum() + 0.5 * (ridge @ at**2).sum())

    before, length = loss(theta), 1.0
    while length > 1e-4 and loss(theta - length * step) > before + 1e-12 * abs(before):
        length /= 2
    return theta - length * step


def _hessian(x: Floats, p: Floats, ridge: Floats) -> tuple[Floats, bool]:
    d, k = x.shape[1], p.shape[1]
    full = np.empty((k, d, k, d))
    for a in range(k):
        for b in range(a, k):
            weight = p[:, a] * ((a == b) - p[:, b])
            full[a, :, b] = full[b, :, a] = x.T @ (weight[:, None] * x)
        full[a, :, a] += np.diag(ridge)
    return cho_factor(full.reshape(k * d, k * d))


def _with_ones(features: npt.NDArray[np.floating]) -> Floats:
    x = np.asarray(features, dtype=np.float64)
    return np.hstack([x, np.ones((len(x), 1))])
