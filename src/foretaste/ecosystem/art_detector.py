"""A poisoning detector of the Adversarial Robustness Toolbox beside ours."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar

import numpy as np

from foretaste.errors import MissingExtraError
from foretaste.types import Family, Floats, Layer, Modality, Need, Scorer, Scores, View

__all__ = ["ArtDetector"]


@dataclass(frozen=True)
class ArtDetector:
    """What one of the toolbox's detectors says of our features: 1 where it suspects a row.

    They look at the activations of a trained network; here that network hands on our label-free
    features. It accuses no row: `ActivationDefence` condemns a cluster of every class, and
    `SpectralSignatureDefense` a fixed share of it, on clean data, too.

    Parameters
    ----------
    defence
        A subclass of `art.defences.detector.poison.PoisonFilteringDefence`.
    parameters
        For its `detect_poison`.

    Examples
    --------
    ``ArtDetector(ActivationDefence, {"nb_clusters": 2, "nb_dims": 10, "reduce": "PCA"})``
    """

    defence: type[Any]
    parameters: Mapping[str, Any] = field(default_factory=dict)

    family: ClassVar[Family] = Family.SHORTCUT
    layer: ClassVar[Layer] = Layer.REPRESENTATION
    modalities: ClassVar[frozenset[Modality]] = frozenset(Modality)
    needs: ClassVar[frozenset[Need]] = frozenset({Need.FEATURES})

    @property
    def name(self) -> str:
        """``art-`` and the name of the defence."""
        return f"art-{self.defence.__name__.lower()}"

    def fit(self, view: View, rng: np.random.Generator) -> Scorer:  # noqa: ARG002
        """Nothing is learnt: the detector must see labels and rows together."""
        seed = int(rng.integers(2**31))

        def score(view: View) -> Scores:
            return Scores(_suspected(self.defence, dict(self.parameters), view, seed))

        return score


def _suspected(defence: type[Any], parameters: dict[str, Any], view: View, seed: int) -> Floats:
    assert view.features is not None
    x = np.ascontiguousarray(view.features, dtype=np.float32)
    onehot = np.eye(len(view.classes), dtype=np.float32)[view.labels]
    state = np.random.get_state()  # noqa: NPY002 - the toolbox clusters from the global state
    np.random.seed(seed)  # noqa: NPY002
    try:
        _, clean = defence(_readout(x.shape[1], len(view.classes)), x, onehot).detect_poison(
            **parameters
        )
    finally:
        np.random.set_state(state)  # noqa: NPY002
    return 1.0 - np.asarray(clean, dtype=np.float64)


def _readout(d: int, k: int) -> Any:
    """A classifier of the toolbox whose last hidden layer is its input."""
    try:
        import torch  # noqa: PLC0415
        from art.estimators.classification import PyTorchClassifier  # noqa: PLC0415
    except ImportError as error:
        raise MissingExtraError("a detector of ART", "art") from error

    class Readout(torch.nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.out, self.hidden = torch.nn.Linear(d, k), torch.nn.Identity()

        def forward(self, x: Any) -> Any:
            return self.out(self.hidden(x))

    return PyTorchClassifier(Readout(), torch.nn.CrossEntropyLoss(), (d,), k, device_type="cpu")
