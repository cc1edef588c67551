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

from foretaste.stats.excess import share_surprise
from foretaste.types import Candidate, Floats, Ints, Trigger, View

__all__ = ["ForeignBody", "ForeignBodyTester"]

PURE = 0.9  # share of the trigger's rows with the label
MIN_CARRIERS = 20  # fewer rows leave the area under the curve too uncertain
MOST_CARRIERS = 250  # sampled from larger groups: the area is certain enough
OTHERS = 3  # rows without the trigger for each one with it
FOLDS = 5
PENALTY = 300.0  # on standardised features
UNRELATED = 0.6  # upper confidence limit of the area; natural triggers reach 0.64 and more
CONFIDENCE = 1.645  # standard errors, one-sided 95 %
COMPANY = 0.6  # median area of other groups, below which the encoder is too blind to say this
REFERENCES = 15
MIN_REFERENCES = 3
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
        self._candidates = [c for c in candidates if c.trigger is not None]
        self._areas: dict[bytes, tuple[float, float]] = {}

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
        return ForeignBody(surprise, area, company) if company >= COMPANY else None

    def _company(self, candidate: Candidate) -> float:
        """Median area of other groups at least half as large; 0 where there are too few."""
        least = min(len(candidate.rows), MOST_CARRIERS) / 2
        areas: list[float] = []
        for other in self._candidates:
            if len(other.rows) < max(least, MIN_CARRIERS) or _alike(other.rows, candidate.rows):
                continue
            label = int(np.bincount(self._view.labels[other.rows]).argmax())
            if other.trigger is not None:
                areas.append(self._area(other.trigger, other.rows, label)[0])
            if len(areas) == REFERENCES:
                break
        return float(np.median(areas)) if len(areas) >= MIN_REFERENCES else 0.0

    def _area(self, trigger: Trigger, rows: Ints, label: int) -> tuple[float, float]:
        """Smallest area, and its standard error, against the class, the others, and all rows.

        Planted rows are like the class if labels are right, like the others if they are all
        wrong, like everyone if the rows were drawn without a look at them.
        """
        key = rows.tobytes() + bytes([label % 256])
        if key not in self._areas:
            labels = self._view.labels
            rng = np.random.default_rng([self._seed, len(rows), int(rows[0])])
            outside = np.ones(len(labels), dtype=bool)
            outside[rows] = False
            carriers = _some(rows[labels[rows] == label], MOST_CARRIERS, rng)
            mine = self._bare(trigger, carriers, carries=True)
            areas = []
            for crowd in (outside & (labels == label), outside & (labels != label), outside):
                other = _some(np.flatnonzero(crowd), OTHERS * len(carriers), rng)
                if len(other) < len(carriers) / 2:
                    continue
                areas.append(_told_apart(mine, self._bare(trigger, other, carries=False), rng))
            self._areas[key] = min(areas, default=(1.0, 0.0))
        return self._areas[key]

    def _bare(self, trigger: Trigger, rows: Ints, *, carries: bool) -> npt.NDArray[np.float32]:
        """Features of the rest of the rows; what removal leaves behind, it leaves in all."""
        content, encoder = self._view.content, self._view.encoder
        assert content is not None  # asked before
        assert encoder is not None
        taken = content.take(rows)
        return encoder(trigger.remove(taken if carries else trigger.stamp(taken)))


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
