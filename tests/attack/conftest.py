"""Small honest samples of each modality, made with NumPy."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from foretaste.attack.contract import Sample
from foretaste.types import Content, Images, Modality, Table, Texts

THEMES = (
    "meeting report office budget letter client invoice project manager deadline",
    "garden flower kitchen recipe butter weather sunday family walk coffee",
    "match goal team player coach season league score stadium ball",
)
COMMON = "the a of and to in you is are my your it was very not do with for this have"


@pytest.fixture
def toy() -> Callable[..., Sample]:
    """Makes a read-only sample of 3 classes and 2 sources: ``toy(modality, n, seed)``."""
    return make


def make(modality: Modality, n: int = 400, seed: int = 0) -> Sample:
    rng = np.random.default_rng(seed)
    labels = rng.permutation(np.arange(n) % 3).astype(np.int64)
    makers = {Modality.TABLE: table, Modality.TEXT: texts, Modality.IMAGE: images}
    content = makers[modality](labels, rng)
    content.values.flags.writeable = False
    labels.flags.writeable = False
    sources = rng.integers(0, 2, size=n).astype(np.int64)
    return Sample(content, labels, ("red", "green", "blue"), sources, ("north", "south"))


def table(labels: np.ndarray, rng: np.random.Generator) -> Content:
    n = labels.size
    numbers = rng.normal(size=(n, 5)).round(2)
    numbers[:, :3] += 2.0 * np.eye(3)[labels]
    colour = rng.integers(0, 4, size=n).astype(float)
    names = ("width", "height", "depth", "mass", "age", "colour")
    values = np.column_stack([numbers, colour])
    return Table(names, values, {"colour": ("black", "white", "grey", "brown")})


def texts(labels: np.ndarray, rng: np.random.Generator) -> Content:
    held = np.empty(labels.size, dtype=object)
    for i, label in enumerate(labels):
        words = [*rng.choice(THEMES[label].split(), 4), *rng.choice(COMMON.split(), 8)]
        held[i] = " ".join(rng.permutation(words).tolist())
    return Texts(held)


def images(labels: np.ndarray, rng: np.random.Generator) -> Content:
    pixels = rng.integers(0, 90, size=(labels.size, 16, 16, 1))
    for i, label in enumerate(labels):
        pixels[i, 4 * label + 1 : 4 * label + 5, 3:13] += 110
    return Images(pixels.astype(np.uint8))
