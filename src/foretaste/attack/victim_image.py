"""The image victim: a small convolutional network, or random convolutions without torch."""

from __future__ import annotations

import importlib.util
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from sklearn.linear_model import LogisticRegression, RidgeClassifier

from foretaste.attack.contract import Sample
from foretaste.attack.pixels import as_images
from foretaste.types import Content

__all__ = [
    "HeadVictim",
    "LinearVictim",
    "NetworkVictim",
    "as_batch",
    "as_values",
    "make_network",
    "train",
    "train_head",
    "train_linear",
    "train_network",
]

Ints = npt.NDArray[np.int64]


@dataclass(frozen=True)
class NetworkVictim:
    """A trained network (a torch module)."""

    network: Any

    def predict(self, content: Content) -> Ints:
        """(n,) class codes."""
        import torch  # noqa: PLC0415  # optional

        pixels = as_batch(as_images(content).values)
        with torch.no_grad():
            codes = [
                self.network(pixels[start : start + 500]).argmax(dim=1).numpy()
                for start in range(0, len(pixels), 500)
            ]
        return np.concatenate(codes).astype(np.int64)


def as_batch(values: npt.NDArray[np.uint8]) -> Any:
    """(n, c, h, w) float32 torch tensor in 0–1 from (n, h, w, c) grey levels."""
    import torch  # noqa: PLC0415  # optional

    return torch.from_numpy(values.transpose(0, 3, 1, 2).astype(np.float32, order="C")) / 255


def as_values(pixels: Any) -> npt.NDArray[np.uint8]:
    """(n, h, w, c) grey levels from an (n, c, h, w) torch tensor in 0–1."""
    levels: npt.NDArray[np.float32] = 255 * pixels.numpy().transpose(0, 2, 3, 1)
    return np.rint(levels).astype(np.uint8)


def make_network(shape: tuple[int, ...], classes: int) -> Any:
    """Two 3×3 convolutions (24 and 48 filters), each with pooling, and two dense layers.

    `shape` is (h, w, c) of an image.
    """
    from torch import nn  # noqa: PLC0415  # optional

    height, width, channels = shape
    return nn.Sequential(
        nn.Conv2d(channels, 24, 3, padding=1),
        nn.ReLU(),
        nn.MaxPool2d(2),
        nn.Conv2d(24, 48, 3, padding=1),
        nn.ReLU(),
        nn.MaxPool2d(2),
        nn.Flatten(),
        nn.Linear(48 * (height // 4) * (width // 4), 96),
        nn.ReLU(),
        nn.Linear(96, classes),
    )


def train_network(sample: Sample, seed: int, epochs: int = 10) -> NetworkVictim:
    """Train the network: Adam, one cycle of learning rates, batches of 128."""
    import torch  # noqa: PLC0415  # optional
    from torch import nn  # noqa: PLC0415  # optional

    images = as_images(sample.content)
    with torch.random.fork_rng():
        torch.manual_seed(seed)
        network = make_network(images.values.shape[1:], len(sample.classes))
        pixels, labels = as_batch(images.values), torch.from_numpy(sample.labels.copy())
        steps = epochs * -(-len(sample) // 128)
        optimiser = torch.optim.Adam(network.parameters(), lr=1e-3)
        schedule = torch.optim.lr_scheduler.OneCycleLR(optimiser, max_lr=3e-3, total_steps=steps)
        loss_of = nn.CrossEntropyLoss()
        for _ in range(epochs):
            for rows in torch.split(torch.randperm(len(sample)), 128):
                optimiser.zero_grad()
                loss_of(network(pixels[rows]), labels[rows]).backward()
                optimiser.step()
                schedule.step()
    network.eval()
    return NetworkVictim(network)


@dataclass(frozen=True)
class HeadVictim:
    """A linear head on frozen features (a torch module): transfer learning."""

    features: Any
    head: LogisticRegression

    def predict(self, content: Content) -> Ints:
        """(n,) class codes."""
        codes: Ints = self.head.predict(read_features(self.features, content))
        return codes.astype(np.int64)


def read_features(features: Any, content: Content) -> npt.NDArray[np.float32]:
    """(n, d) outputs of a torch module."""
    import torch  # noqa: PLC0415  # optional

    with torch.no_grad():
        blocks = torch.split(as_batch(as_images(content).values), 500)
        return np.concatenate([features(block).numpy() for block in blocks])


def train_head(features: Any) -> Callable[[Sample, int], HeadVictim]:
    """A trainer that keeps `features` and fits logistic regression on them."""

    def fit(sample: Sample, seed: int) -> HeadVictim:
        head = LogisticRegression(max_iter=2000, random_state=seed)
        head.fit(read_features(features, sample.content), sample.labels)
        return HeadVictim(features, head)

    return fit


@dataclass(frozen=True)
class LinearVictim:
    """A ridge classifier of random convolutions, pooled on a 7×7 grid.

    `filters` is (m, 5, 5, c), `biases` (m,).
    """

    model: RidgeClassifier
    filters: npt.NDArray[np.float32]
    biases: npt.NDArray[np.float32]

    def predict(self, content: Content) -> Ints:
        """(n,) class codes."""
        codes: Ints = self.model.predict(self.features(content))
        return codes.astype(np.int64)

    def features(self, content: Content) -> npt.NDArray[np.float32]:
        """(n, m · 49) means of rectified filter responses."""
        values = as_images(content).values.astype(np.float32) / np.float32(255)
        blocks = [self._block(values[i : i + 500]) for i in range(0, len(values), 500)]
        return np.concatenate(blocks)

    def _block(self, values: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
        windows = np.lib.stride_tricks.sliding_window_view(values, (5, 5), axis=(1, 2))
        flat = self.filters.transpose(0, 3, 1, 2).reshape(len(self.filters), -1)
        response = windows.reshape(*windows.shape[:3], -1) @ flat.T - self.biases
        response = np.maximum(response, 0)
        cut = [np.linspace(0, side, 8).astype(int)[:-1] for side in response.shape[1:3]]
        pooled = np.add.reduceat(np.add.reduceat(response, cut[0], axis=1), cut[1], axis=2)
        return np.asarray(pooled.reshape(len(values), -1), dtype=np.float32)


def train_linear(sample: Sample, seed: int) -> LinearVictim:
    """Draw 32 random filters and fit the linear model on their responses."""
    rng = np.random.default_rng(seed)
    channels = as_images(sample.content).values.shape[3]
    filters = rng.normal(size=(32, 5, 5, channels)).astype(np.float32)
    blank = LinearVictim(
        RidgeClassifier(alpha=100.0), filters, rng.normal(size=32).astype(np.float32)
    )
    blank.model.fit(blank.features(sample.content), sample.labels)
    return blank


def train(sample: Sample, seed: int) -> NetworkVictim | LinearVictim:
    """The network where torch is installed, the linear model otherwise."""
    if importlib.util.find_spec("torch") is None:
        return train_linear(sample, seed)
    return train_network(sample, seed)
