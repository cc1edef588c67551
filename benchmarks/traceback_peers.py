"""What peers make of the same incidents, on the same features, told how many were planted."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy.special import softmax

from foretaste.influence.fingerprint import Fingerprint
from foretaste.influence.head_gradients import Checkpoint, gradient_products
from foretaste.influence.ridge import ExactRidge
from foretaste.types import Floats, Ints

__all__ = ["HeadTraining", "compare", "train_head"]


def compare(
    prints: Fingerprint,
    training: HeadTraining,
    x: Any,
    said: Ints,
    expected: Ints,
    truth: Any,
    guilty: int,
) -> dict[str, tuple[float, bool]]:
    planted = int(truth.sum())
    found = {}
    for name, scores in _rankings(prints, training, x, said, expected).items():
        top = np.argsort(-scores, kind="stable")[:planted]
        held = np.bincount(prints.sources, np.maximum(scores, 0), len(prints.source_names))  # type: ignore[arg-type]
        found[name] = (float(truth[top].mean()), int(held.argmax()) == guilty)
    return found


def _rankings(
    prints: Fingerprint, training: HeadTraining, x: Any, said: Ints, expected: Ints
) -> dict[str, Floats]:
    head = prints.head
    rows = np.arange(len(said))
    directions = np.zeros((len(said), head.n_classes))
    directions[rows, said] += 1.0
    directions[rows, expected] -= 1.0
    kin = head.kinship(x)
    z, q = head.standardised(head.features), head.standardised(x)
    cosine = (q @ z.T) / np.maximum(
        np.linalg.norm(q, axis=1)[:, None] * np.linalg.norm(z, axis=1), 1e-9
    )
    return {
        "influence": (kin * (directions @ head.residual.T)).mean(axis=0),
        "cosine, same label": (cosine * (head.labels == said[:, None])).mean(axis=0),
        "TracInCP": training.influence(q, said).mean(axis=0),
    }


@dataclass(frozen=True, eq=False)
class HeadTraining:
    """A softmax head by gradient descent, kept at ten moments: what TracInCP looks at."""

    labels: Ints
    rows: Floats  # (n, d + 1) standardised, with ones
    weights: tuple[Floats, ...]
    rate: float

    def influence(self, queries: Floats, said: Ints) -> Floats:
        """(m, n) own TracInCP of each row on the loss of what was said."""
        k = self.weights[0].shape[1]
        kept = [
            (_moment(self.rows, at, self.labels, k, self.rate), _moment(q, at, said, k, self.rate))
            for q in (_with_ones(queries),)
            for at in self.weights
        ]
        return gradient_products([row for row, _ in kept], [query for _, query in kept])


def train_head(head: ExactRidge) -> HeadTraining:
    z = _with_ones(head.standardised(head.features))
    y, weights = np.eye(head.n_classes)[head.labels], np.zeros((z.shape[1], head.n_classes))
    rate, kept = 20.0 / float((z**2).sum(axis=1).mean()), []
    for step in range(100):
        if step % 10 == 9:
            kept.append(weights.copy())
        weights -= rate * z.T @ (softmax(z @ weights, axis=1) - y) / len(z)
    return HeadTraining(head.labels, z, tuple(kept), rate)


def _moment(x: Floats, weights: Floats, labels: Ints, k: int, rate: float) -> Checkpoint:
    return Checkpoint(x, softmax(x @ weights, axis=1) - np.eye(k)[labels], rate)


def _with_ones(x: Floats) -> Floats:
    return np.hstack([x, np.ones((len(x), 1))])
