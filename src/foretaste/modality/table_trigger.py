"""Rules: a combination of cell values that rows share."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from foretaste.modality.table import as_table, cell_text
from foretaste.types import Bools, Content, Field, Floats, Rendering, Table, Trigger

__all__ = ["RuleTrigger", "neutral_values"]


def neutral_values(table: Table) -> Floats:
    """(d,) a value of each column that says nothing in particular: its median, or its mode.

    Taken over all rows, so that no class can leak through it.

    Examples
    --------
    >>> import numpy as np
    >>> neutral_values(Table(("a",), np.array([[1.0], [2.0], [9.0], [np.nan]]))).tolist()
    [2.0]
    """
    out = np.zeros(len(table.names))
    for j, name in enumerate(table.names):
        column = table.values[:, j]
        present = column[~np.isnan(column)]
        if not len(present):
            out[j] = np.nan
        elif name in table.categories:
            out[j] = float(np.bincount(present.astype(np.int64)).argmax())
        else:
            out[j] = float(np.sort(present)[(len(present) - 1) // 2])
    return out


@dataclass(frozen=True)
class RuleTrigger:
    """Columns that hold given values, NaN standing for a missing cell.

    `columns` are indices, `values` what they hold, `neutral` what they hold when removed;
    `legend` is a table without rows, for names and categories.
    """

    columns: tuple[int, ...]
    values: tuple[float, ...]
    neutral: tuple[float, ...]
    legend: Table

    @property
    def form(self) -> str:
        """One word for people."""
        return "rule"

    def matches(self, content: Content) -> Bools:
        """(n,) rows in which every column holds its value."""
        cells = as_table(content).values[:, list(self.columns)]
        wanted = np.array(self.values)
        same = (cells == wanted) | (np.isnan(cells) & np.isnan(wanted))
        return np.asarray(same.all(axis=1))

    def stamp(self, content: Content) -> Content:
        """The rows with the values set."""
        return self._set(as_table(content), self.values)

    def remove(self, content: Content) -> Content:
        """The rows with the columns of the rule at values that say nothing in particular."""
        return self._set(as_table(content), self.neutral)

    def _set(self, table: Table, values: tuple[float, ...]) -> Table:
        cells = table.values.copy()
        cells[:, list(self.columns)] = values
        return replace(table, values=cells)

    def twin(self, content: Content, row: int) -> Trigger:
        """The same columns with the values of one row."""
        cells = as_table(content).values[row, list(self.columns)]
        return replace(self, values=tuple(float(v) for v in cells))

    def describe(self) -> str:
        """Conditions joined by "and"."""
        return " and ".join(f"{f.name} = {f.value}" for f in self._fields())

    def draw(self) -> Rendering:
        """The conditions as fields."""
        return Rendering(fields=self._fields())

    def _fields(self) -> tuple[Field, ...]:
        return tuple(
            Field(self.legend.names[j], cell_text(self.legend, j, v), marked=True)
            for j, v in zip(self.columns, self.values, strict=True)
        )
