"""Every row at once: who contradicts the rest, who speaks for itself, who is against the vetted."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from foretaste.errors import UsageError
from foretaste.influence.fingerprint import Fingerprint
from foretaste.influence.head_gradients import Checkpoint, alignment
from foretaste.types import Floats, Ints

__all__ = ["Audit", "audit"]


@dataclass(frozen=True)
class Audit:
    """One number a row for each question; they rank rows, and are no verdicts.

    Attributes
    ----------
    contradiction
        (n,) by how much the rest prefers another label, leave-one-out; positive is against it.
    self_influence
        (n,) how much of the score of its own label a row owes to itself; high is memorised.
    against_golden
        (n,) -1 to 1, how far the row pulls away from vetted rows; None without any.
    """

    contradiction: Floats
    self_influence: Floats
    against_golden: Floats | None = None


def audit(prints: Fingerprint, golden: Ints | None = None) -> Audit:
    """Exact leave-one-out of every row, from a fingerprint alone.

    Parameters
    ----------
    prints
        Of the training rows.
    golden
        Numbers of rows that were vetted; they are worth what the vetting is worth.

    Raises
    ------
    UsageError
        `golden` is empty, or names no row.

    Examples
    --------
    >>> import numpy as np
    >>> from foretaste.influence.fingerprint import fingerprint
    >>> x = np.random.default_rng(0).normal(size=(200, 3))
    >>> y = (x[:, 0] > 0).astype(int)
    >>> y[x[:, 0].argmax()] = 0  # one wrong label
    >>> found = audit(fingerprint((x, y)))
    >>> bool(found.contradiction.argmax() == x[:, 0].argmax())
    True
    """
    head = prints.head
    rows = np.arange(len(head))
    loo = head.leave_one_out()
    own = loo[rows, head.labels].copy()
    loo[rows, head.labels] = -np.inf
    residual = head.residual[rows, head.labels]
    return Audit(
        contradiction=loo.max(axis=1) - own,
        self_influence=head.leverage * residual / (1.0 - head.leverage),
        against_golden=None if golden is None else _against(prints, golden),
    )


def _against(prints: Fingerprint, golden: Ints) -> Floats:
    head = prints.head
    if not len(golden) or golden.min() < 0 or golden.max() >= len(head):
        raise UsageError(
            f"golden must name at least one of the rows 0 to {len(head) - 1}, got {len(golden)}"
        )
    x = np.hstack([head.standardised(head.features), np.ones((len(head), 1))])
    moment = Checkpoint(x, -head.residual)
    return -alignment(moment, Checkpoint(x[golden], -head.residual[golden]))
