"""Which of many groups of rows are worth a proper test? Cheap looks first, dearer ones later.

A model that has seen the other rows of a group has learnt what they share, so what it expects of
a row left out alone is too friendly to a trigger. Thousands of groups are ranked by cheap counts;
hundreds by what one head expects with the whole group left out; dozens by what every head does.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from foretaste.stats.excess import poisson_surprise
from foretaste.types import Floats, Head, Ints

__all__ = ["GroupScreens", "Guess", "Hypotheses"]

MIN_CARRIERS = 5  # rows with the label
LARGEST_LEFT_OUT = 800  # rows; the cost of leaving out grows with the square
LARGEST_OF_FEW = 1_000  # rows, when only the best are left out
PAIRS_OF_ROWS = 4_000_000  # group times data set; above, asking every head again costs too much
PURER = 0.02  # by how much a group must be purer to stand beside one that it overlaps with
ROWS_AT_ONCE = 1_000_000  # whose labels and probabilities are held at a time
SAME = 0.5  # Jaccard overlap above which two groups with one label are one hypothesis


@dataclass(frozen=True)
class Guess:
    """A group of rows, the label it may be pushed to, and how much speaks for that."""

    item: int  # which of the groups
    rows: Ints
    label: int
    score: float  # nats, or a z-score for a guess that is only pure
    share: float  # of the rows that carry the label

    @property
    def weight(self) -> float:
        """By what guesses are ranked before overlapping ones are merged.

        A word of a planted sentence has more rows than the sentence and may have a larger score,
        by rows that have the word by nature; the sentence has the larger share.
        """
        return round(self.score * self.share, 6)


class GroupScreens:
    """Counts of many groups at once.

    Parameters
    ----------
    groups
        Row indices of each group, none empty.
    labels
        (n,) class codes.
    heads
        The first one is left-out from; all of them are asked.

    Attributes
    ----------
    observed, z, surprise
        (groups, k): rows with each label; their excess over the label's share in standard
        deviations; in nats over what the most surprised head expects row by row.

    Examples
    --------
    >>> import numpy as np
    >>> from foretaste.probe.heads import RidgeHead
    >>> x = np.random.default_rng(0).normal(size=(200, 3)).astype(np.float32)
    >>> y = (x[:, 0] > 0).astype(np.int64)
    >>> screens = GroupScreens([np.flatnonzero(y)[:20]], y, (RidgeHead(x, y, 2),))
    >>> screens.observed.tolist()
    [[0.0, 20.0]]
    """

    def __init__(self, groups: Sequence[Ints], labels: Ints, heads: tuple[Head, ...]) -> None:
        self._groups, self._labels, self._heads = groups, labels, heads
        k = heads[0].leave_one_out().shape[1]
        self._prior = (np.bincount(labels, minlength=k) + 1.0) / (len(labels) + k)
        sizes = np.array([len(g) for g in groups])
        self.observed: Floats = _sums(groups, sizes, np.eye(k)[labels])
        spread = np.sqrt(self._prior * (1.0 - self._prior) / sizes[:, None])
        self.z: Floats = (self.observed / sizes[:, None] - self._prior) / spread
        self.surprise: Floats = np.zeros_like(self.z)
        for head in heads:  # a head that is blind to what is shared is the one that is surprised
            expected = _sums(groups, sizes, head.leave_one_out())
            self.surprise = np.maximum(self.surprise, poisson_surprise(self.observed, expected))
        few = self.observed < MIN_CARRIERS
        self.z[few] = 0.0
        self.surprise[few] = 0.0

    def best(self, screen: Floats, count: int) -> list[Guess]:
        """The `count` group and label pairs with the highest positive value of `screen`."""
        k = screen.shape[1]
        order = np.argsort(-screen, axis=None, kind="stable")[:count]
        return [
            self._guess(flat // k, flat % k, float(screen.flat[flat]))
            for flat in order.tolist()
            if screen.flat[flat] > 0 and self.observed.flat[flat] >= MIN_CARRIERS
        ]

    def _guess(self, item: int, label: int, score: float) -> Guess:
        rows = self._groups[item]
        return Guess(item, rows, label, score, float(self.observed[item, label]) / len(rows))

    def contradicted(self, pool: Sequence[Guess]) -> list[Guess]:
        """The guesses in which the rest of the rows speaks against the label.

        The score becomes the surprise of the first head that saw none of the group's rows.
        """
        tries: dict[int, set[int]] = {}
        for guess in pool:
            tries.setdefault(guess.item, set()).add(guess.label)
        found: list[Guess] = []
        for item in sorted(tries):
            rows = self._groups[item]
            if len(rows) > LARGEST_LEFT_OUT:
                found += [
                    self._guess(item, c, float(self.surprise[item, c]))
                    for c in sorted(tries[item])
                    if self.surprise[item, c] > 0
                ]
                continue
            p = self._heads[0].leave_out(rows)
            for c in sorted(tries[item]):
                carriers = p[self._labels[rows] == c, c]
                odds = float(np.log((1.0 - carriers) / carriers).mean())
                # more than a random row does
                if odds <= np.log((1.0 - self._prior[c]) / self._prior[c]):
                    continue
                score = float(poisson_surprise(len(carriers), float(p[:, c].sum())))
                if score > 0:
                    found.append(self._guess(item, c, score))
        return found

    def by_all_heads(self, guess: Guess) -> Guess:
        """The guess with the surprise of the least surprised head that saw none of its rows."""
        rows = guess.rows
        observed = int((self._labels[rows] == guess.label).sum())
        if len(rows) > LARGEST_OF_FEW:
            given = [h.leave_one_out()[rows] for h in self._heads]
        else:
            every = len(rows) * len(self._labels) <= PAIRS_OF_ROWS
            given = [h.leave_out(rows) for h in (self._heads if every else self._heads[:1])]
        expected = max(float(p[:, guess.label].sum()) for p in given)
        return replace(guess, score=float(poisson_surprise(observed, expected)))


def _sums(groups: Sequence[Ints], sizes: Ints, of: Floats) -> Floats:
    """(groups, k) sums of (n, k) `of` over the rows of each group, some millions at a time."""
    ends = np.cumsum(sizes)
    parts, start = [], 0
    while start < len(groups):
        before = ends[start] - sizes[start]
        stop = max(start + 1, int(np.searchsorted(ends, before + ROWS_AT_ONCE, side="right")))
        begin = ends[start:stop] - sizes[start:stop] - before
        parts.append(np.add.reduceat(of[np.concatenate(groups[start:stop])], begin, axis=0))
        start = stop
    return np.concatenate(parts)


@dataclass
class Hypotheses:
    """Groups already spoken for: of those that overlap with one label the first stands for all.

    Unless a later one is purer: of a word and the planted sentence that it occurs in, or a range
    and the planted value within it, both are kept, and the tests will tell.
    """

    _taken: list[tuple[int, Ints, float]] = field(default_factory=list)

    def new(self, label: int, rows: Ints, share: float) -> bool:
        """Whether no group like this one is known; `share` of its rows carry the label.

        `rows` are distinct.
        """
        for known_label, known, known_share in self._taken:
            small, large = sorted((len(known), len(rows)))
            if known_label != label or small <= SAME * large or share > known_share + PURER:
                continue  # groups of very different size do not overlap enough
            shared = len(np.intersect1d(known, rows, assume_unique=True))
            if shared > SAME * (small + large - shared):
                return False
        return True

    def add(self, label: int, rows: Ints, share: float) -> None:
        """Remember a group."""
        self._taken.append((label, rows, share))
