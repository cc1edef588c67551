"""What is remembered of each source: since when, how much, and how often it contradicted."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from foretaste.stream.window import CLEAR

__all__ = ["Ledger", "Record"]

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

_SPREAD = 0.05  # least standard deviation between the mean residuals of honest sources
_ENOUGH = 10.0  # rows from which on the mean residual of a source is worth anything


@dataclass(frozen=True)
class Record:
    """Sums over the rows that some sources gave, by label: arrays of shape (sources, labels)."""

    rows: Floats
    residual: Floats
    variance: Floats


class Ledger:
    """Sources by number; the longest silent ones are forgotten when there are too many.

    Parameters
    ----------
    limit
        Sources that are remembered.
    """

    def __init__(self, limit: int) -> None:
        self.limit = limit
        self.numbers: dict[str, int] = {}
        self.first_seen = np.zeros(0)
        self.last_seen = np.zeros(0)
        self.sums = np.zeros((0, 3, 0))  # source × (rows, residual, variance) × label
        self.usual = np.zeros((3, 0))  # merged rows: (rows, residual, clear contradictions) × label
        self.convicted: dict[str, int] = {}  # source -> round

    def enter(self, names: npt.NDArray[np.object_], times: Floats) -> Ints:
        """Numbers of the sources of rows, new ones written down as of now."""
        numbers = np.empty(len(names), dtype=np.int64)
        known = self.numbers
        fresh: list[float] = []
        for i, name in enumerate(names):
            number = known.get(name)
            if number is None:
                number = known[name] = len(known)
                fresh.append(float(times[i]))
            numbers[i] = number
        if fresh:
            started = np.array(fresh)
            self.first_seen = np.r_[self.first_seen, started]
            self.last_seen = np.r_[self.last_seen, started]
            room = np.zeros((len(fresh), 3, self.sums.shape[2]))
            self.sums = np.concatenate([self.sums, room])
        np.maximum.at(self.last_seen, numbers, times)
        return numbers

    def grow(self, labels: int) -> None:
        """Make room for labels that were not seen before."""
        missing = labels - self.sums.shape[2]
        if missing > 0:
            room = np.zeros((len(self.sums), 3, missing))
            self.sums = np.concatenate([self.sums, room], axis=2)
            self.usual = np.hstack([self.usual, np.zeros((3, missing))])

    def note(self, sources: Ints, codes: Ints, residual: Floats, variance: Floats) -> None:
        """Write down what sources gave, whether it was merged or not."""
        for kind, value in enumerate((np.ones(len(codes)), residual, variance)):
            np.add.at(self.sums[:, kind], (sources, codes), value)

    def note_usual(self, codes: Ints, residual: Floats, sign: float = 1.0) -> None:
        """Write down merged rows, whose labels are taken to be honest; or take them back."""
        for kind, value in enumerate((np.ones(len(codes)), residual, 1.0 * (residual > CLEAR))):
            np.add.at(self.usual[kind], codes, sign * value)

    def record(self, sources: Ints) -> Record:
        """What is written down of sources."""
        sums = self.sums[sources]
        return Record(sums[:, 0], sums[:, 1], sums[:, 2])

    def natural(self) -> tuple[Floats, float]:
        """Mean residual of all merged rows by label, and its spread between sources.

        Only an excess counts as natural: a label that is given more readily than the model
        expects must not hide contradictions to come.
        """
        rows, residual = self.sums[:, 0], self.sums[:, 1]
        total = self.usual[0]
        mean = np.where(total > _ENOUGH, self.usual[1] / np.maximum(total, 1), 0.0)
        each = rows.sum(axis=1)
        heavy = each >= _ENOUGH
        if heavy.sum() < 2 * _ENOUGH:
            return np.maximum(mean, 0.0), 2 * _SPREAD
        means = residual[heavy].sum(axis=1) / each[heavy]
        noise = np.median(self.sums[heavy, 2].sum(axis=1) / each[heavy] ** 2)
        middle = float(np.median(means))
        spread = 1.4826 * float(np.median(np.abs(means - middle)))
        between = max(spread**2 - float(noise), _SPREAD**2)
        return np.maximum(mean, 0.0), float(np.sqrt(between))

    def natural_clear(self) -> Floats:
        """(labels,) share of merged rows that contradict clearly."""
        return np.asarray((self.usual[2] + 1) / (self.usual[0] + 20))

    def forget(self) -> None:
        """Drop the sources that were silent for longest, down to the limit."""
        surplus = len(self.numbers) - self.limit
        if surplus <= 0:
            return
        order = np.lexsort((np.arange(len(self.last_seen)), self.last_seen))
        keep = np.sort(order[surplus:])
        names = np.array(list(self.numbers), dtype=object)[keep]
        self.numbers = {name: i for i, name in enumerate(names)}
        self.first_seen, self.last_seen = self.first_seen[keep], self.last_seen[keep]
        self.sums = self.sums[keep]
        while len(self.convicted) > self.limit:
            self.convicted.pop(next(iter(self.convicted)))
