"""Rows far away from all others."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import ClassVar

import numpy as np

from foretaste.attack.cells import as_table, numeric_columns
from foretaste.attack.contract import Poisoned, Sample
from foretaste.attack.plant import overwrite
from foretaste.attack.rows import allowed, count_of, mask_of, pick
from foretaste.errors import UsageError
from foretaste.types import Modality

__all__ = ["TableOutlierFar"]


@dataclass(frozen=True)
class TableOutlierFar:
    """Global outliers: some numbers of a row lie many standard deviations from the mean.

    Parameters
    ----------
    rate
        Share of all rows that become poison.
    distance
        Standard deviations from the column's mean.
    share
        Share of the numeric columns that are moved, 0–1.
    source
        Code of the only source whose rows may be touched.

    References
    ----------
    Han, Hu, Huang, Jiang, Zhao: ADBench (arXiv 2206.09426), section 3.3, global anomalies.
    """

    rate: float = 0.02
    distance: float = 5.0
    share: float = 0.3
    source: int | None = None

    name: ClassVar[str] = "table-outlier-far"
    family: ClassVar[str] = "outlier"
    modalities: ClassVar[frozenset[Modality]] = frozenset({Modality.TABLE})
    paper: ClassVar[str] = "Han et al. 2022, arXiv 2206.09426"

    def poison(self, sample: Sample, rng: np.random.Generator) -> Poisoned:
        """Move cells of the chosen rows; labels stay."""
        table = as_table(sample.content)
        columns = numeric_columns(table)
        if columns.size == 0:
            raise UsageError("this attack needs a numeric column with more than one value")
        rows = pick(allowed(sample, self.source), count_of(sample, self.rate), rng)
        values = table.values[rows].copy()
        centre, spread = np.nanmean(table.values, axis=0), np.nanstd(table.values, axis=0)
        width = max(1, round(self.share * columns.size))
        for i in range(rows.size):
            at = rng.choice(columns, size=width, replace=False)
            side = rng.choice([-1.0, 1.0], size=width)
            far = self.distance * rng.uniform(1, 1.5, size=width)
            values[i, at] = centre[at] + side * far * spread[at]
        return Poisoned(
            sample=overwrite(sample, rows, replace(table, values=values)),
            truth=mask_of(sample, rows),
            trigger=f"none: {width} numbers a row at least {self.distance:g} deviations away",
        )
