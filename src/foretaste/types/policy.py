"""Thresholds, all of them, in one place."""

from __future__ import annotations

from dataclasses import dataclass

from foretaste.types.vocabulary import Verdict

__all__ = ["Policy"]


@dataclass(frozen=True)
class Policy:
    """Thresholds, all of them, in one place.

    alpha: family-wise error of calling a clean data set poisoned by group evidence.
    label_alpha: error of the lower bound on the share of flipped labels.
    fdr: false-discovery rate among single rows flagged without a group.
    block_on: verdicts that block a pipeline.
    """

    alpha: float = 0.001
    label_alpha: float = 0.01
    fdr: float = 0.1
    block_on: tuple[Verdict, ...] = (Verdict.SUSPECT, Verdict.CONFIRMED)
    natural_noise: float = 0.02  # label noise in confident regions that is taken as natural
    min_rows: int = 40  # fewer rows than this cannot be judged
    min_class_rows: int = 5
