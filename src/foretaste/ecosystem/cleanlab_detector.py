"""cleanlab's label quality as a detector beside ours."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from foretaste.errors import MissingExtraError
from foretaste.types import Family, Layer, Modality, Need, Scorer, Scores, View

__all__ = ["CleanlabDetector"]


@dataclass(frozen=True)
class CleanlabDetector:
    """One minus the label quality that cleanlab gives a row, from our out-of-fold probabilities.

    It orders rows and accuses none: cleanlab's own threshold is not asked for.

    Parameters
    ----------
    method
        Of `cleanlab.rank.get_label_quality_scores`.

    References
    ----------
    Northcutt, Jiang, Chuang: Confident learning, JAIR 70, 2021.

    Examples
    --------
    ``foretaste.scan(data, plugins=[CleanlabDetector()]).opinions["cleanlab"]`` is (n,).
    """

    method: str = "self_confidence"

    name: ClassVar[str] = "cleanlab"
    family: ClassVar[Family] = Family.INCONSISTENT
    layer: ClassVar[Layer] = Layer.STATISTICAL
    modalities: ClassVar[frozenset[Modality]] = frozenset(Modality)
    needs: ClassVar[frozenset[Need]] = frozenset({Need.HEADS})

    def fit(self, view: View, rng: np.random.Generator) -> Scorer:  # noqa: ARG002
        """Nothing is learnt: the probabilities are those of models that never saw the row."""
        try:
            from cleanlab.rank import get_label_quality_scores  # noqa: PLC0415
        except ImportError as error:
            raise MissingExtraError("cleanlab's label quality", "cleanlab") from error

        def score(view: View) -> Scores:
            assert view.heads is not None
            heads = [head.leave_one_out() for head in view.heads]
            told = np.mean([*heads, *view.opinions.values()], axis=0)
            told /= told.sum(axis=1, keepdims=True)
            quality = get_label_quality_scores(view.labels, told, method=self.method)
            return Scores(1.0 - np.asarray(quality, dtype=np.float64))

        return score
