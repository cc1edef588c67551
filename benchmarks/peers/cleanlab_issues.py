"""Label issues, by cleanlab."""

from __future__ import annotations

from typing import ClassVar

import numpy as np

from benchmarks.peers.protocol import ALL, Answer
from benchmarks.reference import Seen
from foretaste.types import Modality

__all__ = ["CleanlabIssues"]


class CleanlabIssues:
    """Confident learning (Northcutt et al. 2021, JAIR 70) on out-of-fold probabilities."""

    name: ClassVar[str] = "cleanlab find_label_issues"
    modalities: ClassVar[frozenset[Modality]] = ALL
    needs: ClassVar[str] = "cleanlab"
    rated: ClassVar[bool] = False
    settings: ClassVar[tuple[str, ...]] = (
        "prune_by_noise_rate",
        "prune_by_class",
        "confident_learning",
    )

    def judge(self, seen: Seen, setting: str, rng: np.random.Generator) -> Answer:  # noqa: ARG002
        """Score: one minus the self-confidence of the label."""
        from cleanlab.filter import find_label_issues  # noqa: PLC0415  # optional
        from cleanlab.rank import get_label_quality_scores  # noqa: PLC0415  # optional

        flagged = find_label_issues(seen.labels, seen.out_of_fold, filter_by=setting, n_jobs=1)
        return Answer(1 - get_label_quality_scores(seen.labels, seen.out_of_fold), flagged)
