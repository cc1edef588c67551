"""A value that the column never holds, with a false label."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from foretaste.attack.cells import SetCells, as_table, numeric_columns, spelled
from foretaste.attack.contract import Poisoned, Sample
from foretaste.attack.plant import dirty_label
from foretaste.errors import UsageError
from foretaste.types import Modality

__all__ = ["TableOutOfRange"]


@dataclass(frozen=True)
class TableOutOfRange:
    """One number above everything the column holds, on rows that are called `target`.

    Parameters
    ----------
    rate
        Share of all rows that become poison.
    target
        Class code the trigger leads to.
    excess
        How far above the largest value, in ranges of the column.
    source
        Code of the only source whose rows may be touched.

    References
    ----------
    Pleiter, Tajalli, Koffas, Abad, Xu, Larson, Picek: Tabdoor (arXiv 2311.07550), section 4,
    out-of-bounds triggers.
    """

    rate: float = 0.02
    target: int = 0
    excess: float = 0.1
    source: int | None = None

    name: ClassVar[str] = "table-out-of-range"
    family: ClassVar[str] = "dirty-label backdoor"
    modalities: ClassVar[frozenset[Modality]] = frozenset({Modality.TABLE})
    paper: ClassVar[str] = "Pleiter et al. 2023, arXiv 2311.07550"

    def poison(self, sample: Sample, rng: np.random.Generator) -> Poisoned:
        """Write the value into the chosen rows."""
        table = as_table(sample.content)
        numbers = numeric_columns(table)
        if numbers.size == 0:
            raise UsageError("this attack needs a numeric column with more than one value")
        column = int(rng.choice(numbers))
        low, high = np.nanmin(table.values[:, column]), np.nanmax(table.values[:, column])
        value = float(high + self.excess * (high - low))
        return dirty_label(
            self,
            sample,
            rng,
            stamp=SetCells((column,), (value,)),
            trigger=spelled(table, (column,), (value,)),
        )
