"""Products of head gradients over checkpoints of a training: TracInCP on the last layer.

The gradient of the log loss at a linear head is the product of a residual and a feature vector,
g = (p - onehot) ⊗ φ, so that g_i·g_j = (r_i·r_j)(φ_i·φ_j): d + k numbers a row are kept, never
d·k (Pruthi et al. 2020, "Estimating training data influence by tracing gradient descent",
sections 3 and 4.1).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from foretaste.errors import UsageError
from foretaste.types import Floats

__all__ = ["Checkpoint", "alignment", "gradient_products", "self_influence"]

Reals = npt.NDArray[np.floating]


@dataclass(frozen=True)
class Checkpoint:
    """A moment of a training, as the head saw n rows.

    `features` is (n, d) what enters the head, with a column of ones where the head has a bias;
    `residual` (n, k) probability less one-hot label; `rate` the learning rate.
    """

    features: Reals
    residual: Reals
    rate: float = 1.0


def gradient_products(rows: list[Checkpoint], queries: list[Checkpoint]) -> Floats:
    """(m, n) summed over checkpoints: positive where a step on the row lowers the query's loss.

    Parameters
    ----------
    rows, queries
        The same checkpoints in the same order, of n rows and of m queries.

    Examples
    --------
    >>> import numpy as np
    >>> one = Checkpoint(np.array([[1.0, 0.0]]), np.array([[-0.5, 0.5]]), 0.1)
    >>> gradient_products([one], [one]).round(3).tolist()
    [[0.05]]
    """
    if len(rows) != len(queries) or not rows:
        raise UsageError(
            f"queries: as many checkpoints as rows are needed, got {len(queries)} and {len(rows)}"
        )
    total = np.zeros((len(queries[0].features), len(rows[0].features)))
    for row, query in zip(rows, queries, strict=True):
        alike = query.features @ row.features.T
        total += row.rate * (query.residual @ row.residual.T) * alike
    return total


def self_influence(rows: list[Checkpoint]) -> Floats:
    """(n,) squared gradients over checkpoints: high where a row is learnt for its own sake.

    Examples
    --------
    >>> import numpy as np
    >>> one = Checkpoint(np.array([[1.0, 0.0]]), np.array([[-0.5, 0.5]]), 0.1)
    >>> self_influence([one]).round(3).tolist()
    [0.05]
    """
    if not rows:
        raise UsageError("rows: at least one checkpoint is needed, got none")
    parts = [
        row.rate * (row.residual**2).sum(axis=1) * (row.features**2).sum(axis=1) for row in rows
    ]
    return np.asarray(np.sum(parts, axis=0), dtype=np.float64)


def alignment(rows: Checkpoint, golden: Checkpoint) -> Floats:
    """(n,) cosine of each row's gradient with the mean gradient of vetted rows; low is against.

    Parameters
    ----------
    rows, golden
        The same moment, of n rows and of rows known to be right.

    Examples
    --------
    >>> import numpy as np
    >>> row = Checkpoint(np.array([[1.0], [1.0]]), np.array([[-0.5, 0.5], [0.5, -0.5]]))
    >>> gold = Checkpoint(np.array([[2.0]]), np.array([[-0.1, 0.1]]))
    >>> alignment(row, gold).round(3).tolist()
    [1.0, -1.0]
    """
    mean = golden.residual.T @ golden.features / len(golden.features)  # (k, d)
    along = ((rows.residual @ mean) * rows.features).sum(axis=1)
    sizes = np.linalg.norm(rows.residual, axis=1) * np.linalg.norm(rows.features, axis=1)
    return np.asarray(along / np.maximum(sizes * np.linalg.norm(mean), 1e-300), dtype=np.float64)
