"""Rows that were merged lately, kept so that they can be taken back."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from foretaste.stream.batch import Batch, concat

__all__ = ["Merged", "Recent"]

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Merged:
    """Rows merged in one round, with what was noted of them."""

    round: int
    rows: Batch
    residual: Floats
    variance: Floats

    def part(self, mask: npt.NDArray[np.bool_]) -> Merged:
        """Some of them."""
        return Merged(self.round, self.rows.take(mask), self.residual[mask], self.variance[mask])


class Recent:
    """The last merged rows, at most `limit`; what is older can not be taken back any more."""

    def __init__(self, limit: int) -> None:
        self.limit = limit
        self.rounds: deque[Merged] = deque()

    def add(self, merged: Merged) -> None:
        """Keep the rows of a round; the oldest rounds make room."""
        if len(merged.rows):
            self.rounds.append(merged)
        held = sum(len(each.rows) for each in self.rounds)
        while held > self.limit and len(self.rounds) > 1:
            held -= len(self.rounds.popleft().rows)

    def take_out(self, which: Callable[[Merged], npt.NDArray[np.bool_]]) -> list[Merged]:
        """Remove the rows that `which` marks, and return them by round."""
        gone: list[Merged] = []
        left: deque[Merged] = deque()
        for each in self.rounds:
            mask = which(each)
            if mask.any():
                gone.append(each.part(mask))
            if not mask.all():
                left.append(each.part(~mask) if mask.any() else each)
        self.rounds = left
        return gone

    @property
    def batch(self) -> Batch | None:
        """All of them."""
        return concat([each.rows for each in self.rounds]) if self.rounds else None
