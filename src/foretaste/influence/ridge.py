"""Ridge regression on one-hot labels that can forget any rows exactly, without being refitted.

With centred, standardised features X, A = XᵀX + λI and residuals R = Y - Ŷ, the model without
row i misses the row by R_i / (1 - h_i), where h_i = 1/n + x_iᵀA⁻¹x_i (Allen 1974, "The
relationship between variable selection and data augmentation"; Cook and Weisberg 1982). Dropping
the row moves the scores of a query q by -(1/n + x_qᵀA⁻¹x_i) R_i / (1 - h_i): exact, not a first
order. The intercept is free, so it may be fitted apart; the scale of the features is kept.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.linalg import cho_factor, cho_solve, eigh

from foretaste.errors import NotAssessableError, UsageError
from foretaste.types import Floats, Ints

__all__ = ["PENALTIES", "ExactRidge", "WithoutRows", "fit_ridge"]

Features = npt.NDArray[np.float32]

PENALTIES = (1.0, 10.0, 100.0, 1000.0)  # tried; the squared leave-one-out error chooses
BLOCK = 8192  # rows turned to float64 at a time
SURE = 1e-9  # leverage is kept this far below one: such a row has no second opinion


@dataclass(frozen=True, eq=False)
class ExactRidge:
    """A fitted head and what it needs to forget any rows; n rows, d features, k classes.

    Attributes
    ----------
    features
        (n, d) float32, as given; may be a memory map.
    labels
        (n,) class codes.
    centre, scale
        (d,) what standardises features.
    penalty
        λ.
    gram
        (d, d) XᵀX.
    weights
        (d, k), and `intercept` (k,).
    residual
        (n, k) one-hot label less score.
    leverage
        (n,) in (0, 1).
    """

    features: Features
    labels: Ints
    centre: Floats
    scale: Floats
    penalty: float
    gram: Floats
    weights: Floats
    intercept: Floats
    residual: Floats
    leverage: Floats

    def __len__(self) -> int:
        return int(self.features.shape[0])

    @property
    def n_classes(self) -> int:
        """K."""
        return int(self.intercept.shape[0])

    def scores(self, queries: npt.NDArray[np.floating]) -> Floats:
        """(m, k) of (m, d) features."""
        return np.asarray(self.standardised(queries) @ self.weights + self.intercept)

    def leave_one_out(self) -> Floats:
        """(n, k) scores of each row by the model that never saw it."""
        one_hot = np.eye(self.n_classes)[self.labels]
        return np.asarray(one_hot - self.residual / (1.0 - self.leverage)[:, None])

    def contribution(self, queries: npt.NDArray[np.floating], directions: Floats) -> Floats:
        """What each row adds to a combination of scores of each query.

        Parameters
        ----------
        queries
            (m, d) features.
        directions
            (m, k) the combination: +1 at one class and -1 at another is a margin.

        Returns
        -------
        (m, n) the exact fall of the combination when row i alone is left out.
        """
        return self.kinship(queries) * self.pull(directions)

    def kinship(self, queries: npt.NDArray[np.floating]) -> Floats:
        """(m, n) 1/n + x_qᵀA⁻¹x_i: how far the head takes a query and a row for the same thing."""
        solved = cho_solve(self.factor(), self.standardised(queries).T).T / self.scale
        shift = 1.0 / len(self) - solved @ self.centre
        # one product in single precision: the features are, and a query then reads them once
        raw = solved.astype(np.float32) @ self.features.T
        return np.asarray(raw + shift[:, None], dtype=np.float64)

    def pull(self, directions: Floats) -> Floats:
        """(m, n) how much more each row asks for in `directions` than the rest would give it."""
        return np.asarray(directions @ (self.residual / (1.0 - self.leverage)[:, None]).T)

    def without(self, rows: Ints) -> WithoutRows:
        """The head fitted to all rows but these, exactly, without a look at the others.

        Raises
        ------
        NotAssessableError
            No row would be left.
        """
        if len(rows) >= len(self):
            raise NotAssessableError(f"rows: {len(rows)} of {len(self)} leave nothing to fit")
        x = self.standardised(self.features[rows])
        y = np.eye(self.n_classes)[self.labels[rows]]
        left = len(self) - len(rows)
        # sums over all rows are known: Σx = 0, Σy = n·intercept, XᵀY = A·weights
        sum_x, sum_y = -x.sum(axis=0), len(self) * self.intercept - y.sum(axis=0)
        gram = self.gram - x.T @ x - np.outer(sum_x, sum_x) / left
        system = self.gram + self.penalty * np.eye(len(gram))
        cross = system @ self.weights - x.T @ y - np.outer(sum_x, sum_y) / left
        weights = cho_solve(cho_factor(gram + self.penalty * np.eye(len(gram))), cross)
        return WithoutRows(self, weights, sum_y / left - (sum_x / left) @ weights)

    def standardised(self, features: npt.NDArray[np.floating]) -> Floats:
        """(m, d) features as the head reads them."""
        return np.asarray((np.asarray(features, dtype=np.float64) - self.centre) / self.scale)

    def factor(self) -> tuple[Floats, bool]:
        """Cholesky factor of XᵀX + λI."""
        return cho_factor(self.gram + self.penalty * np.eye(len(self.gram)))


@dataclass(frozen=True, eq=False)
class WithoutRows:
    """A head from which rows were left out."""

    whole: ExactRidge
    weights: Floats
    intercept: Floats

    def scores(self, queries: npt.NDArray[np.floating]) -> Floats:
        """(m, k) of (m, d) features."""
        return np.asarray(self.whole.standardised(queries) @ self.weights + self.intercept)


def fit_ridge(
    features: Features, labels: Ints, n_classes: int, penalties: tuple[float, ...] = PENALTIES
) -> ExactRidge:
    """Fit the head; two passes over the rows in blocks, whatever the number of penalties.

    Parameters
    ----------
    features
        (n, d) float32; may be a memory map.
    labels
        (n,) class codes below `n_classes`.
    n_classes
        k.
    penalties
        λ to choose from, on standardised features, by squared leave-one-out error.

    Raises
    ------
    UsageError
        Shapes do not agree, or a feature is not finite; the message names it.

    Examples
    --------
    >>> import numpy as np
    >>> x = np.random.default_rng(0).normal(size=(60, 3)).astype(np.float32)
    >>> head = fit_ridge(x, (x[:, 0] > 0).astype(np.int64), 2)
    >>> head.leave_one_out().shape
    (60, 2)
    """
    _check(features, labels, n_classes)
    n, d = features.shape
    centre, scale = _moments(features)
    gram, cross = np.zeros((d, d)), np.zeros((d, n_classes))
    mean_y = np.bincount(labels, minlength=n_classes) / n
    for start, x in _blocks(features, centre, scale):
        gram += x.T @ x
        cross += x.T @ np.eye(n_classes)[labels[start : start + len(x)]]
    spectrum, axes = eigh(gram)
    kept = 1.0 / (np.maximum(spectrum, 0.0)[:, None] + np.asarray(penalties))  # (d, penalties)
    rotated = (axes.T @ cross)[:, :, None] * kept[:, None, :]  # (d, k, penalties)
    leverage = np.empty((n, len(penalties)))
    residual = np.empty((n, n_classes, len(penalties)))
    for start, x in _blocks(features, centre, scale):
        rows = slice(start, start + len(x))
        z = x @ axes
        leverage[rows] = np.minimum(1.0 / n + (z * z) @ kept, 1.0 - SURE)
        said = (z @ rotated.reshape(d, -1)).reshape(len(x), n_classes, -1)
        one_hot = np.eye(n_classes)[labels[rows]] - mean_y
        residual[rows] = one_hot[:, :, None] - said
    missed = ((residual / (1.0 - leverage)[:, None, :]) ** 2).sum(axis=(0, 1))
    best = int(np.argmin(missed))
    return ExactRidge(
        features=features,
        labels=labels,
        centre=centre,
        scale=scale,
        penalty=float(penalties[best]),
        gram=gram,
        weights=axes @ rotated[:, :, best],
        intercept=mean_y,
        residual=np.ascontiguousarray(residual[:, :, best]),
        leverage=np.ascontiguousarray(leverage[:, best]),
    )


def _check(features: Features, labels: Ints, n_classes: int) -> None:
    if features.ndim != 2 or features.dtype != np.float32:
        raise UsageError(
            f"features must be (n, d) float32, got {features.shape} {features.dtype}; "
            "convert with features.astype('float32')"
        )
    if labels.shape != features.shape[:1]:
        raise UsageError(f"labels must have shape ({len(features)},), got {labels.shape}")
    if len(features) < 2:
        raise NotAssessableError(f"features: {len(features)} rows; influence needs at least 2")
    if labels.min() < 0 or labels.max() >= n_classes:
        raise UsageError(
            f"labels must be codes from 0 to {n_classes - 1}, got {labels.min()} to {labels.max()}"
        )


def _moments(features: Features) -> tuple[Floats, Floats]:
    n, d = features.shape
    total = np.zeros(d)
    for start in range(0, n, BLOCK):
        total += features[start : start + BLOCK].sum(axis=0, dtype=np.float64)
    centre, square = total / n, np.zeros(d)
    for start in range(0, n, BLOCK):
        square += ((features[start : start + BLOCK] - centre) ** 2).sum(axis=0)
    if not np.isfinite(square).all():
        column = int(np.flatnonzero(~np.isfinite(square))[0])
        bad = int(np.flatnonzero(~np.isfinite(features[:, column]))[0])
        raise UsageError(f"features: row {bad} is not finite in column {column}; drop or fill it")
    scale = np.sqrt(square / n)
    # a column that never changes says nothing: it is kept, as zeros
    return centre, np.where(scale > 1e-9 * np.maximum(np.abs(centre), 1e-9), scale, np.inf)


def _blocks(features: Features, centre: Floats, scale: Floats) -> Iterator[tuple[int, Floats]]:
    for start in range(0, len(features), BLOCK):
        yield start, (features[start : start + BLOCK].astype(np.float64) - centre) / scale
