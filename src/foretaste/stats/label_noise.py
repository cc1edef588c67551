"""Which labels are changed into which, as far as clear rows show it.

Changes that nobody aimed are as frequent in every direction; an attacker's often go one way. The
shares are read off the clearer half of the rows that look like each class, where honest labels
seldom err.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from foretaste.stats.clear_rows import Evidence, rank_of

__all__ = ["LabelNoise", "fit_label_noise"]

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

CLEAR = 0.5  # share of the rows that look like a class
PRIOR_ROWS = 20.0  # with the shares of all clear rows, that each class starts from
EVEN = 0.01  # added to every share: directions are compared no finer
LEAST = 1e-3


@dataclass(frozen=True)
class LabelNoise:
    """Shares of labels that were changed.

    changed: (k, k) share of rows that are class c and carry label y; 0 where c = y.
    """

    changed: Floats

    def right(self, p: Floats, labels: Ints) -> Floats:
        """(n,) probability that each label is right.

        Parameters
        ----------
        p
            (n, k) probabilities of the labels, noise included.
        labels
            (n,) class codes.

        References
        ----------
        Patrini et al. 2017, "Making deep neural networks robust to label noise", theorem 1: with
        known shares, probabilities before noise follow by solving a linear system.
        """
        shares = self.changed + np.diag(1.0 - self.changed.sum(axis=1))
        before = np.clip(np.linalg.solve(shares.T, p.T).T, LEAST**2, None)
        before /= before.sum(axis=1, keepdims=True)
        kept = before[np.arange(len(labels)), labels] * np.diag(shares)[labels]
        all_ways = (before * shares[:, labels].T).sum(axis=1)
        return np.asarray(kept / np.maximum(all_ways, LEAST**2))

    def doubt(self, p: Floats, labels: Ints) -> Floats:
        """(n,) 0 to 1, how little a label is believed; more so in frequent directions.

        Where all directions are as frequent it is one minus the probability of the label.
        """
        rows = np.arange(len(labels))
        usual = float(self.changed.sum(axis=1).mean()) / max(len(self.changed) - 1, 1)
        even = EVEN / max(len(self.changed) - 1, 1)
        direction = (self.changed + even) / (usual + even)
        against = p * direction[:, labels].T
        against[rows, labels] = 0.0
        total = against.sum(axis=1)
        return np.asarray(total / np.maximum(total + p[rows, labels], LEAST**2))


def fit_label_noise(evidence: Evidence, labels: Ints, n_classes: int) -> LabelNoise:
    """Learn the shares.

    Parameters
    ----------
    evidence
        What the n rows look like.
    labels
        (n,) class codes.
    n_classes
        k.

    Examples
    --------
    >>> import numpy as np
    >>> from foretaste.stats.clear_rows import rank_evidence
    >>> p = np.tile([[0.05, 0.95], [0.95, 0.05]], (200, 1))
    >>> labels = p.argmax(axis=1)
    >>> labels[:80:2] = 0  # a fifth of what looks like class 1 is called 0
    >>> noise = fit_label_noise(rank_evidence(p), labels, 2)
    >>> bool(noise.changed[1, 0] > 0.1 > 0.05 > noise.changed[0, 1])
    True
    """
    looks = evidence.looks
    clear = np.zeros(len(looks), dtype=bool)
    for c in np.unique(looks):
        own = np.flatnonzero(looks == c)
        clear[own[rank_of(evidence.margin[own]) <= CLEAR]] = True
    counts = np.zeros((n_classes, n_classes))
    np.add.at(counts, (looks[clear], labels[clear]), 1.0)
    usual = float((looks[clear] != labels[clear]).mean()) if clear.any() else 0.0
    even = np.full_like(counts, usual / max(n_classes - 1, 1))
    # classes of few clear rows are given the shares of all
    shares = (counts + PRIOR_ROWS * even) / (counts.sum(axis=1, keepdims=True) + PRIOR_ROWS)
    np.fill_diagonal(shares, 0.0)
    return LabelNoise(shares)
