"""A small convolutional network: it learns what no linear model can, such as a patch anywhere."""

from __future__ import annotations

import importlib.util
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from foretaste.modality.image import as_images, reduced
from foretaste.types import Content

__all__ = ["NetworkLearner", "fit_network"]

EPOCHS = 8
BATCH = 64
RATE = 4e-3  # the highest of one cycle
MOST_STEPS = 1_500  # of descent: what a larger set costs more than 12,000 images is bounded
AT_ONCE = 500


@dataclass(frozen=True)
class NetworkLearner:
    """A trained network (a torch module)."""

    network: Any

    def __call__(self, content: Content) -> npt.NDArray[np.float64]:
        """(n, k) scores."""
        import torch  # noqa: PLC0415  # optional

        pixels = _batch(content)
        with torch.no_grad(), _one_thread():
            parts = [self.network(part).numpy() for part in torch.split(pixels, AT_ONCE)]
        return np.concatenate(parts).astype(np.float64)


def fit_network(
    content: Content, labels: npt.NDArray[np.int64], n_classes: int, rng: np.random.Generator
) -> NetworkLearner | None:
    """Train the network; None where torch is not installed.

    Two 3×3 convolutions with pooling. Their maps are read twice: place by place, and by the
    strongest response anywhere. The same seed gives the same weights.

    Parameters
    ----------
    content
        `Images`.
    labels
        (n,) class codes.
    n_classes
        k.
    rng
        For weights and batches.
    """
    if importlib.util.find_spec("torch") is None:
        return None
    import torch  # noqa: PLC0415  # optional

    pixels, target = _batch(content), torch.from_numpy(labels.copy())
    steps = min(MOST_STEPS, EPOCHS * -(-len(labels) // BATCH))
    with torch.random.fork_rng(devices=[]), _one_thread():
        torch.manual_seed(int(rng.integers(2**31)))
        network = _network(tuple(pixels.shape[1:]), n_classes)
        optimiser = torch.optim.Adam(network.parameters(), lr=RATE / 10)
        schedule = torch.optim.lr_scheduler.OneCycleLR(optimiser, max_lr=RATE, total_steps=steps)
        loss_of = torch.nn.CrossEntropyLoss()
        for rows in _batches(len(labels), steps, rng):
            optimiser.zero_grad()
            loss_of(network(pixels[rows]), target[rows]).backward()
            optimiser.step()
            schedule.step()
    network.eval()
    return NetworkLearner(network)


def _batches(n: int, steps: int, rng: np.random.Generator) -> Iterator[Any]:
    """`steps` batches of rows; every row once before any comes again."""
    import torch  # noqa: PLC0415  # optional

    given = 0
    while given < steps:
        order = torch.from_numpy(rng.permutation(n))
        for rows in torch.split(order, BATCH)[: steps - given]:
            given += 1
            yield rows


def _network(shape: tuple[int, ...], n_classes: int) -> Any:
    """`shape` is (c, h, w)."""
    import torch  # noqa: PLC0415  # optional
    from torch import nn  # noqa: PLC0415  # optional

    class TwoReadings(nn.Module):
        """Convolutions whose maps are read at their places, and wherever they respond most."""

        def __init__(self) -> None:
            super().__init__()
            channels, height, width = shape
            self.maps = nn.Sequential(
                nn.Conv2d(channels, 16, 3, padding=1),
                nn.ReLU(),
                nn.MaxPool2d(2),
                nn.Conv2d(16, 32, 3, padding=1),
                nn.ReLU(),
            )
            read = 32 * (height // 4) * (width // 4) + 32
            self.label = nn.Sequential(nn.Linear(read, 64), nn.ReLU(), nn.Linear(64, n_classes))

        def forward(self, pixels: Any) -> Any:
            maps = self.maps(pixels)
            places = nn.functional.max_pool2d(maps, 2).flatten(1)
            return self.label(torch.cat([places, torch.amax(maps, dim=(2, 3))], dim=1))

    return TwoReadings()


def _batch(content: Content) -> Any:
    """(n, c, h, w) float32 torch tensor, centred, from grey levels."""
    import torch  # noqa: PLC0415  # optional

    values = reduced(as_images(content).values).transpose(0, 3, 1, 2)
    return torch.from_numpy(values.astype(np.float32, order="C")) / 255.0 - 0.5


@contextmanager
def _one_thread() -> Iterator[None]:
    """Sums depend on how they are split over threads: one, whatever the machine has."""
    import torch  # noqa: PLC0415  # optional

    before = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(before)
