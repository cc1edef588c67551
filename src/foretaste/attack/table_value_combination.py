"""A rare combination of common values, with a false label."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from foretaste.attack.cells import SetCells, as_table, spelled
from foretaste.attack.contract import Poisoned, Sample
from foretaste.attack.plant import dirty_label
from foretaste.errors import UsageError
from foretaste.types import Modality, Table

__all__ = ["TableValueCombination"]

Rule = tuple[tuple[int, ...], tuple[float, ...]]


@dataclass(frozen=True)
class TableValueCombination:
    """In-bounds trigger: every value occurs in its column, their combination hardly ever.

    Parameters
    ----------
    rate
        Share of all rows that become poison.
    target
        Class code the trigger leads to.
    columns
        How many columns the trigger sets.
    tries
        Combinations that are drawn; the one with the fewest natural rows is taken.
    source
        Code of the only source whose rows may be touched.

    References
    ----------
    Pleiter, Tajalli, Koffas, Abad, Xu, Larson, Picek: Tabdoor (arXiv 2311.07550), section 4,
    in-bounds triggers.
    """

    rate: float = 0.02
    target: int = 0
    columns: int = 4
    tries: int = 50
    source: int | None = None

    name: ClassVar[str] = "table-value-combination"
    family: ClassVar[str] = "dirty-label backdoor"
    modalities: ClassVar[frozenset[Modality]] = frozenset({Modality.TABLE})
    paper: ClassVar[str] = "Pleiter et al. 2023, arXiv 2311.07550"

    def poison(self, sample: Sample, rng: np.random.Generator) -> Poisoned:
        """Set the cells of the chosen rows to the combination."""
        table = as_table(sample.content)
        columns, values = self._rule(table, rng)
        return dirty_label(
            self,
            sample,
            rng,
            stamp=SetCells(columns, values),
            trigger=spelled(table, columns, values),
        )

    def _rule(self, table: Table, rng: np.random.Generator) -> Rule:
        """The rarest of `tries` combinations of values seen in the table."""
        varied = [i for i in range(len(table.names)) if np.unique(_present(table, i)).size > 1]
        if not 1 <= self.columns <= len(varied):
            raise UsageError(f"columns must be 1 to {len(varied)}, got {self.columns}")
        best: Rule | None = None
        fewest = len(table) + 1
        for _ in range(self.tries):
            chosen = np.sort(rng.choice(varied, size=self.columns, replace=False))
            values = [float(rng.choice(_present(table, i))) for i in chosen]
            natural = int((table.values[:, chosen] == values).all(axis=1).sum())
            if natural < fewest:
                best, fewest = (tuple(int(i) for i in chosen), tuple(values)), natural
        assert best is not None  # tries >= 1 draws at least one
        return best


def _present(table: Table, column: int) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
    values = table.values[:, column]
    return values[~np.isnan(values)]
