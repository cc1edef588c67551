"""Label-free neighbours: do the rows around a row carry its label?"""

from __future__ import annotations

from typing import ClassVar

import numpy as np

from foretaste.types import Family, Layer, Modality, Need, Scores, View

__all__ = ["NeighbourLabels"]


class NeighbourLabels:
    """Surprise of the row's own label in the coarsest view, class frequencies taken out.

    Peri et al. 2020, "Deep k-NN defense", section 3, on features that never saw a label.
    """

    name: ClassVar[str] = "neighbour-labels"
    family: ClassVar[Family] = Family.INCONSISTENT
    layer: ClassVar[Layer] = Layer.REPRESENTATION
    modalities: ClassVar[frozenset[Modality]] = frozenset(Modality)
    needs: ClassVar[frozenset[Need]] = frozenset({Need.HEADS})

    def fit(self, view: View, rng: np.random.Generator) -> NeighbourLabels:
        """Nothing is learnt beyond what the head knows."""
        del view, rng
        return self

    def __call__(self, view: View) -> Scores:
        """Log prior minus log probability of the own label, in nats."""
        if not view.heads:
            msg = "neighbour-labels needs heads"
            raise ValueError(msg)
        p = view.heads[-1].leave_one_out()
        prior = np.bincount(view.labels, minlength=len(view.classes)) / len(view)
        own = np.clip(p[np.arange(len(view)), view.labels], 1e-4, 1.0)
        return Scores(np.asarray(np.log(prior[view.labels]) - np.log(own)))
