"""Any PyOD model as a detector beside ours."""

from __future__ import annotations

import copy
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from foretaste.types import Family, Layer, Modality, Need, Scorer, Scores, View

__all__ = ["PyodDetector"]


@dataclass(frozen=True)
class PyodDetector:
    """The decision scores of a PyOD model on our label-free features.

    It orders rows and accuses none: the model's `contamination`, a share of rows that is flagged
    whatever they are, is not used.

    Parameters
    ----------
    model
        A PyOD model, unfitted; a copy of it is fitted.

    Examples
    --------
    ``foretaste.scan(data, plugins=[PyodDetector(ECOD())]).opinions["pyod-ecod"]`` is (n,).
    """

    model: Any

    family: ClassVar[Family] = Family.INCONSISTENT
    layer: ClassVar[Layer] = Layer.REPRESENTATION
    modalities: ClassVar[frozenset[Modality]] = frozenset(Modality)
    needs: ClassVar[frozenset[Need]] = frozenset({Need.FEATURES})

    @property
    def name(self) -> str:
        """``pyod-`` and the name of the model's class."""
        return f"pyod-{type(self.model).__name__.lower()}"

    def fit(self, view: View, rng: np.random.Generator) -> Scorer:
        """Fit a copy of the model, seeded where it takes a seed."""
        model = copy.deepcopy(self.model)
        if "random_state" in model.get_params() and model.get_params()["random_state"] is None:
            model.set_params(random_state=int(rng.integers(2**31)))
        assert view.features is not None
        model.fit(view.features)

        def score(view: View) -> Scores:
            return Scores(np.asarray(model.decision_function(view.features), dtype=np.float64))

        return score
