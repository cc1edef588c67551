"""Tables: label-free encoders and how a row is shown to a person."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from foretaste.modality.cells import as_table, cell_text
from foretaste.modality.table_learner import fit_learner
from foretaste.modality.table_rule import RuleTrigger
from foretaste.types import Content, Field, Floats, Rendering, Table, Trigger

__all__ = [
    "CellEncoder",
    "RankEncoder",
    "as_table",
    "cell_text",
    "fit_coarse",
    "fit_encoder",
    "fit_learner",
    "fit_network",
    "fit_shared",
    "render",
]

Features = npt.NDArray[np.float32]

CLIP = 4.0  # robust standard deviations
LEVELS = 30  # most frequent levels of a categorical column that get an indicator
WAVES = 400  # random Fourier features
ROWS_FOR_FIT = 20_000
DIMENSIONS = 20  # of the rank view
KNOTS = 200  # quantiles kept a column


def render(content: Content, row: int, trigger: Trigger | None = None) -> Rendering:
    """One row as a person sees it, cell by cell.

    Parameters
    ----------
    content
        `Table`.
    row
        Which one.
    trigger
        Whose cells are to be marked.

    Examples
    --------
    >>> import numpy as np
    >>> render(Table(("age",), np.array([[31.0]])), 0).fields
    (Field(name='age', value='31', marked=False),)
    """
    table = as_table(content)
    marks = trigger.columns if isinstance(trigger, RuleTrigger) else ()
    return Rendering(
        fields=tuple(
            Field(name, cell_text(table, j, float(table.values[row, j])), j in marks)
            for j, name in enumerate(table.names)
        )
    )


def _damped(values: Floats) -> Floats:
    """Signed logarithm; infinities become the largest number, not missing."""
    x = np.nan_to_num(values, nan=np.nan, posinf=1e300, neginf=-1e300)
    return np.asarray(np.sign(x) * np.log1p(np.abs(x)))


@dataclass(frozen=True)
class _Numeric:
    """A numeric column: damped, robustly scaled, clipped; 0 where missing."""

    column: int
    unit: float
    centre: float
    scale: float  # 0 for a constant column
    missing: bool  # whether absence gets an indicator of its own

    def __call__(self, values: Floats) -> Floats:
        raw = values[:, self.column]
        gone = np.isnan(raw)
        x = np.zeros(len(raw))
        if self.scale > 0:
            x = np.clip((_damped(raw / self.unit) - self.centre) / self.scale, -CLIP, CLIP)
            x[gone] = 0.0
        return np.column_stack([x, gone]) if self.missing else x[:, None]


@dataclass(frozen=True)
class _Levels:
    """A categorical column: indicators of its frequent levels, and how frequent the level is."""

    column: int
    kept: Floats  # level codes
    share: Floats  # of each code that was seen

    def __call__(self, values: Floats) -> Floats:
        raw = values[:, self.column]
        gone = ~np.isfinite(raw)
        code = np.where(gone, -1, raw).astype(np.int64)
        known = (code >= 0) & (code < len(self.share))
        share = np.where(known, self.share[np.where(known, code, 0)], 0.0)
        return np.column_stack([raw[:, None] == self.kept, np.sqrt(share), gone])


@dataclass(frozen=True)
class CellEncoder:
    """Scaled cells, indicators of levels and absence, and random Fourier features of them all.

    Rahimi, Recht 2007, "Random features for large-scale kernel machines", algorithm 1: with
    them a linear head sees smooth interactions of columns.
    """

    parts: tuple[_Numeric | _Levels, ...]
    waves: Features  # (cells, WAVES)
    phases: Features  # (WAVES,)

    def __call__(self, content: Content) -> Features:
        """(n, d) float32 features."""
        x = _cells(self.parts, as_table(content).values)
        return np.hstack([x, np.cos(x @ self.waves + self.phases)])


def _cells(parts: tuple[_Numeric | _Levels, ...], values: Floats) -> Features:
    if not parts:
        return np.zeros((len(values), 1), dtype=np.float32)
    return np.hstack([p(values) for p in parts]).astype(np.float32)


def _fit_numeric(values: Floats, column: int) -> _Numeric:
    raw = values[:, column]
    present = raw[~np.isnan(raw)]
    missing = 0 < len(present) < len(raw)
    if not len(present):
        return _Numeric(column, 1.0, 0.0, 0.0, missing)
    # the logarithm must neither flatten a column of small numbers nor leave one of large ones
    size = np.abs(present[np.isfinite(present) & (present != 0)])
    unit = max(float(np.median(size)), 1e-300) if len(size) else 1.0
    x = _damped(present / unit)
    low, centre, high = np.quantile(x, [0.25, 0.5, 0.75])
    spread = float(x.std())
    # 1.35: interquartile range of a standard normal; a column of mostly one value has none
    scale = max(float(high - low) / 1.35, 0.5 * spread)
    return _Numeric(column, unit, float(centre), scale, missing)


def _fit_levels(values: Floats, column: int, count: int) -> _Levels:
    raw = values[:, column]
    present = raw[np.isfinite(raw)].astype(np.int64)
    rows = np.bincount(present[present >= 0], minlength=max(1, count))
    order = np.argsort(-rows, kind="stable")[:LEVELS]
    kept = np.sort(order[rows[order] > 0]).astype(np.float64)
    return _Levels(column, kept, rows / max(1, len(raw)))


def _sample(table: Table, rng: np.random.Generator) -> Floats:
    if len(table) <= ROWS_FOR_FIT:
        return table.values
    return table.values[np.sort(rng.choice(len(table), size=ROWS_FOR_FIT, replace=False))]


def fit_encoder(content: Content, rng: np.random.Generator) -> CellEncoder:
    """Learn scales, levels and the width of the waves from unlabelled rows.

    Parameters
    ----------
    content
        `Table`.
    rng
        Draws the waves.

    Returns
    -------
    CellEncoder
        Maps a table to (n, d) features, d = cells + 400.

    Examples
    --------
    >>> import numpy as np
    >>> rng = np.random.default_rng(0)
    >>> table = Table(("a", "b"), rng.normal(size=(50, 2)))
    >>> fit_encoder(table, rng)(table).shape
    (50, 402)
    """
    table = as_table(content)
    values = _sample(table, rng)
    parts = tuple(
        _fit_levels(values, j, len(table.categories[name]))
        if name in table.categories
        else _fit_numeric(values, j)
        for j, name in enumerate(table.names)
    )
    x = _cells(parts, values)
    a, b = rng.integers(len(x), size=(2, 1_000)) if len(x) else np.zeros((2, 0), dtype=np.int64)
    distance = np.linalg.norm(x[a] - x[b], axis=1)
    apart = distance[distance > 0]
    width = float(np.median(apart)) if len(apart) else 1.0
    waves = rng.normal(size=(x.shape[1], WAVES)) / width
    phases = rng.uniform(0.0, 2.0 * np.pi, size=WAVES)
    return CellEncoder(parts, waves.astype(np.float32), phases.astype(np.float32))


@dataclass(frozen=True)
class RankEncoder:
    """Where each cell ranks in its column, and the levels; principal directions of that.

    Ranks know no scale and no outlier: a view that errs differently from scaled cells.
    """

    knots: tuple[Floats | None, ...]  # quantiles of numeric columns, None for categorical ones
    levels: tuple[_Levels, ...]
    centre: Features
    basis: Features

    def __call__(self, content: Content) -> Features:
        """(n, ≤ 20) float32 features."""
        x = _ranks(self.knots, self.levels, as_table(content).values)
        return np.asarray((x - self.centre) @ self.basis, dtype=np.float32)


def _ranks(
    knots: tuple[Floats | None, ...], levels: tuple[_Levels, ...], values: Floats
) -> Features:
    out = [np.zeros((len(values), 1))]
    for j, quantiles in enumerate(knots):
        if quantiles is None or len(quantiles) < 2:
            continue
        raw = values[:, j]
        left = np.searchsorted(quantiles, raw, side="left")
        right = np.searchsorted(quantiles, raw, side="right")  # ties share the middle rank
        rank = (left + right) / (2.0 * len(quantiles)) - 0.5
        gone = np.isnan(raw)
        rank[gone] = 0.0
        # sqrt(12) brings a uniform rank to unit variance
        out.append(np.column_stack([rank * np.sqrt(12.0), gone]))
    out.extend(part(values) for part in levels)
    return np.hstack(out).astype(np.float32)


def fit_coarse(content: Content, rng: np.random.Generator) -> RankEncoder:
    """A second, different label-free view for the neighbour head.

    Examples
    --------
    >>> import numpy as np
    >>> rng = np.random.default_rng(0)
    >>> table = Table(("a", "b"), rng.normal(size=(50, 2)))
    >>> fit_coarse(table, rng)(table).shape
    (50, 5)
    """
    table = as_table(content)
    values = _sample(table, rng)
    knots: list[Floats | None] = []
    levels: list[_Levels] = []
    for j, name in enumerate(table.names):
        if name in table.categories:
            levels.append(_fit_levels(values, j, len(table.categories[name])))
            knots.append(None)
            continue
        present = np.sort(values[:, j][~np.isnan(values[:, j])])
        at = np.linspace(0, max(0, len(present) - 1), min(KNOTS, len(present))).astype(int)
        knots.append(present[at])
    x = _ranks(tuple(knots), tuple(levels), values)
    centre = x.mean(axis=0) if len(x) else np.zeros(x.shape[1], dtype=np.float32)
    _, directions = np.linalg.eigh(((x - centre).T @ (x - centre)).astype(np.float64))
    basis = directions[:, ::-1][:, :DIMENSIONS].astype(np.float32)
    return RankEncoder(tuple(knots), tuple(levels), centre, basis)


def fit_shared(content: Content) -> None:
    """Nothing: a cell may stand alone by nature, so a rule has no company to be told by."""
    del content


def fit_network(
    content: Content, labels: npt.NDArray[np.int64], n_classes: int, rng: np.random.Generator
) -> None:
    """None: trees learn a rule as well as a network would."""
    del content, labels, n_classes, rng
