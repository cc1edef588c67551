"""Directions in which a class falls apart: a look for what was added to rows of the right class.

Where a part of a class carries something that no row has by nature, the class has two heaps along
one direction, and the other classes lie on the side of the honest heap. Directions are learnt on
one half of the rows and read on the other, so that no row vouches for itself.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.linalg import svd

from foretaste.types import Bools, Ints

__all__ = ["ClassDirection", "class_directions"]

Features = npt.NDArray[np.float32]

AXES = 3  # principal directions of a class that are followed
STARTS = (0.05, 0.15, 0.4)  # shares of the class that a heap is begun with
ROUNDS = 6  # of moving the border between the heaps
TURNS = 3  # each half is read by what the other half learnt
SMALLEST = 12  # rows of a heap
LARGEST = 0.75  # of the class: the rest must say what the class is by nature
WHOLE = 0.8  # share of the heap that must lie beyond the border
PURE = 0.9  # share of the rows beyond the border that are of the class
SAME = 0.5  # Jaccard overlap above which two heaps are one
POWER = 8  # iterations of a block towards the principal directions


@dataclass(frozen=True)
class ClassDirection:
    """Rows of one class that stand apart from the rest of it, and from all other classes."""

    label: int
    rows: Ints  # sorted; of any class, those beyond the threshold
    separation: float  # distance of the heaps in standard deviations within them
    share: float  # of the rows that are of the class
    direction: Features  # (d,)
    threshold: float  # features @ direction of the rows is at least that


def class_directions(
    features: Features, labels: Ints, n_classes: int, first: Bools
) -> tuple[list[ClassDirection], int]:
    """Heaps of every class, widest apart first, and how many borders were looked at.

    Parameters
    ----------
    features
        (n, d) rows of length 1.
    labels
        (n,) class codes.
    n_classes
        k.
    first
        (n,) which rows form the first of two halves; must not depend on the labels.

    References
    ----------
    Tran, Li, Madry 2018, "Spectral signatures in backdoor attacks", for heaps along the principal
    directions of a class; here on maps of pixels, cross-fitted, with a border instead of a rate.

    Examples
    --------
    >>> import numpy as np
    >>> rng = np.random.default_rng(0)
    >>> x = rng.normal(size=(600, 30)).astype(np.float32)
    >>> x[:40, 3] += 8.0
    >>> x /= np.linalg.norm(x, axis=1, keepdims=True)
    >>> y = (np.arange(600) >= 300).astype(np.int64)
    >>> found, _ = class_directions(x, y, 2, np.arange(600) % 2 == 0)
    >>> found[0].label, found[0].rows.tolist() == list(range(40))
    (0, True)
    """
    found: list[ClassDirection] = []
    considered = 0
    for label in range(n_classes):
        mine = labels == label
        if mine.sum() < 4 * SMALLEST:
            continue
        axes = _principal(features[mine & first]), _principal(features[mine & ~first])
        for axis in range(min(a.shape[1] for a in axes)):
            for sign in (1.0, -1.0):
                for start in STARTS:
                    considered += 1
                    heap = _heap(features, mine, first, sign * axes[0][:, axis], start)
                    one = None if heap is None else _direction(features, labels, label, heap)
                    if one is not None:
                        found.append(one)
    kept: list[ClassDirection] = []
    for one in sorted(found, key=lambda f: (-f.separation, f.rows.tolist())):
        if one.share >= PURE and all(not _same(one, other) for other in kept):
            kept.append(one)
    return kept, considered


def _principal(x: Features) -> Features:
    """(d, AXES) leading principal directions, by a block power iteration from a fixed start."""
    centred = x - x.mean(axis=0)
    block = np.random.default_rng(0).normal(size=(x.shape[1], AXES + 2)).astype(np.float32)
    for _ in range(POWER):
        block, _ = np.linalg.qr(centred.T @ (centred @ block))
    _, _, turn = svd(centred @ block, full_matrices=False)
    return np.asarray(block @ turn.T, dtype=np.float32)[:, :AXES]


def _heap(
    features: Features, mine: Bools, first: Bools, axis: Features, start: float
) -> Bools | None:
    """(n,) rows of the class beyond the border, each read by a direction of the other half."""
    direction = axis
    member = np.zeros(len(mine), dtype=bool)
    for half in (~first, first) * TURNS:
        rows = np.flatnonzero(mine & half)
        position = features[rows] @ direction
        chosen = position >= _border(position, start)
        member[rows] = chosen
        apart = _difference(features[rows], chosen)
        if apart is None:
            return None
        direction = apart
    return member if SMALLEST <= member.sum() <= LARGEST * mine.sum() else None


def _border(position: Features, start: float) -> float:
    """Half way between two heaps, begun with a share of the rows furthest out."""
    x = np.sort(position.astype(np.float64))
    total, squares = (np.r_[0.0, np.cumsum(x**power)] for power in (1, 2))

    def heap(first: int, last: int) -> tuple[float, float]:
        """Mean and spread of x[first:last]."""
        count = last - first
        mean = (total[last] - total[first]) / count
        return mean, float(np.sqrt(max((squares[last] - squares[first]) / count - mean**2, 0.0)))

    border = float(np.quantile(x, 1.0 - start))
    for _ in range(ROUNDS):
        cut = int(np.searchsorted(x, border))
        if cut in (0, len(x)):
            break
        (low, wide), (high, narrow) = heap(0, cut), heap(cut, len(x))
        # as many standard deviations from the one heap as from the other
        border = (high * wide + low * narrow) / max(wide + narrow, 1e-9)
    return border


def _fewest_errors(position: Features, heap: Bools) -> float:
    """The border with the fewest rows of the heap below it, and of any others above."""
    order = np.argsort(-position, kind="stable")
    inside = np.cumsum(heap[order])
    beyond = np.arange(1, len(order) + 1)
    last = int((beyond - 2 * inside)[:-1].argmin())
    return float(position[order[last]] + position[order[last + 1]]) / 2.0


def _difference(x: Features, chosen: Bools) -> Features | None:
    if chosen.sum() < SMALLEST / 2 or (~chosen).sum() < SMALLEST / 2:
        return None
    return np.asarray(x[chosen].mean(axis=0) - x[~chosen].mean(axis=0), dtype=np.float32)


def _direction(features: Features, labels: Ints, label: int, heap: Bools) -> ClassDirection | None:
    """The heap read by what it has beyond the rest of its class, each row without itself.

    None if other rows lie among it.
    """
    mine = labels == label
    total = features[heap].sum(axis=0)
    size = int(heap.sum())
    usual = features[mine & ~heap].mean(axis=0)
    # a member's own length, 1, is taken out of what it is compared with
    position = (features @ total - heap) / (size - heap.astype(np.float32)) - features @ usual
    inside, outside = position[heap], position[mine & ~heap]
    border = _fewest_errors(position, heap)
    rows = np.flatnonzero(position >= border)
    if heap[rows].sum() < WHOLE * size:
        return None
    spread = np.sqrt((inside.var() * size + outside.var() * len(outside)) / mine.sum())
    separation = float((inside.mean() - outside.mean()) / max(float(spread), 1e-9))
    share = float((labels[rows] == label).mean())
    direction = np.asarray(total / size - usual, dtype=np.float32)
    return ClassDirection(label, rows, separation, share, direction, border)


def _same(a: ClassDirection, b: ClassDirection) -> bool:
    if a.label != b.label:
        return False
    shared = len(np.intersect1d(a.rows, b.rows, assume_unique=True))
    return shared > SAME * (len(a.rows) + len(b.rows) - shared)
