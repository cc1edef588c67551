"""How strongly each row that carries the label in question speaks for an incident.

A row moves a prediction as the product of two things: how far the head takes row and incident for
the same thing (kinship), and how much more the row asks for than the rest would give it (pull).
Rows of a strong trigger hardly pull, because together they are well learnt; so nobody's pull
counts for less than one. Then the twenty strongest rows join the question, twice: what they have
in common with each other and with the incident is far sharper than one incident alone (Rocchio
1971, "Relevance feedback in information retrieval"). References go through the very same steps,
so the sharpening cannot pass for evidence.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.linalg import cho_solve

from foretaste.influence.ridge import ExactRidge
from foretaste.types import Floats, Ints

__all__ = ["Accused", "Kinship"]

JOINED = 20  # rows that join the question
ROUNDS = 2


class Kinship:
    """A head made ready to be asked many times: what does not depend on incidents, done once.

    Parameters
    ----------
    head
        Fitted to all rows.
    """

    def __init__(self, head: ExactRidge) -> None:
        self.head = head
        self.inverse = cho_solve(head.factor(), np.eye(len(head.gram))).astype(np.float32)
        self._of_label: dict[int, tuple[Ints, npt.NDArray[np.float32]]] = {}

    def standardised(self, features: npt.NDArray[np.floating]) -> npt.NDArray[np.float32]:
        """(m, d) features as the head reads them."""
        return self.head.standardised(features).astype(np.float32)

    def accuse(self, label: int, direction: Floats) -> Accused:
        """The rows labelled `label`.

        Parameters
        ----------
        label
            The class code that the model said.
        direction
            (k,) the combination of scores in question: +1 at `label`, -1 in all at what was
            expected.
        """
        if label not in self._of_label:
            rows = np.flatnonzero(self.head.labels == label)
            self._of_label[label] = rows, self.standardised(self.head.features[rows])
        rows, x = self._of_label[label]
        leverage = self.head.leverage[rows]
        pull = (self.head.residual[rows] @ direction) / (1.0 - leverage)
        own = (leverage - 1.0 / len(self.head)).astype(np.float32)
        force = (1.0 + np.maximum(pull, 0.0)).astype(np.float32)
        return Accused(self, rows, x, own, force, pull)


@dataclass(frozen=True, eq=False)
class Accused:
    """The n' training rows that carry the label a model said.

    Attributes
    ----------
    kinship
        Of the head.
    rows
        (n',) row numbers of the training data.
    x
        (n', d) standardised features.
    own
        (n',) kinship of each row with itself.
    force
        (n',) pull towards the label and away from what was expected, but at least one.
    pull
        (n',) how much more each row asks for than the model without it would give.
    """

    kinship: Kinship
    rows: Ints
    x: npt.NDArray[np.float32]
    own: npt.NDArray[np.float32]
    force: npt.NDArray[np.float32]
    pull: Floats

    def __len__(self) -> int:
        return len(self.rows)

    def kin(self, queries: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
        """(m, n') x_qᵀA⁻¹x_i of (m, d) standardised queries."""
        return np.asarray((queries @ self.kinship.inverse) @ self.x.T)

    def scores(self, queries: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
        """(m, n') of (m, d) standardised queries; each query's scores have one scale."""
        scores = first = _scaled(self.kin(queries) * self.force)
        joined = min(JOINED, len(self) // 4)
        if joined < 2:
            return scores
        for _ in range(ROUNDS):
            top = np.argpartition(-scores, joined - 1, axis=1)[:, :joined]
            kin = self.kin(self.x[top].mean(axis=1))
            # a row that joined must not vouch for itself
            at = np.arange(len(top))[:, None]
            kin[at, top] = (kin[at, top] - self.own[top] / joined) * (joined / (joined - 1))
            scores = first + _scaled(kin * self.force)
        return scores

    def contribution(self, query: npt.NDArray[np.float32]) -> Floats:
        """(n',) exact fall of the margin of one (1, d) query when each row alone is left out."""
        kin = self.kin(query)[0].astype(np.float64) + 1.0 / len(self.kinship.head)
        return np.asarray(kin * self.pull)

    def fall(
        self,
        queries: npt.NDArray[np.float32],
        scores: npt.NDArray[np.float32],
        direction: Floats,
        out: int,
    ) -> Floats:
        """(m,) how far the margin falls without the `out` strongest rows, exactly.

        Parameters
        ----------
        queries
            (m, d) standardised features.
        scores
            (m, n') what makes rows strong.
        direction
            (k,) the margin.
        out
            At most half of the rows are left out.
        """
        head, out = self.kinship.head, min(out, len(self) // 2)
        if not out:
            return np.zeros(len(queries))
        strongest = np.argpartition(-scores, out - 1, axis=1)[:, :out]
        falls = np.empty(len(queries))
        for i, rows in enumerate(strongest):
            solved = (self.x[rows] @ self.kinship.inverse).astype(np.float64)
            hat = solved @ self.x[rows].T + 1.0 / len(head)
            kin = solved @ queries[i] + 1.0 / len(head)
            residual = head.residual[self.rows[rows]] @ direction
            falls[i] = kin @ np.linalg.solve(np.eye(out) - hat, residual)
        return falls


def _scaled(scores: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
    return np.asarray(scores / np.maximum(scores.std(axis=1, keepdims=True), 1e-12))
