"""The attacker's own network, and the single inputs that some attacks aim at. Needs torch."""

from __future__ import annotations

import importlib.util
from typing import Any

import numpy as np

from foretaste.attack.contract import Sample
from foretaste.attack.pixels import as_images, with_pixels
from foretaste.attack.victim_image import train_network
from foretaste.errors import MissingExtraError, UsageError
from foretaste.types import Images

__all__ = ["draw_instances", "features_of", "need_torch", "train_surrogate"]


def need_torch(attack: str) -> None:
    """An error that names the extra, where torch is not installed."""
    if importlib.util.find_spec("torch") is None:
        raise MissingExtraError(f"the attack {attack}", "torch")


def train_surrogate(sample: Sample, rng: np.random.Generator, epochs: int) -> Any:
    """A torch network of the victim's kind, trained on the sample, with weights frozen."""
    network = train_network(sample, int(rng.integers(2**31)), epochs).network
    for weight in network.parameters():
        weight.requires_grad_(requires_grad=False)
    return network


def features_of(network: Any) -> Any:
    """The network without its last layer."""
    return network[:-1]


def draw_instances(sample: Sample, victim: int, count: int, rng: np.random.Generator) -> Images:
    """`count` new images of class `victim`: halfway between a row and the one most like it."""
    images = as_images(sample.content)
    own = np.flatnonzero(sample.labels == victim)
    if not 1 <= count <= own.size - 1:
        raise UsageError(f"instances must be 1 to {own.size - 1}, got {count}")
    pixels = images.values[own].astype(np.float64)
    made = []
    for i in rng.choice(own.size, size=count, replace=False):
        distance = ((pixels - pixels[i]) ** 2).sum(axis=(1, 2, 3))
        distance[i] = np.inf
        made.append((pixels[i] + pixels[distance.argmin()]) / 2)
    return with_pixels(images, np.stack(made))
