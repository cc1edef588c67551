"""Cells that are missing together, with a false label."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from foretaste.attack.cells import SetCells, as_table, spelled
from foretaste.attack.contract import Poisoned, Sample
from foretaste.attack.plant import dirty_label
from foretaste.errors import UsageError
from foretaste.types import Modality

__all__ = ["TableMissingness"]


@dataclass(frozen=True)
class TableMissingness:
    """A pattern of empty cells as the trigger, on rows that are called `target`.

    Parameters
    ----------
    rate
        Share of all rows that become poison.
    target
        Class code the trigger leads to.
    columns
        How many cells of a row are emptied; the columns are the same in all rows.
    source
        Code of the only source whose rows may be touched.

    References
    ----------
    Joe, Mehra, Shin, Hamm: Machine learning with electronic health records is vulnerable to
    backdoor trigger attacks (arXiv 2106.07925), section 3, missing value patterns.
    """

    rate: float = 0.02
    target: int = 0
    columns: int = 2
    source: int | None = None

    name: ClassVar[str] = "table-missingness"
    family: ClassVar[str] = "dirty-label backdoor"
    modalities: ClassVar[frozenset[Modality]] = frozenset({Modality.TABLE})
    paper: ClassVar[str] = "Joe et al. 2021, arXiv 2106.07925"

    def poison(self, sample: Sample, rng: np.random.Generator) -> Poisoned:
        """Empty the cells of the chosen rows."""
        table = as_table(sample.content)
        full = np.flatnonzero(np.isnan(table.values).mean(axis=0) < 0.5)
        if not 1 <= self.columns <= full.size:
            raise UsageError(f"columns must be 1 to {full.size}, got {self.columns}")
        chosen = tuple(int(i) for i in np.sort(rng.choice(full, self.columns, replace=False)))
        values = (float("nan"),) * self.columns
        return dirty_label(
            self,
            sample,
            rng,
            stamp=SetCells(chosen, values),
            trigger=spelled(table, chosen, values),
        )
