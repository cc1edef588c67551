"""View disagreement: the detailed view is sure of the label, the gist of the row is not."""

from __future__ import annotations

from typing import ClassVar

import numpy as np

from foretaste.types import Family, Layer, Modality, Need, Scores, View

__all__ = ["ViewDisagreement"]


class ViewDisagreement:
    """log p(own label) in the detailed view minus the same in the coarse view.

    A dirty-label backdoor is learnt from its trigger, which the coarse view does not show.

    References
    ----------
    Blum, Mitchell 1998, "Combining labeled and unlabeled data with co-training", section 2, for
    two views that ought to agree.
    """

    name: ClassVar[str] = "view-disagreement"
    family: ClassVar[Family] = Family.SHORTCUT
    layer: ClassVar[Layer] = Layer.REPRESENTATION
    modalities: ClassVar[frozenset[Modality]] = frozenset(Modality)
    needs: ClassVar[frozenset[Need]] = frozenset({Need.HEADS})

    def fit(self, view: View, rng: np.random.Generator) -> ViewDisagreement:
        """Nothing is learnt beyond what the heads know."""
        del view, rng
        return self

    def __call__(self, view: View) -> Scores:
        """Difference in nats."""
        if not view.heads or len(view.heads) < 2:
            return Scores(np.zeros(len(view)))
        rows = np.arange(len(view))
        fine = view.heads[0].leave_one_out()[rows, view.labels]
        coarse = view.heads[-1].leave_one_out()[rows, view.labels]
        return Scores(np.log(np.clip(fine, 1e-4, 1.0)) - np.log(np.clip(coarse, 1e-4, 1.0)))
