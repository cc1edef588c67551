"""Which way flipped labels go: one class to one other, many to one, or no way at all.

Whoever flips at random takes labels from all classes and gives all of them. A targeted attacker
takes one class, or gives one label. A class that its own rows do not tell gets rows, too, and
nobody flipped them.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.stats import binom

from foretaste.types import Bools, Floats, Ints, Policy

__all__ = ["Direction", "flip_direction", "in_a_class_of_anything"]

MOST = 0.5  # share of the flips that go one way, for a direction
LEAST = 1e-9
TOLD = 0.5  # share of the rows with a label that look like it; below, the label is told by none


@dataclass(frozen=True)
class Direction:
    """Flips that go one way: `rows` of them look like class `looks` and are called `called`."""

    looks: int
    called: int
    rows: int
    share: float  # of all flips
    expected: float  # the same, if labels were flipped without a direction
    p_value: float  # times the number of directions there are


def flip_direction(
    flagged: Bools, probabilities: Floats, labels: Ints, policy: Policy
) -> Direction | None:
    """Where the flips go, if most of them go one way by no accident.

    Without a direction, labels are flipped as often as rows of each class are clear enough to
    show it, to all other labels alike or as frequent as these are, whichever explains more.

    Parameters
    ----------
    flagged
        (n,) flipped rows.
    probabilities
        (n, k) what every row looks like.
    labels
        (n,) class codes.
    policy
        `alpha` is the error over all directions.
    """
    rows, k = np.flatnonzero(flagged), probabilities.shape[1]
    if not len(rows):
        return None
    flips, expected = _flips(rows, probabilities, labels)
    a, b = np.unravel_index(int(flips.argmax()), flips.shape)
    most = flips[a, b]
    tail = float(binom.sf(most - 1, len(rows), expected[a, b]))
    # people who confuse two classes do so both ways
    there, back = expected[a, b], max(expected[b, a], LEAST)
    tail = max(tail, float(binom.sf(most - 1, most + flips[b, a], there / (there + back))))
    p_value = min(1.0, tail * k * (k - 1))
    if most < MOST * len(rows) or p_value > policy.alpha:
        return None
    share = float(most / len(rows))
    return Direction(int(a), int(b), int(most), share, float(expected[a, b]), p_value)


def in_a_class_of_anything(
    flagged: Bools, probabilities: Floats, labels: Ints, policy: Policy
) -> bool:
    """Whether most flips go to one label that most of its own rows do not look like.

    Some sick people look well, whatever is measured, and rows of "other" look like anything: among
    clear rows of all other classes there is a share of them, as flat as a share of flips. Flips
    that have no direction give all labels, and an attacker's label is mostly told by rows of its
    own.

    Parameters
    ----------
    flagged, probabilities, labels, policy
        As for `flip_direction`.
    """
    rows = np.flatnonzero(flagged)
    if not len(rows):
        return False
    flips, expected = _flips(rows, probabilities, labels)
    called = int(flips.sum(axis=0).argmax())
    most, due = flips[:, called].sum(), min(1.0, float(expected[:, called].sum()))
    accident = float(binom.sf(most - 1, len(rows), due)) * flips.shape[0]
    carries = labels == called
    own = float((probabilities[carries].argmax(axis=1) == called).mean())
    return bool(most > MOST * len(rows) and accident <= policy.alpha and own < TOLD)


def _flips(rows: Ints, probabilities: Floats, labels: Ints) -> tuple[Floats, Floats]:
    """(k, k) flips from each class to each, and their shares if they had no direction."""
    k = probabilities.shape[1]
    looks, sure = probabilities.argmax(axis=1), probabilities.max(axis=1)
    flips = np.zeros((k, k))
    np.add.at(flips, (looks[rows], labels[rows]), 1.0)
    clear = np.bincount(looks[sure >= sure[rows].min()], minlength=k).astype(np.float64)
    return flips, _undirected(clear, np.bincount(labels, minlength=k).astype(np.float64))


def _undirected(clear: Floats, size: Floats) -> Floats:
    """(k, k) share of the flips from each class to each, the larger of two ways to flip at random.

    Examples
    --------
    >>> _undirected(np.array([30.0, 10.0]), np.array([20.0, 20.0])).tolist()
    [[0.0, 0.75], [0.25, 0.0]]
    """
    others = 1.0 - np.eye(len(size))
    from_share = clear / max(clear.sum(), 1.0)
    ways = []
    for weight in (np.ones(len(size)), size):
        to = others * weight
        ways.append(from_share[:, None] * to / np.maximum(to.sum(axis=1, keepdims=True), 1e-12))
    return np.asarray(np.maximum(*ways))
