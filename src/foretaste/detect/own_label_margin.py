"""Out-of-fold margin: does what never saw the row agree with its label?"""

from __future__ import annotations

from typing import ClassVar

import numpy as np

from foretaste.probe.consensus import consensus_of
from foretaste.types import Family, Layer, Modality, Need, Scores, View

__all__ = ["OwnLabelMargin"]


class OwnLabelMargin:
    """Log-odds, in the consensus of all views, of the best other label against the row's own.

    Northcutt, Jiang, Chuang 2021, "Confident learning", section 3, with leave-one-out in place
    of cross-validation; per-class calibration is in the consensus.
    """

    name: ClassVar[str] = "own-label-margin"
    family: ClassVar[Family] = Family.INCONSISTENT
    layer: ClassVar[Layer] = Layer.INFLUENCE
    modalities: ClassVar[frozenset[Modality]] = frozenset(Modality)
    needs: ClassVar[frozenset[Need]] = frozenset({Need.HEADS})

    def fit(self, view: View, rng: np.random.Generator) -> OwnLabelMargin:
        """Nothing is learnt beyond what the views know."""
        del view, rng
        return self

    def __call__(self, view: View) -> Scores:
        """Log-odds in nats; positive means another label is likelier."""
        logs = np.log(np.clip(consensus_of(view), 1e-4, 1.0))
        rows = np.arange(len(view))
        own = logs[rows, view.labels].copy()
        logs[rows, view.labels] = -np.inf
        return Scores(np.asarray(logs.max(axis=1) - own))
