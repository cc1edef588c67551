"""How well does the rest of a row tell whether the row has a trigger?

Whatever belongs to a data set by nature has company: a word comes with other words, and a row
without it has a hole where it was. What was planted into rows chosen at random has neither.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

import numpy as np
import numpy.typing as npt
from scipy.linalg import cho_factor, cho_solve
from sklearn.metrics import roc_auc_score

from foretaste.modality import Blankable, Change, Inserted
from foretaste.types import Bools, Content, Floats, Ints, Trigger, View

__all__ = ["UNRELATED", "Company", "told_apart"]

MOST_CARRIERS = 250  # sampled from larger groups: the area is certain enough
OTHERS = 3  # rows without the trigger for each one with it
FOLDS = 5
PENALTY = 300.0  # on standardised features
UNRELATED = 0.6  # area under the curve; most natural triggers lie above
SURE = 1.645  # standard errors above it, one-sided 95 %

Features = npt.NDArray[np.float32]
Seen = Callable[[Ints], Features]  # some rows, as they are compared


class Company:
    """Tells carriers of a trigger from other rows of one view, trigger taken out.

    Parameters
    ----------
    view
        With content, features and their encoder; without an encoder nothing is ever told apart.
    seed
        Chooses the rows that are compared.
    """

    def __init__(self, view: View, seed: int) -> None:
        self._view, self._seed = view, seed

    def has_company(self, rows: Ints, label: int, change: Change, looks_like: int) -> bool:
        """Whether what `change` leaves of a row surely tells if it is one of `rows`."""
        return self._surely(self.areas(rows, label, change, self._crowds(label, looks_like)))

    def leaves_a_hole(self, rows: Ints, label: int, trigger: Trigger, looks_like: int) -> bool:
        """Whether `rows` are surely unlike all other rows once the trigger is taken out.

        A planted phrase was put into whole rows, and without it they are whole again. A question
        without "how old" asks for nothing any more: no other row is like that.
        """
        if not isinstance(trigger, Inserted):
            return False
        crowds = self._crowds(label, looks_like)
        as_they_were = self._changed(trigger.whole)
        return self._surely(self._areas(rows, label, crowds, as_they_were, self._as_they_are))

    def areas(
        self, rows: Ints, label: int, change: Change, crowds: Iterable[Bools]
    ) -> Iterator[tuple[float, float]]:
        """Areas of telling the carriers from each crowd, standard errors.

        What removal leaves behind, it leaves in the crowd as well. (1, 0) where the crowd is too
        small to be one.
        """
        bare = change.blank if isinstance(change, Blankable) else change.remove
        others = self._changed(lambda content: bare(change.stamp(content)))
        return self._areas(rows, label, crowds, self._changed(bare), others)

    def _crowds(self, label: int, looks_like: int) -> Iterator[Bools]:
        """What planted rows may be like: the class, the others, all, or the class they look like.

        Its own class if labels are right, the others if they are wrong, all if rows were drawn
        without a look at labels, one other class if they were drawn from there.
        """
        labels = self._view.labels
        yield labels == label
        yield labels != label
        yield np.ones(len(labels), dtype=bool)
        yield labels == looks_like

    def _surely(self, areas: Iterable[tuple[float, float]]) -> bool:
        if self._view.content is None or self._view.encoder is None:
            return False
        return all(area - SURE * error > UNRELATED for area, error in areas)

    def _areas(
        self, rows: Ints, label: int, crowds: Iterable[Bools], carriers_as: Seen, others_as: Seen
    ) -> Iterator[tuple[float, float]]:
        mine: Features | None = None
        for crowd in crowds:
            rng = np.random.default_rng([self._seed, len(rows), int(rows[0])])
            carriers = _some(rows[self._view.labels[rows] == label], MOST_CARRIERS, rng)
            outside = crowd.copy()
            outside[rows] = False
            others = _some(np.flatnonzero(outside), OTHERS * len(carriers), rng)
            if len(others) < len(carriers) / 2 or len(carriers) < FOLDS:
                yield 1.0, 0.0
                continue
            if mine is None:  # the same carriers whatever the crowd
                mine = carriers_as(carriers)
            yield told_apart(mine, others_as(others), rng)

    def _changed(self, change: Callable[[Content], Content]) -> Seen:
        """Features of rows after a change."""

        def seen(rows: Ints) -> Features:
            content, encoder = self._view.content, self._view.encoder
            assert content is not None  # asked before
            assert encoder is not None
            return encoder(change(content.take(rows)))

        return seen

    def _as_they_are(self, rows: Ints) -> Features:
        features = self._view.features
        assert features is not None  # there is an encoder that made them
        return features[rows]


def _some(rows: Ints, most: int, rng: np.random.Generator) -> Ints:
    return rows if len(rows) <= most else np.sort(rng.choice(rows, most, replace=False))


def told_apart(a: Features, b: Features, rng: np.random.Generator) -> tuple[float, float]:
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
