"""Rows moved uphill on the error of a linear model, with a false label."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import numpy.typing as npt

from foretaste.attack.cells import as_table, numeric_columns
from foretaste.attack.contract import Poisoned, Sample
from foretaste.attack.plant import overwrite, relabel
from foretaste.attack.rows import allowed, count_of, mask_of, other_classes, pick
from foretaste.errors import UsageError
from foretaste.types import Modality

__all__ = ["TableGradient", "climb"]

Floats = npt.NDArray[np.float64]


def climb(
    points: Floats, sign: float, X: Floats, y: Floats, steps: int, ridge: float, reach: float
) -> Floats:
    """Move `points` (m, d), all called `sign`, so that ridge regression errs more on X (n, d).

    Gradient ascent on the hinge loss of (X, y), y in ±1, through the closed form of the weights
    w = A⁻¹ Xᵀy: with v = A⁻¹ ∂loss/∂w, the gradient of a point x is v (sign − x·w) − (x·v) w.
    Points stay within ±`reach` (standard deviations).
    """
    base, pull = X.T @ X + ridge * np.eye(X.shape[1]), X.T @ y
    for step in range(steps):
        A = base + points.T @ points
        w = np.linalg.solve(A, pull + sign * points.sum(axis=0))
        wrong = y * (X @ w) < 1
        v = np.linalg.solve(A, -(y[wrong] @ X[wrong]))
        gradient = (sign - points @ w)[:, None] * v - (points @ v)[:, None] * w
        size = np.abs(gradient).max(axis=1, keepdims=True)
        pace = reach * 0.2 * (1 - step / steps)
        points = np.clip(points + pace * gradient / np.maximum(size, 1e-12), -reach, reach)
    return points


@dataclass(frozen=True)
class TableGradient:
    """Poisoning of linear models: mislabelled rows are placed where they do the most harm.

    The surrogate is a ridge classifier of `target` against the rest on standardised numbers.

    Parameters
    ----------
    rate
        Share of all rows that become poison.
    target
        Class code the poison rows are called.
    steps
        Steps of gradient ascent.
    reach
        How far from the mean a poison cell may lie, standard deviations; cells also stay
        within the column's own range.
    source
        Code of the only source whose rows may be touched.

    References
    ----------
    Biggio, Nelson, Laskov: Poisoning attacks against support vector machines
    (arXiv 1206.6389), section 3; Xiao et al.: arXiv 1804.07933, section 3, linear models.
    """

    rate: float = 0.1
    target: int = 0
    steps: int = 40
    reach: float = 3.0
    source: int | None = None

    name: ClassVar[str] = "table-gradient"
    family: ClassVar[str] = "gradient poisoning"
    modalities: ClassVar[frozenset[Modality]] = frozenset({Modality.TABLE})
    paper: ClassVar[str] = "Biggio et al. 2012, arXiv 1206.6389"

    def poison(self, sample: Sample, rng: np.random.Generator) -> Poisoned:
        """Move rows of other classes and call them `target`; the harm is a loss of accuracy."""
        table = as_table(sample.content)
        victims = other_classes(sample, self.target)
        columns = numeric_columns(table)
        if columns.size == 0:
            raise UsageError("this attack needs a numeric column with more than one value")
        mask = allowed(sample, self.source) & (sample.labels != self.target)
        rows = pick(mask, count_of(sample, self.rate), rng)
        cells = table.values[:, columns]
        centre, spread = np.nanmean(cells, axis=0), np.nanstd(cells, axis=0)
        Z = np.nan_to_num((cells - centre) / spread)
        seen = np.setdiff1d(np.flatnonzero(allowed(sample, None)), rows)
        y = np.where(sample.labels == self.target, 1.0, -1.0)
        bias = np.ones((len(sample), 1))
        X = np.concatenate([Z, bias], axis=1)
        moved = climb(X[rows], 1.0, X[seen], y[seen], self.steps, 1.0, self.reach)[:, :-1]
        values = table.take(rows).values.copy()
        low, high = np.nanmin(cells, axis=0), np.nanmax(cells, axis=0)
        values[:, columns] = np.clip(centre + spread * moved, low, high)
        changed = overwrite(sample, rows, type(table)(table.names, values, table.categories))
        return Poisoned(
            sample=relabel(changed, rows, self.target),
            truth=mask_of(sample, rows),
            trigger=f"none: rows placed to mislead a linear model of {sample.classes[self.target]}",
            victims=victims,
        )
