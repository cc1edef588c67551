"""Two more opinions on texts, from every word: counts of one, planes between classes."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy import sparse
from sklearn.svm import LinearSVC

from foretaste.modality.text_weights import fit_weights
from foretaste.modality.words import as_texts
from foretaste.probe.calibration import fit_calibration
from foretaste.types import Content, Floats, Ints

__all__ = ["WordCounts", "WordPlanes", "WordRows", "word_rows"]

SMOOTHING = 0.3  # rows: a word that a class never had is still possible there
PENALTY = 0.1  # C of the planes: stiff, as some labels are wrong
FOLDS = 5


@dataclass(frozen=True)
class WordRows:
    """Texts as weighted words, word pairs and character runs.

    values: (n, columns) sparse, what each weighs in a text.
    """

    values: sparse.csr_matrix
    labels: Ints  # (n,) class codes
    n_classes: int


def word_rows(content: Content, labels: Ints, n_classes: int) -> WordRows:
    """What both opinions read of `content`, which must be `Texts`."""
    texts = [str(t) for t in as_texts(content).values]
    return WordRows(fit_weights(texts)[1], labels, n_classes)


class WordCounts:
    """Naive Bayes of the words in a text, the row itself taken out of the counts exactly.

    References
    ----------
    McCallum, Nigam 1998, "A comparison of event models for naive Bayes text classification",
    section 2, document counts; weighted by what a word weighs in the row.

    Examples
    --------
    >>> import numpy as np
    >>> from foretaste.modality.words import texts_of
    >>> texts = texts_of(["good film", "bad film"] * 20)
    >>> rows = word_rows(texts, np.arange(40) % 2, 2)
    >>> WordCounts(rows).leave_one_out().argmax(axis=1)[:4].tolist()
    [0, 1, 0, 1]
    """

    def __init__(self, rows: WordRows) -> None:
        self._rows = rows
        self._row, self._column, self._weight = _triplets(rows.values)

    def leave_one_out(self) -> Floats:
        """(n, k) probabilities of each row's class by counts of all other rows."""
        return self.reweighted(np.ones(len(self._rows.labels)))

    def reweighted(self, weights: Floats) -> Floats:
        """The same, where each row counts as much as its weight, 0 to 1, says.

        Parameters
        ----------
        weights
            (n,), not negative.
        """
        labels, k = self._rows.labels, self._rows.n_classes
        n, columns = self._rows.values.shape
        counted = weights[self._row]
        scores = np.zeros((n, k))
        for c in range(k):
            own = labels[self._row] == c
            having = np.bincount(self._column[own], counted[own], minlength=columns)
            # taking a row out of its own class, and only out of that, leaves every other row
            less = np.where(own, counted, 0.0)
            total = weights[labels == c].sum() - less
            left = np.maximum(having[self._column] - less, 0.0)
            share = np.log(left + SMOOTHING) - np.log(np.maximum(total, 0.0) + 2.0 * SMOOTHING)
            scores[:, c] = np.bincount(self._row, self._weight * share, minlength=n)
        return fit_calibration(scores, labels, k)(scores)


class WordPlanes:
    """Linear support vector machines of all words, each asked about a fifth it never saw.

    References
    ----------
    Fan et al. 2008, "LIBLINEAR: a library for large linear classification", section 2.

    Examples
    --------
    >>> import numpy as np
    >>> from foretaste.modality.words import texts_of
    >>> texts = texts_of(["good film", "bad film"] * 20)
    >>> rows = word_rows(texts, np.arange(40) % 2, 2)
    >>> WordPlanes(rows, np.random.default_rng(0)).leave_one_out().argmax(axis=1)[:4].tolist()
    [0, 1, 0, 1]
    """

    def __init__(self, rows: WordRows, rng: np.random.Generator) -> None:
        self._rows = rows
        self._fold = _folds(rows.labels, rng)
        self._seed = int(rng.integers(2**31 - 1))

    def leave_one_out(self) -> Floats:
        """(n, k) probabilities of each row's class by planes that never saw it."""
        return self.reweighted(np.ones(len(self._rows.labels)))

    def reweighted(self, weights: Floats) -> Floats:
        """The same, where each row counts as much as its weight, 0 to 1, says.

        Parameters
        ----------
        weights
            (n,), not negative.
        """
        labels, k = self._rows.labels, self._rows.n_classes
        scores = np.full((len(labels), k), -1.0)  # a class that was not learnt is not named
        for fold in range(FOLDS):
            asked = np.flatnonzero(self._fold == fold)
            learnt = np.flatnonzero((self._fold != fold) & (weights > 0))
            if not len(asked) or len(np.unique(labels[learnt])) < 2:
                continue
            planes = LinearSVC(C=PENALTY, random_state=self._seed)
            planes.fit(self._rows.values[learnt], labels[learnt], weights[learnt])
            height = planes.decision_function(self._rows.values[asked])
            if height.ndim == 1:  # two classes share one plane
                height = np.column_stack([-height, height]) / 2.0
            scores[np.ix_(asked, planes.classes_)] = height
        return fit_calibration(scores, labels, k)(scores)


def _triplets(x: sparse.csr_matrix) -> tuple[Ints, Ints, Floats]:
    held = x.tocoo()
    return held.row.astype(np.int64), held.col.astype(np.int64), held.data.astype(np.float64)


def _folds(labels: Ints, rng: np.random.Generator) -> npt.NDArray[np.int64]:
    """(n,) fold of each row; every class is dealt out evenly."""
    order = np.lexsort((rng.random(len(labels)), labels))
    fold = np.empty(len(labels), dtype=np.int64)
    fold[order] = np.arange(len(labels)) % FOLDS
    return fold
