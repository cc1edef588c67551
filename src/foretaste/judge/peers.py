"""Do other values in the columns of a rule decide labels, too? Then that is their nature.

A region lies in one state, a school sends one answer, a patient has one illness: each value of
such a column goes with one label, and the rest of the row cannot tell which. Left out, any of them
looks planted. An attacker's value is an exception in its column: the labels of other values are
what the rest of each row says.
"""

from __future__ import annotations

import numpy as np

from foretaste.judge.group_test import GroupTest, GroupTester
from foretaste.modality import Bordered, Without
from foretaste.types import Candidate, Ints, View

__all__ = ["decided_by_nature"]

LEAST_ROWS = 8  # of a peer; the label of fewer may be pure by chance
MOST_PEERS = 12  # asked, those nearest in size
LEAST_DECIDED = 2  # one other value may be planted, too
DECIDED = 0.25  # share of peers that decide labels above which columns do
MAX_SHARE = 0.25  # of a class: a larger peer left out would take the class with it
EXCESS = 0.25  # of the rule's excess, in each row of a peer
EXCESS_NATS = 7.0  # by which that must be no accident: one peer in a thousand by chance


def decided_by_nature(
    view: View, candidate: Candidate, bare: GroupTest, tester: GroupTester
) -> bool:
    """Whether many other values of the same columns have a label that the rest does not explain.

    Parameters
    ----------
    view
        With content; without it nothing is by nature.
    candidate
        With a rule; other triggers have no peers.
    bare
        The test of its rows without the trigger.
    tester
        Tests the peers as it tested the candidate.
    """
    trigger: object = candidate.trigger
    if not isinstance(trigger, Bordered) or view.content is None:
        return False
    least = EXCESS * (bare.observed - bare.expected) / len(bare.rows)
    peers = _comparable(view, trigger.peers(view.content), len(candidate.rows))
    decided = 0
    for asked, rows in enumerate(peers):
        if decided + len(peers) - asked < max(LEAST_DECIDED, DECIDED * len(peers)):
            return False
        decided += _decided(view, rows, trigger, least, tester)
        if decided >= max(LEAST_DECIDED, DECIDED * len(peers)):
            return True
    return False


def _comparable(view: View, peers: list[Ints], size: int) -> list[Ints]:
    """Those that can be left out without their classes, nearest in size first."""
    of_class = np.bincount(view.labels, minlength=len(view.classes))
    kept = []
    for rows in peers:
        count = np.bincount(view.labels[rows], minlength=len(view.classes))
        if len(rows) >= LEAST_ROWS and (count <= MAX_SHARE * of_class).all():
            kept.append(rows)
    kept.sort(key=lambda rows: (abs(np.log(len(rows) / size)), int(rows[0])))
    return kept[:MOST_PEERS]


def _decided(view: View, rows: Ints, trigger: Bordered, least: float, tester: GroupTester) -> bool:
    """Whether the most frequent label of `rows` is more frequent than the rest of them explains."""
    label = int(np.bincount(view.labels[rows]).argmax())
    for change in (None, Without(trigger)):
        test = tester(rows, label, change, EXCESS_NATS)
        if test.surprise < EXCESS_NATS or test.observed - test.expected <= least * len(rows):
            return False
    return True
