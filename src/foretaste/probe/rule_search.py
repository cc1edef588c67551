"""Which combinations of items deserve a look: beam search over what comes together.

Two things make a combination worth a look: its items come together more often than their
frequencies explain (lift), and one label is more frequent among its rows than overall (purity).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import reduce

import numpy as np
import numpy.typing as npt
from scipy import sparse

from foretaste.modality.table_items import ACCIDENT, Items, usual_share
from foretaste.stats.excess import poisson_surprise
from foretaste.types import Floats, Ints

__all__ = ["Rule", "close_rules", "find_rules", "lift"]

MIN_SUPPORT = 5  # rows
PAIRS = 1_500  # pairs of items that go on, from each screen
BEAM = 75  # rules lengthened at each depth, from each screen
DEPTH = 4  # items in a rule before it is closed
SHARED = 0.98  # share of the rows that must have an item for it to belong to the rule
CLOSED_ROWS = 3_000  # larger groups are taken as they are

Rule = tuple[int, ...]  # item indices, ascending


@dataclass(frozen=True)
class _Counts:
    """Rows with each label among the rows of each of some rules, and the rules' lift in nats."""

    rules: list[Rule]
    observed: Floats  # (rules, k)
    lift: Floats

    def purity(self, prior: Floats) -> Floats:
        """Highest excess of a label's share, in standard deviations."""
        size = np.maximum(self.observed.sum(axis=1, keepdims=True), 1.0)
        z = (self.observed / size - prior) / np.sqrt(prior * (1.0 - prior) / size)
        z[self.observed < MIN_SUPPORT] = 0.0
        return np.asarray(z.max(axis=1, initial=0.0), dtype=np.float64)

    def top(self, prior: Floats, count: int) -> list[Rule]:
        """The best by lift, by purity, and by both (their geometric mean)."""
        purity = np.maximum(self.purity(prior), 0.0)
        chosen: set[int] = set()
        for screen in (self.lift, purity, np.sqrt(self.lift * purity)):
            order = np.argsort(-screen, kind="stable")[:count]
            chosen.update(order[screen[order] > 0].tolist())
        return [self.rules[i] for i in sorted(chosen)]

    def only(self, wanted: Sequence[Rule]) -> _Counts:
        """The counts of some of the rules."""
        held = set(wanted)
        keep = np.array([i for i, r in enumerate(self.rules) if r in held], dtype=np.int64)
        return _Counts([self.rules[i] for i in keep], self.observed[keep], self.lift[keep])


def lift(items: Items, rules: Sequence[Rule], counts: npt.ArrayLike) -> Floats:
    """Nats by which the items of each rule come together more often than they would by chance."""
    share = np.log(np.diff(items.pointer) / len(items.table))
    expected = np.array([np.exp(share[list(r)].sum()) for r in rules]) * len(items.table)
    several = np.array([len(r) > 1 for r in rules])
    return np.where(several, poisson_surprise(counts, expected), 0.0)


def find_rules(items: Items, labels: Ints, k: int) -> tuple[list[Rule], int]:
    """Single items, the best pairs and the best longer rules; and how many were looked at.

    Examples
    --------
    >>> import numpy as np
    >>> from foretaste.modality.table_items import collect_items
    >>> from foretaste.types import Table
    >>> values = np.array([[1.0, 2.0]] * 6 + [[3.0, 4.0]] * 6)
    >>> items = collect_items(Table(("a", "b"), values), 5, 8)
    >>> find_rules(items, np.repeat([0, 1], 6), 2)[0]
    [(0,), (1,), (2,), (3,), (0, 2), (1, 3)]
    """
    prior = (np.bincount(labels, minlength=k) + 1.0) / (len(labels) + k)
    pairs, considered = _pairs(items, labels, k)
    kept = pairs.top(prior, PAIRS)
    rules: list[Rule] = [(j,) for j in range(len(items))]
    rules += kept
    beam = pairs.only(kept).top(prior, BEAM)
    seen = set(rules)
    for _ in range(3, DEPTH + 1):
        if not beam:
            break
        longer = _longer(items, beam, labels, k)
        considered += len(longer.rules)
        beam = [r for r in longer.top(prior, BEAM) if r not in seen]
        seen.update(beam)
        rules += beam
    return rules, considered + len(items)


def _pairs(items: Items, labels: Ints, k: int) -> tuple[_Counts, int]:
    """All pairs of items of different columns with enough rows."""
    m = items.members
    total = sparse.triu(m.T @ m, k=1).tocoo()
    good = (total.data >= MIN_SUPPORT) & (items.column[total.row] != items.column[total.col])
    a, b = total.row[good].astype(np.int64), total.col[good].astype(np.int64)
    observed = np.zeros((len(a), k))
    for c in range(k - 1):  # together they cost what the one product above did
        part = m[labels == c]
        observed[:, c] = _entries((part.T @ part).tocsr(), a, b)
    observed[:, k - 1] = total.data[good] - observed.sum(axis=1)
    support = np.diff(items.pointer).astype(np.float64)
    together = poisson_surprise(total.data[good], support[a] * support[b] / m.shape[0])
    rules: list[Rule] = list(zip(a.tolist(), b.tolist(), strict=True))
    return _Counts(rules, observed, together), len(rules)


def _entries(x: sparse.csr_matrix, rows: Ints, columns: Ints) -> npt.NDArray[np.float32]:
    if not len(rows):
        return np.zeros(0, dtype=np.float32)
    return np.asarray(x[rows, columns]).ravel()


def _longer(items: Items, beam: list[Rule], labels: Ints, k: int) -> _Counts:
    """Every rule of the beam with one more item of another column."""
    indicator = _indicator([rows_of(items, r) for r in beam], len(items.table))
    by_label = [
        (indicator[:, labels == c] @ items.members[labels == c]).toarray() for c in range(k)
    ]
    total = np.sum(by_label, axis=0)
    for i, rule in enumerate(beam):
        total[i, np.isin(items.column, items.column[list(rule)])] = 0.0
    new: dict[Rule, tuple[int, int]] = {}
    for i, j in np.argwhere(total >= MIN_SUPPORT).tolist():
        new.setdefault(tuple(sorted((*beam[i], j))), (i, j))
    if not new:
        return _Counts([], np.zeros((0, k)), np.zeros(0))
    rules = sorted(new)
    at = np.array([new[r] for r in rules])
    observed = np.stack([part[at[:, 0], at[:, 1]] for part in by_label], axis=1)
    counts = observed.astype(np.float64)
    return _Counts(rules, counts, lift(items, rules, counts.sum(axis=1)))


def rows_of(items: Items, rule: Iterable[int]) -> Ints:
    """Rows that have every item, ascending."""
    held = sorted((items.rows_with(j) for j in rule), key=len)
    return reduce(lambda a, b: np.intersect1d(a, b, assume_unique=True), held)


def _indicator(groups: Sequence[Ints], n: int) -> sparse.csr_matrix:
    pointer = np.r_[0, np.cumsum([len(g) for g in groups])]
    index = np.concatenate([*groups, np.zeros(0, dtype=np.int64)])
    ones = np.ones(len(index), dtype=np.float32)
    return sparse.csr_matrix((ones, index, pointer), shape=(len(groups), n))


def close_rules(items: Items, labels: Ints, rules: Sequence[Rule], most: int) -> dict[Rule, Ints]:
    """Each rule with every item that nearly all of its rows share by no accident, and its rows.

    Of rules with the same rows the shortest is kept and closed: an item that is usual in some
    class belongs to the rule only where the rule needs it. An exact value comes before a range
    around it.
    """
    held = [(r, rows_of(items, r)) for r in rules]
    held = [(r, rows) for r, rows in held if MIN_SUPPORT <= len(rows) <= most]
    small = [(r, rows) for r, rows in held if len(rows) <= CLOSED_ROWS]
    shared = _indicator([rows for _, rows in small], len(items.table)) @ items.members
    background = _Background(items, labels)
    by_rows: dict[bytes, tuple[Rule, Ints]] = {}
    for i, (rule, rows) in enumerate(small):
        part = slice(shared.indptr[i], shared.indptr[i + 1])
        index, count = shared.indices[part], shared.data[part]
        near = count >= SHARED * len(rows)
        near[near] = background.no_accident(index[near], count[near], rows) >= ACCIDENT
        closed = _closed(items, rule, index[near], count[near])
        if len(closed) > len(rule):
            rows = rows_of(items, closed)  # noqa: PLW2901 - the same rule, closed
        by_rows.setdefault(rows.tobytes(), (closed, rows))
    for rule, rows in held:
        if len(rows) > CLOSED_ROWS:
            by_rows.setdefault(rows.tobytes(), (rule, rows))
    return {r: rows for r, rows in by_rows.values() if len(rows) >= MIN_SUPPORT}


class _Background:
    """How usual items are among the rows outside a group."""

    def __init__(self, items: Items, labels: Ints) -> None:
        self._onehot = np.eye(int(labels.max()) + 1)[labels]
        self._having: Floats = np.asarray(items.members.T @ self._onehot, dtype=np.float64)

    def no_accident(
        self, index: npt.NDArray[np.int32], count: npt.NDArray[np.float32], rows: Ints
    ) -> Floats:
        """Nats by which it is no accident that `count` of `rows` have each item."""
        mine = self._onehot[rows].sum(axis=0)
        # nearly all have it, whatever their label
        others = self._having[index] - mine * (count / len(rows))[:, None]
        share = usual_share(np.maximum(others, 0.0), self._onehot.sum(axis=0) - mine)
        return np.asarray(-len(rows) * np.log(np.clip(share, 1e-9, 1.0)))


def _closed(
    items: Items, rule: Rule, index: npt.NDArray[np.int32], count: npt.NDArray[np.float32]
) -> Rule:
    taken = set(items.column[list(rule)].tolist())
    closed = list(rule)
    for j in index[np.lexsort((index, items.high[index] > items.low[index], -count))]:
        if int(items.column[j]) not in taken:
            taken.add(int(items.column[j]))
            closed.append(int(j))
    return tuple(sorted(closed))
