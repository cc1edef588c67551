"""A second, independent opinion: what the labels of a row's nearest neighbours say."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from sklearn.neighbors import NearestNeighbors

from foretaste.probe.calibration import fit_calibration
from foretaste.types import Content, Encoder, Floats, Ints

__all__ = ["NeighbourHead"]

Features = npt.NDArray[np.float32]

AT_ONCE = 500  # rows whose distances to all others are held at a time
MOST_VOTERS = 20_000
SPARE = 20  # neighbours kept beyond k, so that leaving a group out still leaves k


class NeighbourHead:
    """Recalibrated k nearest neighbours in label-free features.

    A row is never its own neighbour; a group left out is nobody's neighbour.

    Parameters
    ----------
    features
        (n, d) label-free features of few dimensions.
    labels
        (n,) class codes.
    n_classes
        k classes.
    encoder
        What made `features`; without it, changed content cannot be seen and is ignored.
    name
        Which view of the rows this is.
    neighbours
        How many vote.
    rng
        Where given, only 20,000 rows drawn with it may vote, so that time grows with n, not n².

    Examples
    --------
    >>> import numpy as np
    >>> x = np.random.default_rng(0).normal(size=(200, 3)).astype(np.float32)
    >>> head = NeighbourHead(x, (x[:, 0] > 0).astype(np.int64), 2)
    >>> bool(head.leave_one_out()[np.argmax(x[:, 0]), 1] > 0.8)
    True
    """

    def __init__(
        self,
        features: Features,
        labels: Ints,
        n_classes: int,
        *,
        encoder: Encoder | None = None,
        name: str = "neighbours",
        neighbours: int = 30,
        rng: np.random.Generator | None = None,
    ) -> None:
        self.name, self.foreign = name, False
        self._labels = labels
        self._encoder = encoder
        self._features = features
        self._k = min(neighbours, max(1, len(labels) // 4))
        self._voters = np.arange(len(labels))
        if rng is not None and len(labels) > MOST_VOTERS:
            self._voters = np.sort(rng.choice(len(labels), MOST_VOTERS, replace=False))
        self._near = self._find_others(min(self._k + SPARE, len(self._voters) - 1))
        self._onehot = np.eye(n_classes)
        self._prior = (np.bincount(labels, minlength=n_classes) + 1.0) / (len(labels) + n_classes)
        scores = self._vote(self._near, np.zeros(len(labels), dtype=bool))
        self._calibration = fit_calibration(scores, labels, n_classes)
        self._loo = self._calibration(scores)
        self._loo.setflags(write=False)

    def _find_others(self, wide: int) -> Ints:
        """(n, wide) the voters nearest to each row, itself never among them."""
        index = NearestNeighbors(n_neighbors=wide + 1).fit(self._features[self._voters])
        out = np.empty((len(self._features), wide), dtype=np.int64)
        for start in range(0, len(out), 10 * AT_ONCE):  # a block's distances, not all
            block = self._features[start : start + 10 * AT_ONCE]
            found = self._voters[index.kneighbors(block, return_distance=False)]
            itself = found == np.arange(start, start + len(block))[:, None]
            itself[~itself.any(axis=1), -1] = True  # where it is not found, the farthest goes
            out[start : start + len(block)] = found[~itself].reshape(len(block), wide)
        return out

    def _vote(self, near: Ints, banned: npt.NDArray[np.bool_]) -> Floats:
        """Log of the smoothed label shares among the first k neighbours not banned."""
        allowed = ~banned[near]
        allowed &= np.cumsum(allowed, axis=1) <= self._k
        votes = np.zeros((len(near), len(self._prior)))
        for c in range(len(self._prior)):
            votes[:, c] = ((self._labels[near] == c) & allowed).sum(axis=1)
        return np.asarray(np.log(votes + 2.0 * self._prior), dtype=np.float64)

    def leave_one_out(self) -> Floats:
        """(n, k) probabilities of each row's class by its neighbours."""
        return self._loo

    def reweighted(self, weights: Floats) -> Floats:
        """(n, k) the same, where each neighbour counts as much as its weight, 0 to 1, says.

        Parameters
        ----------
        weights
            (n,), not negative.
        """
        near = self._near[:, : self._k]
        votes = np.zeros((len(near), len(self._prior)))
        for c in range(len(self._prior)):
            votes[:, c] = np.where(self._labels[near] == c, weights[near], 0.0).sum(axis=1)
        scores = np.log(votes + 2.0 * self._prior)
        return fit_calibration(scores, self._labels, len(self._prior))(scores)

    def similarity(self, rows: Ints) -> Floats:
        """(m, m) cosine similarity of `rows` in the centred features."""
        x = self._features[rows].astype(np.float64) - self._features.mean(axis=0)
        x /= np.maximum(np.linalg.norm(x, axis=1, keepdims=True), 1e-9)
        return np.asarray(x @ x.T)

    def leave_out(self, rows: Ints, content: Content | None = None) -> Floats:
        """(m, k) probabilities for `rows` by neighbours outside the group.

        Parameters
        ----------
        rows
            (m,) row indices of the group.
        content
            The same rows, changed (trigger removed), to be predicted in their place.
        """
        banned = np.zeros(len(self._labels), dtype=bool)
        banned[rows] = True
        x = self._features[rows]
        if content is not None and self._encoder is not None:
            x = self._encoder(content)
        near = self._near[rows]
        short = (~banned[near]).sum(axis=1) < self._k
        if content is not None or short.any():
            again = np.arange(len(rows)) if content is not None else np.flatnonzero(short)
            near = near[:, : self._k + SPARE].copy()
            near[again, : self._k] = self._nearest(x[again], self._voters[~banned[self._voters]])
            # what follows the first k is not looked at once k are allowed
        return self._calibration(self._vote(near.astype(np.int64), banned))

    def _nearest(self, x: Features, allowed: Ints) -> Ints:
        """(len(x), k) the nearest of the allowed rows, nearest first."""
        out = np.empty((len(x), self._k), dtype=np.int64)
        others = self._features[allowed]
        size = (others**2).sum(axis=1)
        for start in range(0, len(x), AT_ONCE):
            part = size - 2.0 * (x[start : start + AT_ONCE] @ others.T)
            best = np.argpartition(part, self._k - 1, axis=1)[:, : self._k]
            order = np.argsort(np.take_along_axis(part, best, axis=1), axis=1, kind="stable")
            out[start : start + AT_ONCE] = allowed[np.take_along_axis(best, order, axis=1)]
        return out
