"""Does the model get worse on golden rows with a group than with other rows in its place?

First order for every row at once, then exactly, by one linear system, for the groups that look
harmful (a ridge head is made of sums, see `sentinel`).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.linalg import cho_solve

from foretaste.stats.excess import share_surprise
from foretaste.stream.content import Seen
from foretaste.stream.sentinel import Fitted, Sentinel, sums
from foretaste.stream.settings import GuardSettings
from foretaste.stream.window import CLEAR, Finding, Kind, Window

__all__ = ["Golden", "harmful_groups", "losses"]

_LEAST = 5  # rows of a group
# mean loss of probability on golden rows below which nothing is called harm: of rows that clearly
# contradict more often than people err, and of a company, whose contents may just be new
_WORSE_CLEAR, _WORSE = 0.004, 0.01
_SURGE = 9.0  # nats by which clear contradictions must exceed those that people always make
_CLOSELY = 8  # groups that are looked at exactly, the most harmful ones

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Golden:
    """Rows that are trusted and never trained on."""

    seen: Seen
    codes: Ints

    def __len__(self) -> int:
        return len(self.codes)


def losses(model: Fitted, golden: Golden) -> Floats:
    """(m,) one minus the probability of the right label."""
    p = model.p(golden.seen.x)
    return np.asarray(1.0 - p[np.arange(len(golden)), golden.codes])


def harmful_groups(
    window: Window, free: Ints, sentinel: Sentinel, golden: Golden, settings: GuardSettings
) -> list[Finding]:
    """Groups among the rows that are free to teach, without which the golden rows are told better.

    Groups are companies, and rows of one label that contradict clearly. Each is compared with
    golden rows one by one (paired), for all golden rows and for those of each label.
    """
    groups, clear = _groups(window, free)
    if not groups or not len(golden):
        return []
    effect = _first_order(window, free, golden)
    place = np.full(len(window.rows), -1)
    place[free] = np.arange(len(free))
    hurt = [float(effect[:, place[rows]].sum()) for rows in groups]
    order = np.argsort(-np.array(hurt), kind="stable")[:_CLOSELY]
    everything = sums(window.seen.x[free], window.codes[free], sentinel.labels)
    full = losses(sentinel.fitted(plus=everything), golden)
    bar = float(np.log(len(groups) * (1 + sentinel.labels) / settings.false_alarm))
    found = []
    for i in order:
        rows = groups[int(i)]
        part = sums(window.seen.x[rows], window.codes[rows], sentinel.labels)
        without = losses(sentinel.fitted(plus=everything, but=part), golden)
        nats, worse = _paired(full - without, golden)
        if nats >= bar and worse >= (_WORSE_CLEAR if int(i) in clear else _WORSE):
            found.append(
                Finding(
                    Kind.HARM,
                    rows,
                    (),
                    nats,
                    f"with {len(rows):,} rows of {len(set(window.sources[rows])):,} sources the "
                    f"right label of golden rows loses {worse:.1%} of probability",
                )
            )
    return found


def _groups(window: Window, free: Ints) -> tuple[list[Ints], set[int]]:
    """Groups of rows, and the numbers of those that are clear contradictions of one label."""
    company = window.company[free]
    order = np.argsort(company, kind="stable")
    parts = np.split(free[order], np.flatnonzero(np.diff(company[order])) + 1)
    parts = [np.sort(part) for part in parts if len(part) >= _LEAST]
    companies = len(parts)
    for code in range(len(window.label_names)):
        rows = free[window.codes[free] == code]
        clear = rows[window.reading.residual[rows] > CLEAR]
        due = float(window.natural_clear[code]) * len(rows)
        if len(clear) >= _LEAST and float(share_surprise(len(clear), due, len(rows))) >= _SURGE:
            parts.append(clear)
    return parts, set(range(companies, len(parts)))


def _first_order(window: Window, free: Ints, golden: Golden) -> Floats:
    """(golden, free) change of each golden loss by learning each row."""
    model = window.model
    x = window.seen.x[free].astype(np.float64)
    kernel = golden.seen.x.astype(np.float64) @ cho_solve(model.factor, x.T)
    hot = np.zeros((len(free), model.weights.shape[1]))
    known = window.codes[free] < hot.shape[1]
    hot[np.flatnonzero(known), window.codes[free][known]] = 1.0
    residual = hot - model.scores(x)
    p = model.p(golden.seen.x)
    own = p[np.arange(len(golden)), golden.codes]
    slope = -p * own[:, None]
    slope[np.arange(len(golden)), golden.codes] += own
    return np.asarray(-kernel * (slope @ residual.T) * model.sharpness)


def _paired(worse: Floats, golden: Golden) -> tuple[float, float]:
    """Nats and mean of the clearest slice: all golden rows, or those of one label."""
    best = (0.0, 0.0)
    for code in (-1, *np.unique(golden.codes)):
        part = worse if code < 0 else worse[golden.codes == code]
        mean, error = float(part.mean()), float(part.std()) / np.sqrt(len(part))
        if len(part) >= 20 and mean > 0:
            best = max(best, ((mean / max(error, 1e-9)) ** 2 / 2, mean))
    return best
