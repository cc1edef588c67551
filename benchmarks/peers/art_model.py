"""The reference model's features as a classifier of the Adversarial Robustness Toolbox."""

from __future__ import annotations

from typing import Any

import numpy as np

from benchmarks.reference import Seen

__all__ = ["over_features"]


def over_features(seen: Seen) -> tuple[Any, Any, Any]:
    """A classifier whose last hidden layer is `seen.features`, its inputs, one-hot labels.

    ART reads activations of the layer that was named last; here that is the identity.
    """
    import torch  # noqa: PLC0415  # optional
    from art.estimators.classification import PyTorchClassifier  # noqa: PLC0415  # optional

    class Readout(torch.nn.Module):
        def __init__(self, d: int, k: int) -> None:
            super().__init__()
            self.out, self.hidden = torch.nn.Linear(d, k), torch.nn.Identity()

        def forward(self, x: Any) -> Any:
            return self.out(self.hidden(x))

    x = seen.features.astype(np.float32)
    k = len(seen.sample.classes)
    model = PyTorchClassifier(
        Readout(x.shape[1], k), torch.nn.CrossEntropyLoss(), (x.shape[1],), k, device_type="cpu"
    )
    return model, x, np.eye(k, dtype=np.float32)[seen.labels]
