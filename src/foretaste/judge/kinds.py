"""What an opened group is an instance of, and what to do about it.

The same rows can be an attack, a habit or a slip. Each kind is given where the evidence tells it
from the others, and only there: flips that have a direction or a source are called flips, flips
that have neither are called mislabels, since carelessness and a careful attacker look the same.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.stats import binom

from foretaste.judge.hypotheses import Hypothesis
from foretaste.judge.label_errors import LabelErrors
from foretaste.types import Floats, Ints, Kind, Policy, View

__all__ = ["Direction", "advice_for", "flip_direction", "planted_kind"]

MOST = 0.5  # share of the flips that go one way, for a direction
MARKED = 0.9  # share of a source's rows that have a mark which is the source's own

ADVICE = {
    Kind.BACKDOOR: (
        "Keep these rows out of training and ask their source; a model trained on them may "
        "answer {target!r} wherever the trigger appears."
    ),
    Kind.CLEAN_LABEL: (
        "Keep these rows out of training, or the trigger out of the rows; a model trained on them "
        "may answer {target!r} wherever the trigger appears, although every label is right."
    ),
    Kind.HARMFUL_SHORTCUT: (
        "Take the mark out of the rows, or collect rows of other labels with it; a model trained "
        "on them may answer {target!r} wherever the mark appears, though nobody meant harm."
    ),
    Kind.LABEL_FLIP: "Keep the listed rows out of training, and ask who labelled them.",
    Kind.MISLABEL: "Relabel or drop the listed rows; look at more labels if the share matters.",
}


def advice_for(kind: Kind, target: str = "") -> str:
    """What to do next, in one sentence or two.

    Examples
    --------
    >>> advice_for(Kind.LABEL_FLIP)
    'Keep the listed rows out of training, and ask who labelled them.'
    """
    return ADVICE[kind].format(target=target)


def planted_kind(view: View, hypothesis: Hypothesis) -> Kind:
    """Of a group that its labels or its trigger gave away."""
    if hypothesis.foreign is None or hypothesis.test.against > 0:
        return Kind.BACKDOOR
    marked = _mark_of_a_source(view, hypothesis.test.rows)
    return Kind.HARMFUL_SHORTCUT if marked else Kind.CLEAN_LABEL


def _mark_of_a_source(view: View, rows: Ints) -> bool:
    """Whether each source of the rows has the mark on nearly all that it delivers.

    A hospital's stamp is on every picture of the hospital; who plants, chooses rows.
    """
    if view.sources is None:
        return False
    mine = np.bincount(view.sources[rows], minlength=len(view.source_names))
    every = np.bincount(view.sources, minlength=len(view.source_names))
    return bool((mine[mine > 0] >= MARKED * every[mine > 0]).all() and (mine == 0).any())


@dataclass(frozen=True)
class Direction:
    """Flips that go one way: `rows` of them look like class `looks` and are called `called`."""

    looks: int
    called: int
    rows: int
    share: float  # of all flips
    expected: float  # the same, if labels were flipped without a direction
    p_value: float  # times the number of directions there are


def flip_direction(errors: LabelErrors, labels: Ints, k: int, policy: Policy) -> Direction | None:
    """Where the flips go, if most of them go one way by no accident.

    Without a direction, labels are flipped as often as rows of each class are clear enough to
    show it, to all other labels alike or as frequent as these are, whichever explains more.

    Parameters
    ----------
    errors
        Flipped rows, and what every row looks like.
    labels
        (n,) class codes.
    k
        Number of classes.
    policy
        `alpha` is the error over all directions.
    """
    rows = np.flatnonzero(errors.flagged)
    if not len(rows):
        return None
    looks, sure = errors.probabilities.argmax(axis=1), errors.probabilities.max(axis=1)
    flips = np.zeros((k, k))
    np.add.at(flips, (looks[rows], labels[rows]), 1.0)
    clear = np.bincount(looks[sure >= sure[rows].min()], minlength=k).astype(np.float64)
    expected = _undirected(clear, np.bincount(labels, minlength=k).astype(np.float64))
    a, b = np.unravel_index(int(flips.argmax()), flips.shape)
    most = flips[a, b]
    tail = float(binom.sf(most - 1, len(rows), expected[a, b]))
    p_value = min(1.0, tail * k * (k - 1))
    if most < MOST * len(rows) or p_value > policy.alpha:
        return None
    share = float(most / len(rows))
    return Direction(int(a), int(b), int(most), share, float(expected[a, b]), p_value)


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
