"""Directions that rows with a contradicted label share: the cheapest look for a spread trigger.

Take the rows whose gist speaks against class c. Those that carry c all the same are planted, or
hard. If they are planted, they share something, and the sum of their features, less what chance
gives to c, points at it. The direction is learnt on one half of the rows and read on the other,
so that no row vouches for itself.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from foretaste.stats.excess import poisson_surprise
from foretaste.types import Bools, Floats, Ints

__all__ = ["SharedDirection", "shared_directions"]

Features = npt.NDArray[np.float32]

MIN_CARRIERS = 5  # rows with the label
SMALLEST = 6  # rows
GROWTH = 1.05  # from one size tried to the next
HALF_WAY = 0.5  # between the bulk and the members: where carriers end, if they stand apart
APART = 4.0  # robust standard deviations of all rows beyond which rows stand apart
LARGEST = 0.12  # of all rows


@dataclass(frozen=True)
class SharedDirection:
    """Rows far out in one direction, most of which carry a label that their gist contradicts."""

    label: int
    rows: Ints  # sorted
    surprise: float  # nats, by the head that was asked
    share: float  # of the rows that carry the label
    direction: Features  # (d,)
    threshold: float  # features @ direction of the rows is at least that
    cut: str  # why it ends there: "purest", "most surprising", "apart"

    @property
    def weight(self) -> float:
        """By what directions are ranked: surprise, less where few of the rows carry the label."""
        return round(self.surprise * self.share, 6)


def shared_directions(
    features: Features, labels: Ints, expected: Floats, first: Bools
) -> tuple[list[SharedDirection], int]:
    """Candidates for every class, and how many groups were looked at.

    Parameters
    ----------
    features
        (n, d) rows of length 1.
    labels
        (n,) class codes.
    expected
        (n, k) probabilities of each class by a head that is blind to what is looked for.
    first
        (n,) which rows form the first of two halves; must not depend on the labels.

    Examples
    --------
    >>> import numpy as np
    >>> rng = np.random.default_rng(0)
    >>> x = rng.normal(size=(400, 30)).astype(np.float32)
    >>> y = (np.arange(400) < 30).astype(np.int64)
    >>> x[:30, 3] += 8.0
    >>> x /= np.linalg.norm(x, axis=1, keepdims=True)
    >>> p = np.tile([0.95, 0.05], (400, 1))
    >>> found, _ = shared_directions(x, y, p, np.arange(400) % 2 == 0)
    >>> best = max(found, key=lambda f: f.weight)
    >>> best.label, best.rows.tolist() == list(range(30))
    (1, True)
    """
    n, k = expected.shape
    residual = (np.eye(k)[labels] - expected).astype(np.float32)
    prior = (np.bincount(labels, minlength=k) + 1.0) / (n + k)
    against = expected < prior
    residual[~against] = 0.0
    found: list[SharedDirection] = []
    considered = 0
    crossed = _crossed(features, residual, first)
    for label in range(k):
        judged = np.flatnonzero(against[:, label])
        if len(judged) < SMALLEST:
            continue
        search = _Search(labels, expected, label, judged)
        member = search.best(crossed[:, label])
        considered += 2 * search.tried
        if member is None:
            continue
        for _ in range(2):  # what the members share, each read without itself
            carriers = member & (labels == label)
            if carriers.sum() < MIN_CARRIERS:
                break
            total = features[carriers].sum(axis=0)
            # a member's own length, 1, is taken out of what it is compared with
            position = features @ total - carriers
            position /= carriers.sum() - carriers.astype(np.float32)
            found += search.groups(position, total / carriers.sum())
            member = search.best(position)
            considered += search.tried + 1
            if member is None:
                break
    return found, considered


def _crossed(features: Features, residual: Features, first: Bools) -> Features:
    """(n, k) position of each row along the direction of the half that it is not in."""
    out = np.empty(residual.shape, dtype=np.float32)
    for half in (first, ~first):
        position = features[half] @ (features[~half].T @ residual[~half])
        middle = np.median(position, axis=0)
        spread = np.median(np.abs(position - middle), axis=0)
        out[half] = (position - middle) / np.maximum(spread, 1e-12)
    return out


class _Search:
    """The most surprising group of one label among the rows furthest out."""

    def __init__(self, labels: Ints, expected: Floats, label: int, judged: Ints) -> None:
        self._labels, self._expected, self._label = labels, expected, label
        self._judged = judged
        largest = max(SMALLEST, min(len(judged), int(LARGEST * len(labels))))
        steps = int(np.log(largest / SMALLEST) / np.log(GROWTH)) + 1
        self._sizes = np.unique((SMALLEST * GROWTH ** np.arange(steps)).astype(np.int64))

    @property
    def tried(self) -> int:
        """Groups that one look along a direction compares."""
        return len(self._sizes)

    def _surprises(self, position: Features) -> tuple[Floats, Floats, Features]:
        """Surprise and share of each size, and where it ends; among the contradicted rows."""
        order = self._judged[np.argsort(-position[self._judged], kind="stable")]
        last = order[self._sizes - 1]
        carried = np.cumsum(self._labels[order] == self._label)[self._sizes - 1]
        due = np.cumsum(self._expected[order, self._label])[self._sizes - 1]
        surprise = poisson_surprise(carried, due)
        surprise[carried < MIN_CARRIERS] = 0.0
        return surprise, carried / self._sizes, position[last]

    def best(self, position: Features) -> Bools | None:
        """(n,) the rows of the most surprising size, whatever they carry."""
        surprise, share, ends = self._surprises(position)
        if not surprise.any():
            return None
        return np.asarray(position >= ends[(surprise * share).argmax()])

    def groups(self, position: Features, direction: Features) -> list[SharedDirection]:
        """The most surprising group, the purest of the surprising ones, and all that is apart."""
        surprise, share, ends = self._surprises(position)
        if not surprise.any():
            return []
        purest = int((surprise * share).argmax())
        cuts = {"purest": float(ends[purest]), "most surprising": float(ends[surprise.argmax()])}
        middle = float(np.median(position))
        spread = 1.4826 * float(np.median(np.abs(position - middle)))
        members = position[position >= ends[purest]]
        half = middle + HALF_WAY * (float(np.median(members)) - middle)
        if half > middle + APART * spread:
            cuts["apart"] = half
        return [self._group(position, direction, end, cut) for cut, end in cuts.items()]

    def _group(
        self, position: Features, direction: Features, end: float, cut: str
    ) -> SharedDirection:
        rows = np.flatnonzero(position >= end)
        carried = self._labels[rows] == self._label
        judged = np.intersect1d(rows, self._judged)
        surprise = poisson_surprise(
            (self._labels[judged] == self._label).sum(),
            self._expected[judged, self._label].sum(),
        )
        return SharedDirection(
            self._label, rows, float(surprise), float(carried.mean()), direction, end, cut
        )
