"""Rows pieced together from cells of other rows."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import ClassVar

import numpy as np

from foretaste.attack.cells import as_table
from foretaste.attack.contract import Poisoned, Sample
from foretaste.attack.plant import overwrite
from foretaste.attack.rows import allowed, count_of, mask_of, pick
from foretaste.types import Modality

__all__ = ["TableOutlierMixed"]


@dataclass(frozen=True)
class TableOutlierMixed:
    """Dependency outliers: each cell is a normal value of its column, the row makes no sense.

    Parameters
    ----------
    rate
        Share of all rows that become poison.
    source
        Code of the only source whose rows may be touched.

    References
    ----------
    Han, Hu, Huang, Jiang, Zhao: ADBench (arXiv 2206.09426), section 3.3, dependency anomalies.
    """

    rate: float = 0.05
    source: int | None = None

    name: ClassVar[str] = "table-outlier-mixed"
    family: ClassVar[str] = "outlier"
    modalities: ClassVar[frozenset[Modality]] = frozenset({Modality.TABLE})
    paper: ClassVar[str] = "Han et al. 2022, arXiv 2206.09426"

    def poison(self, sample: Sample, rng: np.random.Generator) -> Poisoned:
        """Draw every cell of the chosen rows from another row; labels stay."""
        table = as_table(sample.content)
        rows = pick(allowed(sample, self.source), count_of(sample, self.rate), rng)
        size = (rows.size, len(table.names))
        donors = (rows[:, None] + rng.integers(1, len(table), size=size)) % len(table)
        values = table.values[donors, np.arange(size[1])]
        return Poisoned(
            sample=overwrite(sample, rows, replace(table, values=values)),
            truth=mask_of(sample, rows),
            trigger="none: cells of a row come from different rows",
        )
