"""What a round of the guard decided."""

from __future__ import annotations

from dataclasses import dataclass, field

from foretaste.stream.batch import Batch
from foretaste.stream.window import Finding

__all__ = ["Outcome"]


@dataclass(frozen=True)
class Outcome:
    """Every row that leaves the guard leaves it in one outcome, once.

    Attributes
    ----------
    round
        Its number, from 1.
    time
        Seconds, of the stream.
    merged
        Rows that may teach.
    kept_back
        Rows that must not.
    reasons
        One `Kind` for each row of `kept_back`.
    retracted
        Rows merged in earlier rounds that must be unlearnt.
    findings
        What was found, with its evidence.
    golden_loss
        Mean probability that golden rows lack on their right label, with what was merged;
        None without golden rows.
    frozen
        The breaker is open: nothing is merged until `StreamGuard.thaw`.
    early
        The buffer was full: rows were judged before their delay was over.
    """

    round: int
    time: float
    merged: Batch
    kept_back: Batch
    reasons: tuple[str, ...]
    retracted: Batch
    findings: tuple[Finding, ...] = field(default=())
    golden_loss: float | None = None
    frozen: bool = False
    early: bool = False
