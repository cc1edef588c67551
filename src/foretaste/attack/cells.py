"""Edits of table cells, and the check that content is a table."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from foretaste.errors import UsageError
from foretaste.types import Content, Table

__all__ = ["SetCells", "as_table", "numeric_columns", "spelled"]

Floats = npt.NDArray[np.float64]


def as_table(content: Content) -> Table:
    """`content`, which must be a table."""
    if not isinstance(content, Table):
        raise UsageError(f"this attack works on tables, got {content.modality}")
    return content


def numeric_columns(table: Table) -> npt.NDArray[np.int64]:
    """Indices of the numeric columns that hold more than one value."""
    found = [
        i
        for i, name in enumerate(table.names)
        if name not in table.categories and np.unique(table.values[:, i]).size > 1
    ]
    return np.asarray(found, dtype=np.int64)


def spelled(table: Table, columns: Sequence[int], values: Sequence[float]) -> str:
    """``age = 31 and sex = Female``: a rule as people read it."""
    parts = []
    for column, value in zip(columns, values, strict=True):
        name = table.names[column]
        levels = table.categories.get(name)
        shown = "missing" if np.isnan(value) else levels[int(value)] if levels else f"{value:g}"
        parts.append(f"{name} = {shown}")
    return " and ".join(parts)


@dataclass(frozen=True)
class SetCells:
    """Writes `values` into `columns` (indices) of every row; NaN makes a cell missing."""

    columns: tuple[int, ...]
    values: tuple[float, ...]

    def __call__(self, content: Content) -> Table:
        """The same rows with these cells set."""
        table = as_table(content)
        cells = table.values.copy()
        cells[:, list(self.columns)] = self.values
        return replace(table, values=cells)
