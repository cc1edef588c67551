"""Outliers: isolation forest, by PyOD."""

from __future__ import annotations

from typing import ClassVar

import numpy as np

from benchmarks.peers.protocol import ALL, Answer
from benchmarks.reference import Seen
from foretaste.types import Modality

__all__ = ["PyodIsolationForest"]


class PyodIsolationForest:
    """PyOD's IForest (Liu et al. 2008, ICDM) over the reference features."""

    name: ClassVar[str] = "PyOD isolation forest"
    modalities: ClassVar[frozenset[Modality]] = ALL
    needs: ClassVar[str] = "pyod"
    rated: ClassVar[bool] = True
    settings: ClassVar[tuple[str, ...]] = ("default",)

    def judge(self, seen: Seen, setting: str, rng: np.random.Generator) -> Answer:  # noqa: ARG002
        """Score and verdict are PyOD's; its default contamination is 10 %."""
        from pyod.models.iforest import IForest  # noqa: PLC0415  # optional

        share = 0.1 if seen.rate is None else min(max(seen.rate, 1e-4), 0.5)
        model = IForest(random_state=int(rng.integers(2**31)), contamination=share).fit(
            seen.features
        )
        return Answer(np.asarray(model.decision_scores_, dtype=np.float64), model.labels_ == 1)
