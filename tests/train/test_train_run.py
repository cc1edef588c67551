"""Images are trained on, by the same call as tables and texts."""

from __future__ import annotations

import numpy as np

from foretaste.data import open_dataset
from foretaste.train import train_partitioned


def test_images_are_trained_on() -> None:
    """Stripes that lie or stand, in noise."""
    rng = np.random.default_rng(0)
    y = rng.integers(0, 2, 200)
    stripes = np.tile(np.where(np.arange(12) % 4 < 2, 160, 60), (12, 1))
    clean = np.stack([stripes if label else stripes.T for label in y])
    pixels = np.clip(clean + rng.normal(0, 20, clean.shape), 0, 255).astype(np.uint8)
    names = np.array(["lie", "stand"])[y]
    trained = train_partitioned(open_dataset((pixels[..., None], names)), partitions=5)
    assert trained.data.modality.value == "image"
    assert trained.curve.accuracy > 0.9
    assert trained.curve.at(1) > 0.9
