"""Does what the rows share go with their label, and with nothing else in them?

Whatever belongs to a data set by nature has company: a word comes with other words, a collar
with a shirt, a value with other values. So the rest of a row tells, better than chance, whether
the row has it. What was planted into rows chosen at random has no company but the label.

This finds triggers on rows whose labels are right or nearly so, which no comparison of labels
can: the group's labels are not surprising, given the rest of each row. What does not depend on
the rest of a row would fall on all classes alike, if honest; on one class alone it is planted,
or at best the mark of a source that delivers one class: a shortcut either way.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.linalg import cho_factor, cho_solve
from sklearn.metrics import roc_auc_score

from foretaste.modality import Blankable, Change
from foretaste.stats.excess import share_surprise
from foretaste.types import Bools, Candidate, Floats, Ints, Trigger, View

__all__ = ["ForeignBody", "ForeignBodyTester"]

PURE = 0.9  # share of the trigger's rows with the label
MIN_CARRIERS = 50  # fewer rows leave the area under the curve too uncertain
MOST_CARRIERS = 250  # sampled from larger groups: the area is certain enough
OTHERS = 3  # rows without the trigger for each one with it
FOLDS = 5
PENALTY = 300.0  # on standardised features
UNRELATED = 0.6  # upper confidence limit of the area; most natural triggers lie above
CONFIDENCE = 3.0  # standard errors below that limit: many words are looked at
SURE = 1.645  # standard errors above it, for company, one-sided 95 %
COMPANY = 0.65  # median area of other decisive groups; below, parts of rows keep no company here
GAP = 0.12  # by which the area must be smaller than that
DECISIVE = 0.7  # share of one label among the rows of a group that others are measured by
REFERENCES = 15
MIN_REFERENCE_ROWS = 20
MIN_REFERENCES = 5
OVERLAP = 0.3  # of rows, above which another group is the same one


@dataclass(frozen=True)
class ForeignBody:
    """The evidence that a trigger is tied to a label and to nothing else."""

    surprise: float  # nats: so many rows with one label, if the trigger fell on rows at random
    area: float  # how well the rest of a row tells whether it has the trigger; 0.5 is chance
    company: float  # the same for other groups of this data set, their median


class ForeignBodyTester:
    """Tests candidates of one view; what was computed for one serves as reference for others.

    Parameters
    ----------
    view
        With content, features and their encoder.
    candidates
        All that detectors brought, the references among them.
    seed
        Chooses the rows that are compared.
    """

    def __init__(self, view: View, candidates: list[Candidate], seed: int) -> None:
        self._view, self._seed = view, seed
        triggered = [c for c in candidates if c.trigger is not None]
        self._candidates = sorted(triggered, key=lambda c: (-len(c.rows), c.rows.tolist()))
        self._areas: dict[bytes, tuple[float, float]] = {}

    def has_company(self, rows: Ints, label: int, change: Change, looks_like: int) -> bool:
        """Whether what `change` leaves of a row surely tells if it is one of `rows`.

        Planted rows may all come from one other class, so the one they look like is asked, too.
        """
        labels = self._view.labels
        if self._view.content is None or self._view.encoder is None:
            return False
        mine = labels == label
        for crowd in (mine, ~mine, np.ones(len(mine), dtype=bool), labels == looks_like):
            area, error = self._against(change, rows, label, crowd)
            if area - SURE * error <= UNRELATED:
                return False
        return True

    def __call__(self, candidate: Candidate, label: int, bar: float) -> ForeignBody | None:
        """The evidence, if the candidate is a foreign body beyond `bar` nats; else None."""
        view, trigger = self._view, candidate.trigger
        if trigger is None or view.content is None or view.encoder is None:
            return None
        rows = candidate.rows
        carriers = rows[view.labels[rows] == label]
        share = float((view.labels == label).mean())
        surprise = float(share_surprise(len(carriers), len(rows) * share, len(rows)))
        if len(carriers) < max(MIN_CARRIERS, PURE * len(rows)) or surprise < bar:
            return None
        area, error = self._area(trigger, rows, label)
        if area + CONFIDENCE * error > UNRELATED:
            return None
        company = self._company(candidate)
        if company < max(COMPANY, area + GAP):
            return None
        return ForeignBody(surprise, area, company)

    def _company(self, candidate: Candidate) -> float:
        """Median area of other decisive groups, the largest; 0 if there are few.

        Rows whose parts are independent, given the label, as a generator may make them, keep no
        company: there, what was planted cannot be told from what was not.
        """
        areas: list[float] = []
        for other in self._candidates:
            if len(other.rows) < MIN_REFERENCE_ROWS or _alike(other.rows, candidate.rows):
                continue
            count = np.bincount(self._view.labels[other.rows])
            label = int(count.argmax())
            if other.trigger is not None and count[label] >= DECISIVE * len(other.rows):
                areas.append(self._area(other.trigger, other.rows, label)[0])
            if len(areas) == REFERENCES:
                break
        return float(np.median(areas)) if len(areas) >= MIN_REFERENCES else 0.0

    def _area(self, trigger: Trigger, rows: Ints, label: int) -> tuple[float, float]:
        """Smallest area, and its standard error, against the class, the others, and all rows.

        Planted rows are like the class if labels are right, like the others if they are all
        wrong, like everyone if the rows were drawn without a look at them.
        """
        key = rows.tobytes() + label.to_bytes(4, "big")
        if key not in self._areas:
            mine = self._view.labels == label
            crowds = (mine, ~mine, np.ones(len(mine), dtype=bool))
            self._areas[key] = min(self._against(trigger, rows, label, c) for c in crowds)
        return self._areas[key]

    def _against(self, change: Change, rows: Ints, label: int, crowd: Bools) -> tuple[float, float]:
        """Area, and its standard error, of telling the carriers from a crowd without the trigger.

        (1, 0) where the crowd is too small to be one.
        """
        rng = np.random.default_rng([self._seed, len(rows), int(rows[0])])
        carriers = _some(rows[self._view.labels[rows] == label], MOST_CARRIERS, rng)
        outside = crowd.copy()
        outside[rows] = False
        others = _some(np.flatnonzero(outside), OTHERS * len(carriers), rng)
        if len(others) < len(carriers) / 2 or len(carriers) < FOLDS:
            return 1.0, 0.0
        mine = self._bare(change, carriers, carries=True)
        return _told_apart(mine, self._bare(change, others, carries=False), rng)

    def _bare(self, change: Change, rows: Ints, *, carries: bool) -> npt.NDArray[np.float32]:
        """Features of the rest of the rows; what removal leaves behind, it leaves in all."""
        content, encoder = self._view.content, self._view.encoder
        assert content is not None  # asked before
        assert encoder is not None
        taken = content.take(rows)
        taken = taken if carries else change.stamp(taken)
        return encoder(
            change.blank(taken) if isinstance(change, Blankable) else change.remove(taken)
        )


def _alike(a: Ints, b: Ints) -> bool:
    shared = len(np.intersect1d(a, b, assume_unique=True))
    return shared > OVERLAP * min(len(a), len(b))


def _some(rows: Ints, most: int, rng: np.random.Generator) -> Ints:
    return rows if len(rows) <= most else np.sort(rng.choice(rows, most, replace=False))


def _told_apart(
    a: npt.NDArray[np.float32], b: npt.NDArray[np.float32], rng: np.random.Generator
) -> tuple[float, float]:
    """Area under the curve of an out-of-fold ridge that tells `a` from `b`, standard error.

    The error is that of the area at chance (Hanley and McNeil 1982), the largest there is.
    """
    x = np.vstack([a, b]).astype(np.float64)
    x = (x - x.mean(axis=0)) / np.maximum(x.std(axis=0), 1e-6)
    y = np.repeat([1.0, 0.0], [len(a), len(b)])
    folds = np.concatenate([rng.permutation(np.arange(m) % FOLDS) for m in (len(a), len(b))])
    area = float(roc_auc_score(y, _out_of_fold(x, y, folds)))
    error = np.sqrt((len(y) + 1) / (12.0 * len(a) * len(b)))
    return area, float(error)


def _out_of_fold(x: Floats, y: Floats, folds: Ints) -> Floats:
    """Ridge predictions by the fit without a row's fold: one factorisation, exact."""
    y = y - y.mean()  # folds hold the same share of each side
    factor = cho_factor(x.T @ x + PENALTY * np.eye(x.shape[1]), lower=True)
    psi = cho_solve(factor, x.T).T
    residual = y - psi @ (x.T @ y)
    out = np.empty(len(y))
    for fold in range(FOLDS):
        left = np.flatnonzero(folds == fold)
        system = np.eye(len(left)) - psi[left] @ x[left].T
        out[left] = y[left] - np.linalg.solve(system, residual[left])
    return out
