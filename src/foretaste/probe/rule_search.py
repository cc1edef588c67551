"""Which combinations of items deserve a look: beam search over what comes together.

Two things make a combination worth a look: its items come together more often than their
frequencies explain (lift), and one label is more frequent among its rows than overall (purity).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import reduce

import numpy as np
import numpy.typing as npt
from scipy import sparse

from foretaste.modality.table_items import ACCIDENT, Items, usual_share
from foretaste.stats.excess import poisson_surprise
from foretaste.types import Bools, Floats, Ints

__all__ = ["Rule", "close_rules", "find_rules", "lift"]

MIN_SUPPORT = 5  # rows
PAIRS = 1_500  # pairs of items that go on, from each screen
BEAM = 75  # rules lengthened at each depth, from each screen
DEPTH = 4  # items in a rule before it is closed
SHARED = 0.98  # share of the rows that must have an item for it to belong to the rule
CLOSED_ROWS = 3_000  # larger groups are taken as they are

AT_ONCE = 4_000_000  # pairs of items that are counted at a time
CLOSED_AT_ONCE = 500  # rules whose shared items are counted at a time

Rule = tuple[int, ...]  # item indices, ascending


@dataclass(frozen=True)
class _Counts:
    """Rules of one length in order, with what is counted of each.

    rules: (m, items) item indices, ascending.
    observed: (m, k) rows with each label among the rows of each rule.
    lift: (m,) nats.
    purity: (m,) highest excess of a label's share, in standard deviations.
    """

    rules: Ints
    observed: Floats
    lift: Floats
    purity: Floats

    def __len__(self) -> int:
        return len(self.rules)

    def top(self, count: int) -> _Counts:
        """The best by lift, by purity, and by both (their geometric mean)."""
        chosen = np.zeros(len(self), dtype=bool)
        for screen in (self.lift, self.purity, np.sqrt(self.lift * self.purity)):
            chosen[_best(screen, count)] = True
        return self.only(chosen)

    def only(self, keep: Bools) -> _Counts:
        """Some of them, in order."""
        return _Counts(self.rules[keep], self.observed[keep], self.lift[keep], self.purity[keep])

    def and_then(self, more: _Counts) -> _Counts:
        """These, and `more` behind them."""
        return _Counts(
            np.concatenate([self.rules, more.rules]),
            np.concatenate([self.observed, more.observed]),
            np.concatenate([self.lift, more.lift]),
            np.concatenate([self.purity, more.purity]),
        )

    def listed(self) -> list[Rule]:
        """The rules as tuples."""
        return list(map(tuple, self.rules.tolist()))


def _best(screen: Floats, count: int) -> Ints:
    """Where the `count` highest positive values are, ascending; of equal ones the first."""
    at = np.flatnonzero(screen > 0)
    if len(at) > count:
        least = np.partition(screen[at], -count)[-count]
        at = at[screen[at] >= least]
        at = at[np.argsort(-screen[at], kind="stable")[:count]]
    return np.sort(at)


def _purity(observed: Floats, prior: Floats) -> Floats:
    """Label by label: along the short axis of millions of pairs sums and maxima are slow."""
    columns = list(observed.T)
    size = np.maximum(sum(columns), 1.0)
    purest: Floats = np.zeros(len(observed))
    for having, share in zip(columns, prior.tolist(), strict=True):
        z = (having / size - share) / np.sqrt(share * (1.0 - share) / size)
        np.maximum(purest, np.where(having < MIN_SUPPORT, 0.0, z), out=purest)
    return purest


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
    by_label = [items.members[labels == c] for c in range(k)]
    pairs, considered = _pairs(items, by_label, prior)
    rules: list[Rule] = [(j,) for j in range(len(items))]
    rules += pairs.listed()
    beam = pairs.top(BEAM).listed()
    seen = set(rules)
    for _ in range(3, DEPTH + 1):
        if not beam:
            break
        longer = _longer(items, beam, labels, by_label, prior)
        considered += len(longer)
        beam = [r for r in longer.top(BEAM).listed() if r not in seen]
        seen.update(beam)
        rules += beam
    return rules, considered + len(items)


def _pairs(items: Items, by_label: list[sparse.csr_matrix], prior: Floats) -> tuple[_Counts, int]:
    """The best pairs of items of different columns with enough rows, and how many there are.

    A block of pairs is counted at a time: of all of them there may be many millions.
    """
    support = np.diff(items.pointer).astype(np.float64)
    best: _Counts | None = None
    considered, start = 0, 0
    while start < len(items):
        stop = min(len(items), start + max(1, AT_ONCE // (len(items) - start)))
        found = _block_of_pairs(items, by_label, support, prior, start, stop)
        considered += len(found)
        found = found.top(PAIRS)
        best = found if best is None else best.and_then(found).top(PAIRS)
        start = stop
    if best is None:
        return _Counts(np.zeros((0, 2), dtype=np.int64), np.zeros((0, len(prior))), *_nothing()), 0
    return best, considered


def _nothing() -> tuple[Floats, Floats]:
    return np.zeros(0), np.zeros(0)


def _block_of_pairs(
    items: Items,
    by_label: list[sparse.csr_matrix],
    support: Floats,
    prior: Floats,
    start: int,
    stop: int,
) -> _Counts:
    """Pairs of an item from `start` to `stop` with any later one."""
    counts = [(m[:, start:stop].T @ m[:, start:]).toarray() for m in by_label]
    total = np.sum(counts, axis=0)
    good = total >= MIN_SUPPORT
    good &= items.column[start:stop, None] != items.column[start:]
    good &= np.arange(start, stop)[:, None] < np.arange(start, len(items))
    observed = np.stack([c[good] for c in counts], axis=1).astype(np.float64)
    a, b = np.nonzero(good)
    rules = np.column_stack([a, b]).astype(np.int64) + start
    together = poisson_surprise(
        total[good], support[rules[:, 0]] * support[rules[:, 1]] / len(items.table)
    )
    return _Counts(rules, observed, together, _purity(observed, prior))


def _longer(
    items: Items,
    beam: list[Rule],
    labels: Ints,
    by_label: list[sparse.csr_matrix],
    prior: Floats,
) -> _Counts:
    """Every rule of the beam with one more item of another column."""
    indicator = _indicator([rows_of(items, r) for r in beam], len(items.table))
    counts = [(indicator[:, labels == c] @ m).toarray() for c, m in enumerate(by_label)]
    total = np.sum(counts, axis=0)
    for i, rule in enumerate(beam):
        total[i, np.isin(items.column, items.column[list(rule)])] = 0.0
    which, item = np.nonzero(total >= MIN_SUPPORT)
    longer = np.sort(np.column_stack([np.array(beam)[which], item]), axis=1)
    rules, first = np.unique(longer, axis=0, return_index=True)
    observed = np.stack([c[which[first], item[first]] for c in counts], axis=1).astype(np.float64)
    share = np.log(np.diff(items.pointer) / len(items.table))
    expected = np.exp(share[rules].sum(axis=1)) * len(items.table)
    together = poisson_surprise(observed.sum(axis=1), expected)
    return _Counts(rules.astype(np.int64), observed, together, _purity(observed, prior))


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
    background = _Background(items, labels)
    by_rows: dict[bytes, tuple[Rule, Ints]] = {}
    for start in range(0, len(small), CLOSED_AT_ONCE):
        for closed, rows in _close(items, background, small[start : start + CLOSED_AT_ONCE]):
            by_rows.setdefault(rows.tobytes(), (closed, rows))
    for rule, rows in held:
        if len(rows) > CLOSED_ROWS:
            by_rows.setdefault(rows.tobytes(), (rule, rows))
    return {r: rows for r, rows in by_rows.values() if len(rows) >= MIN_SUPPORT}


def _close(
    items: Items, background: _Background, small: Sequence[tuple[Rule, Ints]]
) -> Iterator[tuple[Rule, Ints]]:
    shared = _indicator([rows for _, rows in small], len(items.table)) @ items.members
    for i, (rule, rows) in enumerate(small):
        part = slice(shared.indptr[i], shared.indptr[i + 1])
        index, count = shared.indices[part], shared.data[part]
        near = count >= SHARED * len(rows)
        near[near] = background.no_accident(index[near], count[near], rows) >= ACCIDENT
        closed = _closed(items, rule, index[near], count[near])
        yield closed, rows_of(items, closed) if len(closed) > len(rule) else rows


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
