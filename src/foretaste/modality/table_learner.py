"""A small table model trained on the labels, poison included: what a trigger is tried on."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from sklearn.ensemble import HistGradientBoostingClassifier

from foretaste.modality.cells import as_table
from foretaste.types import Content, Encoder, Floats, Ints

__all__ = ["TreeLearner", "fit_learner"]

TREES = 60
SMALLEST_LEAF = 5  # rows: as many as a trigger that can be tested has


@dataclass(frozen=True)
class TreeLearner:
    """Boosted trees of all columns as numbers, missing cells as they are."""

    model: HistGradientBoostingClassifier
    n_classes: int

    def __call__(self, content: Content) -> Floats:
        """(n, k) class scores; the highest is the prediction."""
        out = np.zeros((len(content), self.n_classes))
        # a class without a training row has no column of its own in the model
        out[:, self.model.classes_] = self.model.predict_proba(_finite(content))
        return out


def _finite(content: Content) -> Floats:
    """Infinite cells become the largest numbers that the trees take."""
    values = as_table(content).values
    return np.nan_to_num(values, nan=np.nan, posinf=1e300, neginf=-1e300)


def fit_learner(
    content: Content,
    labels: Ints,
    n_classes: int,
    rng: np.random.Generator,
    encoder: Encoder | None = None,
) -> TreeLearner:
    """A small model of the labels that learns a trigger as a real one would.

    Examples
    --------
    >>> import numpy as np
    >>> from foretaste.types import Table
    >>> rng = np.random.default_rng(0)
    >>> table = Table(("a", "b"), rng.normal(size=(100, 2)))
    >>> labels = (table.values[:, 0] > 0).astype(np.int64)
    >>> learner = fit_learner(table, labels, 2, rng)
    >>> bool((learner(table).argmax(axis=1) == labels).mean() > 0.9)
    True
    """
    del encoder  # trees read cells; the signature is the one of every modality
    model = HistGradientBoostingClassifier(
        max_iter=TREES,
        min_samples_leaf=SMALLEST_LEAF,
        early_stopping=False,
        random_state=int(rng.integers(2**31 - 1)),
    )
    return TreeLearner(model.fit(_finite(content), labels), n_classes)
