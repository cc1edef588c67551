"""Matched references: honest rows that the head, too, took or nearly took for something else.

An incident is a mistake, so it is compared with mistakes: what do natural ones rest on? They are
found among the training rows, each left out, the most mistaken first. Incidents that come
together are compared with mistakes that lie together.

The question put to both is causal and exact: *how far does the margin fall when the forty rows
that speak loudest for it are left out?* A natural mistake has many rows behind it and stays; a
planted one falls.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from foretaste.trace.kin import Kinship
from foretaste.types import Floats, Ints

__all__ = ["LEFT_OUT", "REFERENCES", "NaturalMistakes", "Reference"]

REFERENCES = 199  # so that the smallest p-value is 0.005
LEFT_OUT = 40  # strongest rows
COMPANY = 200  # rows of the same confusion, the most mistaken, from which company is taken


@dataclass(frozen=True, eq=False)
class Reference:
    """What natural mistakes of one kind rest on.

    `scores` is (r, n') of the rows that carry the label; `falls` (r,) of the margin.
    """

    scores: npt.NDArray[np.float32]
    falls: Floats


class NaturalMistakes:
    """The references of a head, for any number of incidents that are asked about at once."""

    def __init__(self, kinship: Kinship) -> None:
        self.kinship = kinship
        self._of_size: dict[int, tuple[Reference, ...]] = {}

    def of(self, size: int) -> tuple[Reference, ...]:
        """Up to 199 natural mistakes of `size` rows each, grouped by what was taken for what."""
        if size not in self._of_size:
            self._of_size[size] = _references(self.kinship, size)
        return self._of_size[size]


def _references(kinship: Kinship, size: int) -> tuple[Reference, ...]:
    head = kinship.head
    loo = head.leave_one_out()
    n = np.arange(len(head))
    own = loo[n, head.labels].copy()
    loo[n, head.labels] = -np.inf
    taken_for = loo.argmax(axis=1)
    margin = loo.max(axis=1) - own
    anchors = np.argsort(-margin, kind="stable")[:REFERENCES]
    kinds = head.labels * head.n_classes + taken_for
    found = []
    for kind in np.unique(kinds[anchors]):
        same = np.flatnonzero(kinds == kind)
        same = same[np.argsort(-margin[same], kind="stable")]
        x = _together(kinship, same, int((kinds[anchors] == kind).sum()), size)
        expected, label = divmod(int(kind), head.n_classes)
        direction = np.zeros(head.n_classes)
        direction[[label, expected]] = 1.0, -1.0
        accused = kinship.accuse(label, direction)
        if len(accused) < 2:
            continue
        scores = accused.scores(x)
        found.append(Reference(scores, accused.fall(x, scores, direction, LEFT_OUT)))
    return tuple(found)


def _together(kinship: Kinship, rows: Ints, anchors: int, size: int) -> npt.NDArray[np.float32]:
    """(anchors, d) means of each anchor and the rows nearest to it, `size` in all."""
    pool = rows[: max(COMPANY, anchors)]
    x = kinship.standardised(kinship.head.features[pool])
    size = min(size, len(pool))
    if size == 1:
        return x[:anchors]
    unit = x / np.maximum(np.linalg.norm(x, axis=1, keepdims=True), 1e-9)
    alike = unit[:anchors] @ unit.T
    company = np.argpartition(-alike, size - 1, axis=1)[:, :size]  # the anchor is among them
    return np.asarray(x[company].mean(axis=1), dtype=np.float32)
