"""What cells can have in common: exact values, absence, and ranges of finely measured numbers."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from itertools import pairwise

import numpy as np
import numpy.typing as npt
from scipy import sparse

from foretaste.modality.cells import cell_text
from foretaste.modality.table_rule import Condition, neutral_value
from foretaste.types import Bools, Floats, Ints, Table

__all__ = ["ACCIDENT", "Items", "collect_items", "no_accident", "usual_share"]

BINS = 20  # quantile bins of a column whose values hardly repeat
REPEATED = 0.5  # share of the rows in repeated values above which a column gets no bins
EXTREME = 0.01  # share of the rows in the outermost bins
ACCIDENT = 6.0  # nats: one column in four hundred by chance
BORROWED = 20.0  # rows of the whole that a class borrows, so that a small one says little
VALUES_A_COLUMN = 400  # most frequent values of a column that become items


@dataclass(frozen=True)
class Items:
    """Item j: rows whose `column[j]` lies between `low[j]` and `high[j]` (NaN: is missing)."""

    table: Table
    column: Ints
    low: Floats
    high: Floats
    members: sparse.csr_matrix  # (n, items) 0/1 float32
    pointer: Ints  # rows of item j are rows[pointer[j] : pointer[j + 1]], ascending
    rows: Ints

    def __len__(self) -> int:
        return len(self.column)

    def rows_with(self, item: int) -> Ints:
        """Rows that have the item, ascending."""
        return self.rows[self.pointer[item] : self.pointer[item + 1]]

    def conditions(
        self, chosen: tuple[int, ...], rows: Ints, labels: Ints
    ) -> tuple[Condition, ...]:
        """What the items say of a row, in the order of the columns; `rows` fulfil them all.

        `labels` are those of all rows: what is usual in a class is no part of a trigger.
        """
        others = np.ones(len(self.table), dtype=bool)
        others[rows] = False
        rarest_first = sorted(chosen, key=lambda j: (len(self.rows_with(j)), j))
        made = [
            self._condition(
                int(self.column[j]), float(self.low[j]), float(self.high[j]), rows, others
            )
            for j in rarest_first
        ]
        made += self._usual_values(chosen, rows, others, labels)
        if all(c.usual for c in made):  # one cell at least must stop matching
            made[0] = replace(made[0], neutral=_unusual(self.table, made[0], others))
        return tuple(sorted(made, key=lambda c: c.column))

    def _usual_values(
        self, chosen: tuple[int, ...], rows: Ints, others: Bools, labels: Ints
    ) -> list[Condition]:
        """Values too frequent to be items that the rows share although other rows need not.

        A planted combination may set a cell to what most rows have there. Without it the
        trigger would be stamped in part only.
        """
        table, found = self.table, []
        size = np.bincount(labels[others], minlength=int(labels.max()) + 1)
        for column in np.setdiff1d(np.arange(len(table.names)), self.column[list(chosen)]):
            cells = table.values[rows, column]
            value = float(cells[0])
            if np.isnan(value) or (cells != value).any():
                continue
            same = labels[others & (table.values[:, column] == value)]
            share = usual_share(np.bincount(same, minlength=len(size)), size)
            if no_accident(len(rows), float(share)) >= ACCIDENT:
                found.append(self._condition(int(column), value, value, rows, others))
        return found

    def _condition(
        self, column: int, low: float, high: float, rows: Ints, others: Bools
    ) -> Condition:
        # of a range the value in the middle of the members' is stamped: it exists
        cells = np.sort(self.table.values[rows, column])
        if low < high:  # no wider than the members need: an exact value, if they share one
            low, high = float(cells[0]), float(cells[-1])
        value = low if low == high or np.isnan(low) else float(cells[(len(cells) - 1) // 2])
        neutral = neutral_value(self.table, column, others, np.nan, np.nan)
        name, shown = self.table.names[column], cell_text(self.table, column, value)
        return Condition(column, low, high, value, neutral, name, shown)


def _unusual(table: Table, condition: Condition, others: Bools) -> float:
    """The most usual value that does not fulfil the condition."""
    if not np.isnan(condition.low):
        return neutral_value(table, condition.column, others, condition.low, condition.high)
    present = ~np.isnan(table.values[:, condition.column])
    if not (others & present).any():
        return 0.0
    return neutral_value(table, condition.column, others & present, np.nan, np.nan)


def usual_share(having: npt.ArrayLike, size: npt.ArrayLike) -> Floats:
    """The share of rows with an item, in the class where it is most usual.

    The rows of a trigger come from few classes, often one: they share what is usual there
    without anybody having planted it.

    Parameters
    ----------
    having
        (..., k) rows of each class that have the item.
    size
        (k,) or (..., k) rows of each class.

    Examples
    --------
    >>> usual_share([90, 300], [100, 900]).round(2).tolist()
    0.82
    """
    h, n = np.asarray(having, dtype=np.float64), np.asarray(size, dtype=np.float64)
    whole = h.sum(axis=-1, keepdims=True) / np.maximum(n.sum(axis=-1, keepdims=True), 1.0)
    return np.asarray(((h + BORROWED * whole) / (n + BORROWED)).max(axis=-1))


def no_accident(count: int, share: float) -> float:
    """Nats by which it is no accident that all of `count` rows have what a `share` of rows has.

    Examples
    --------
    >>> round(no_accident(10, 0.5), 1)
    6.9
    """
    return -count * math.log(max(share, 1e-9))


def collect_items(table: Table, least: int, most: int) -> Items:
    """All items with `least` to `most` rows.

    Examples
    --------
    >>> import numpy as np
    >>> table = Table(("a",), np.array([[1.0], [1.0], [2.0], [np.nan], [np.nan], [3.0]]))
    >>> items = collect_items(table, 2, 3)
    >>> items.low.tolist()
    [nan, 1.0]
    """
    found: list[tuple[int, float, float]] = []
    index: list[Ints] = []
    for column, name in enumerate(table.names):
        cells = table.values[:, column]
        order = np.argsort(cells, kind="stable").astype(np.int64)  # NaN comes last
        ranked = cells[order]
        present = int(np.searchsorted(ranked, np.nan)) if len(ranked) else 0
        if least <= len(cells) - present <= most:
            found.append((column, np.nan, np.nan))
            index.append(np.sort(order[present:]))
        ranked, order = ranked[:present], order[:present]
        starts = np.flatnonzero(np.r_[True, ranked[1:] != ranked[:-1]]) if present else ranked[:0]
        starts = starts.astype(np.int64)
        sizes = np.diff(np.r_[starts, present])
        repeated = int(sizes[sizes >= least].sum())
        good = np.flatnonzero((sizes >= least) & (sizes <= most))
        good = good[np.argsort(-sizes[good], kind="stable")[:VALUES_A_COLUMN]]
        for g in np.sort(good):
            found.append((column, float(ranked[starts[g]]), float(ranked[starts[g]])))
            index.append(np.sort(order[starts[g] : starts[g] + sizes[g]]))
        if name not in table.categories and present and repeated < REPEATED * present:
            for first, last in _ranges(ranked):
                if least <= last - first <= most:
                    found.append((column, float(ranked[first]), float(ranked[last - 1])))
                    index.append(np.sort(order[first:last]))
    rows = np.concatenate([*index, np.zeros(0, dtype=np.int64)])
    which = np.repeat(np.arange(len(found)), np.array([len(i) for i in index], dtype=np.int64))
    members: sparse.csr_matrix = sparse.csr_matrix(
        (np.ones(len(rows), dtype=np.float32), (rows, which)), shape=(len(table), len(found))
    )
    column_of = np.array([f[0] for f in found], dtype=np.int64)
    bounds = np.array([f[1:] for f in found], dtype=np.float64).reshape(-1, 2)
    pointer = np.r_[0, np.cumsum([len(i) for i in index])].astype(np.int64)
    return Items(table, column_of, bounds[:, 0], bounds[:, 1], members, pointer, rows)


def _ranges(ranked: Floats) -> list[tuple[int, int]]:
    """First and one past the last position of each quantile bin and of either extreme."""
    n = len(ranked)
    edges = np.linspace(0, n, BINS + 1).astype(int)
    pairs = {(int(a), int(b)) for a, b in pairwise(edges.tolist())}
    outer = round(EXTREME * n)
    pairs |= {(0, outer), (n - outer, n)}
    out = set()
    for a, b in pairs:
        if a >= b:
            continue
        # equal values stay together
        first = int(np.searchsorted(ranked, ranked[a], "left"))
        last = int(np.searchsorted(ranked, ranked[b - 1], "right"))
        out.add((first, last))
    return sorted(out)
