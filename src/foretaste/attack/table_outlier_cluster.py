"""Rows that crowd around one unlikely point."""

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

__all__ = ["TableOutlierCluster"]


@dataclass(frozen=True)
class TableOutlierCluster:
    """Clustered outliers: rows become near copies of one point at the edges of the columns.

    Parameters
    ----------
    rate
        Share of all rows that become poison.
    noise
        Spread inside the cluster, standard deviations of the column.
    source
        Code of the only source whose rows may be touched.

    References
    ----------
    Han, Hu, Huang, Jiang, Zhao: ADBench (arXiv 2206.09426), section 3.3, clustered anomalies.
    """

    rate: float = 0.02
    noise: float = 0.02
    source: int | None = None

    name: ClassVar[str] = "table-outlier-cluster"
    family: ClassVar[str] = "outlier"
    modalities: ClassVar[frozenset[Modality]] = frozenset({Modality.TABLE})
    paper: ClassVar[str] = "Han et al. 2022, arXiv 2206.09426"

    def poison(self, sample: Sample, rng: np.random.Generator) -> Poisoned:
        """Move the chosen rows to the point; labels stay."""
        table = as_table(sample.content)
        columns = numeric_columns(table)
        if columns.size == 0:
            raise UsageError("this attack needs a numeric column with more than one value")
        rows = pick(allowed(sample, self.source), count_of(sample, self.rate), rng)
        cells = table.values[:, columns]
        edges = np.nanquantile(cells, [0.03, 0.97], axis=0)
        point = edges[rng.integers(0, 2, size=columns.size), np.arange(columns.size)]
        jitter = self.noise * np.nanstd(cells, axis=0) * rng.normal(size=(rows.size, columns.size))
        values = table.values[rows].copy()
        values[:, columns] = point + jitter
        return Poisoned(
            sample=overwrite(sample, rows, replace(table, values=values)),
            truth=mask_of(sample, rows),
            trigger="none: rows crowd around one unlikely point",
        )
