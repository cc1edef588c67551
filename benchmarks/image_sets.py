"""Sets of images, real and made, grey and colour: rows to poison and rows that stay clean."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
from scipy import ndimage

from benchmarks.fresh_images import drawn_faces, drawn_shapes, noisy_gratings, textures, vendors
from benchmarks.fresh_sets import digits
from benchmarks.sets import Split, read_sample
from foretaste.attack.contract import Sample
from foretaste.types import Images, Modality

__all__ = ["IMAGE_SETS", "read_split"]

FOLDERS = ("fashion-mnist", "mnist", "pneumoniamnist", "breastmnist")
MADE = {
    "digits": digits,
    "gratings": noisy_gratings,
    "shapes": drawn_shapes,
    "faces": drawn_faces,
    "textures": textures,
    "vendors": vendors,
}
IMAGE_SETS = (*FOLDERS, *MADE, "tinted", "tinted-64")


def read_split(name: str, data: Path, rows: int, test: int, seed: int) -> Split:
    """At most `rows` rows to poison and `test` rows to try a model on, drawn with `seed`."""
    rng = np.random.default_rng([20_000, seed])
    sample = _maker(name, data)(rng)
    test = min(test, len(sample) // 4)
    order = rng.permutation(len(sample))[: rows + test]
    return Split(sample.take(order[test:]), sample.take(order[:test]))


def _maker(name: str, data: Path) -> Callable[[np.random.Generator], Sample]:
    if name in MADE:
        return MADE[name]
    if name.startswith("tinted"):
        garments = _read(data, "fashion-mnist")
        return lambda rng: _tinted(garments, 64 if name.endswith("64") else 32, rng)
    return lambda _rng: _read(data, name)


def _read(data: Path, name: str) -> Sample:
    return read_sample(data / name / "train.parquet", Modality.IMAGE)


def _tinted(garments: Sample, side: int, rng: np.random.Generator) -> Sample:
    """Garments in a cloth of any colour before a cloudy ground of any other, in colour.

    Clouds have the spectrum of photographs (amplitude falls as one over frequency).
    """
    rows = rng.choice(len(garments), size=min(6_000, len(garments)), replace=False)
    chosen = garments.take(rows)
    assert isinstance(chosen.content, Images)
    grey = chosen.content.values[..., 0].astype(np.float64) / 255
    pad = (32 - grey.shape[1]) // 2
    cover = np.pad(grey, ((0, 0), (pad, pad), (pad, pad)))
    if side != 32:
        cover = ndimage.zoom(cover, (1, side / 32, side / 32), order=1)
    n = len(cover)
    ground = _clouds(n, side, rng) * 60 + rng.uniform(30, 225, size=(n, 1, 1, 3))
    cloth = rng.uniform(40, 255, size=(n, 1, 1, 3))
    shade = np.minimum(cover * 1.6, 1.0)[..., None]  # how much of the ground is hidden
    mixed = shade * cloth * (0.35 + 0.65 * cover[..., None]) + (1 - shade) * ground
    mixed += rng.normal(scale=4, size=mixed.shape)
    pixels = np.clip(np.rint(mixed), 0, 255).astype(np.uint8)
    return Sample(Images(pixels), chosen.labels, chosen.classes)


def _clouds(n: int, side: int, rng: np.random.Generator) -> np.ndarray:
    """(n, side, side, 3) random fields of unit spread, colours alike."""
    down, across = np.fft.fftfreq(side)[:, None], np.fft.rfftfreq(side)[None, :]
    amplitude = 1.0 / np.maximum(np.hypot(down, across), 1.0 / side)
    base = rng.normal(size=(n, side, side, 1)) + 0.4 * rng.normal(size=(n, side, side, 3))
    field = np.fft.irfft2(np.fft.rfft2(base, axes=(1, 2)) * amplitude[..., None], axes=(1, 2))
    return np.asarray(field / field.std(axis=(1, 2, 3), keepdims=True))
