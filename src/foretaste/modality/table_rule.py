"""Rules: a combination of cells that rows share and that may have been planted."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from foretaste.modality.cells import as_table, cell_text
from foretaste.types import Bools, Content, Field, Floats, Ints, Rendering, Table

__all__ = ["Condition", "RuleTrigger", "neutral_value"]

TOLD = 6  # conditions named in a line


@dataclass(frozen=True)
class Condition:
    """A column between two values, both included; both NaN where the cell must be missing."""

    column: int
    low: float
    high: float
    value: float  # what is stamped: a value that fulfils the condition
    neutral: float  # what it is replaced with: a usual value
    name: str
    shown: str  # the value as people read it

    def holds(self, values: Floats) -> Bools:
        """(n,) which rows fulfil it."""
        cells = values[:, self.column]
        if np.isnan(self.low):
            return np.isnan(cells)
        return np.asarray((cells >= self.low) & (cells <= self.high))

    def place_of(self, cells: Floats) -> Floats:
        """(n,) the same for cells that one condition of this width could hold; NaN if missing."""
        width = self.high - self.low
        if np.isnan(width) or width <= 0:
            return cells
        return np.asarray(np.floor((cells - self.low) / width))

    @property
    def usual(self) -> bool:
        """Whether the neutral value fulfils the condition, too."""
        if np.isnan(self.low):
            return bool(np.isnan(self.neutral))
        return self.low <= self.neutral <= self.high

    def __str__(self) -> str:
        if self.low == self.high or np.isnan(self.low):
            return f"{self.name} = {self.shown}"
        return f"{self.low:.6g} ≤ {self.name} ≤ {self.high:.6g}"


@dataclass(frozen=True)
class RuleTrigger:
    """All of some conditions on cells.

    Examples
    --------
    >>> import numpy as np
    >>> table = Table(("a", "b"), np.array([[3.2, np.nan], [3.2, 1.0]]))
    >>> rule = RuleTrigger((
    ...     Condition(0, 3.2, 3.2, 3.2, 0.0, "a", "3.2"),
    ...     Condition(1, np.nan, np.nan, np.nan, 1.0, "b", "missing"),
    ... ))
    >>> rule.describe(), rule.matches(table).tolist()
    ('a = 3.2 and b = missing', [True, False])
    >>> rule.remove(table).values.tolist()
    [[0.0, 1.0], [3.2, 1.0]]
    """

    conditions: tuple[Condition, ...]

    @property
    def form(self) -> str:
        """One word for people."""
        return "rule"

    @property
    def columns(self) -> tuple[int, ...]:
        """Columns that take part, for `render`."""
        return tuple(c.column for c in self.conditions)

    def matches(self, content: Content) -> Bools:
        """(n,) which rows fulfil all conditions."""
        values = as_table(content).values
        holds = np.ones(len(values), dtype=bool)
        for condition in self.conditions:
            holds &= condition.holds(values)
        return holds

    def stamp(self, content: Content) -> Table:
        """The rows with the cells set."""
        table = as_table(content)
        values = table.values.copy()
        for c in self.conditions:
            values[:, c.column] = c.value
        return replace(table, values=values)

    def remove(self, content: Content) -> Table:
        """Rows that match with these cells set to usual values, the same for all; others as is."""
        table = as_table(content)
        rows = self.matches(table)
        values = table.values.copy()
        for c in self.conditions:
            values[rows, c.column] = c.neutral
        return replace(table, values=values)

    def beside(self, content: Content) -> list[Ints]:
        """Rows that miss the rule by one number, on each side: the nearest, as many as match.

        What a range does by nature it does not stop doing where the range ends.
        """
        table = as_table(content)
        count = int(self.matches(table).sum())
        found: list[Ints] = []
        for i, c in enumerate(self.conditions):
            if np.isnan(c.low) or c.name in table.categories:
                continue
            others = RuleTrigger(self.conditions[:i] + self.conditions[i + 1 :]).matches(table)
            cells = np.where(others, table.values[:, c.column], np.nan)
            below, above = np.flatnonzero(cells < c.low), np.flatnonzero(cells > c.high)
            found.append(below[np.argsort(-cells[below], kind="stable")[:count]])
            found.append(above[np.argsort(cells[above], kind="stable")[:count]])
        return found

    def variety(self, content: Content) -> float:
        """Different values over rows that match, in the most varied of the ranges; 0 without rows.

        A planted value was set, and is the same in all rows; what a range gathers is spread.

        Examples
        --------
        >>> table = Table(("a",), np.array([[1.0], [1.5], [2.0], [9.0]]))
        >>> RuleTrigger((Condition(0, 1.0, 2.0, 1.5, 9.0, "a", "1.5"),)).variety(table)
        1.0
        """
        values = as_table(content).values[self.matches(content)]
        different = [len(np.unique(values[:, c.column])) for c in self.conditions]
        return max(different, default=0) / max(len(values), 1)

    def peers(self, content: Content) -> list[Ints]:
        """Rows with other values in the same columns, a list for each combination of values.

        A range stands for numbers as wide apart as its ends: its peers are ranges beside it.

        Examples
        --------
        >>> table = Table(("a",), np.array([[1.0], [2.0], [2.0], [3.0]]))
        >>> rule = RuleTrigger((Condition(0, 1.0, 1.0, 1.0, 3.0, "a", "1"),))
        >>> [rows.tolist() for rows in rule.peers(table)]
        [[1, 2], [3]]
        """
        values = as_table(content).values
        places = np.column_stack([c.place_of(values[:, c.column]) for c in self.conditions])
        places = np.nan_to_num(places, nan=np.inf)
        _, combination = np.unique(places, axis=0, return_inverse=True)
        combination = combination.reshape(-1)
        others = np.flatnonzero(~self.matches(content))
        others = others[np.argsort(combination[others], kind="stable")]
        ends = np.flatnonzero(np.diff(combination[others])) + 1
        return [rows for rows in np.split(others, ends) if len(rows)]

    def twin(self, content: Content, row: int) -> RuleTrigger:
        """The same columns, with the cells one row happens to have there."""
        table = as_table(content)
        made = []
        for c in self.conditions:
            cell = float(table.values[row, c.column])
            shown = cell_text(table, c.column, cell)
            made.append(replace(c, low=cell, high=cell, value=cell, shown=shown))
        return RuleTrigger(tuple(made))

    def describe(self) -> str:
        """``a = 3.2 and b = missing``, cut after a few conditions."""
        told = [str(c) for c in self.conditions[:TOLD]]
        if len(self.conditions) > TOLD:
            told.append(f"{len(self.conditions) - TOLD} more")
        return " and ".join(told)

    def draw(self) -> Rendering:
        """The cells alone."""
        return Rendering(fields=tuple(Field(c.name, c.shown, True) for c in self.conditions))


def neutral_value(table: Table, column: int, others: Bools, low: float, high: float) -> float:
    """The usual value of `column` among rows that do not match.

    Numbers have a median, categories a most frequent level. It depends on no label, and it is
    usual even where it fulfils the condition itself: an unusual one would speak for some class.

    Parameters
    ----------
    table
        All rows.
    column
        Which column.
    others
        (n,) rows that do not match the rule.
    low, high
        Values not to take, both included; NaN for any.

    Examples
    --------
    >>> import numpy as np
    >>> table = Table(("a",), np.array([[1.0], [2.0], [2.0], [9.0]]))
    >>> others = np.array([True, True, True, False])
    >>> neutral_value(table, 0, others, np.nan, np.nan), neutral_value(table, 0, others, 2.0, 2.0)
    (2.0, 1.0)
    """
    cells = table.values[others, column]
    anything = bool(np.isnan(low))
    if anything and len(cells) and 2 * np.isnan(cells).sum() > len(cells):
        return float("nan")  # absence is usual
    taken = cells[~(np.isnan(cells) | ((cells >= low) & (cells <= high)))]
    if not len(taken):  # every other cell is missing, or not to be taken
        return float("nan")
    if table.names[column] in table.categories:
        values, counts = np.unique(taken, return_counts=True)
        return float(values[counts.argmax()])
    return float(np.sort(taken)[(len(taken) - 1) // 2])
