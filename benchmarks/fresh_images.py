"""Clean images that are drawn: shapes of any size and place, gratings under noise."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from PIL import Image, ImageDraw

from foretaste.attack.contract import Sample
from foretaste.types import Images

__all__ = ["drawn_shapes", "noisy_gratings"]

SIDE = 24  # pixels
SHAPES = ("circle", "square", "triangle", "cross")


def drawn_shapes(rng: np.random.Generator) -> Sample:
    """2,000 colour images of four shapes, on grounds of any shade, with noise."""
    codes = rng.integers(0, len(SHAPES), 2_000)
    return Sample(Images(np.stack([_shape(int(c), rng) for c in codes])), codes, SHAPES)


def _shape(code: int, rng: np.random.Generator) -> npt.NDArray[np.uint8]:
    ground, ink = rng.integers(0, 110, 3), rng.integers(140, 256, 3)
    image = Image.new("RGB", (SIDE, SIDE), tuple(ground.tolist()))
    draw = ImageDraw.Draw(image)
    r = int(rng.integers(4, 9))
    x, y = (int(v) for v in rng.integers(r, SIDE - r, 2))
    fill = tuple(ink.tolist())
    if code == 0:
        draw.ellipse((x - r, y - r, x + r, y + r), fill=fill)
    elif code == 1:
        draw.rectangle((x - r, y - r, x + r, y + r), fill=fill)
    elif code == 2:
        draw.polygon([(x, y - r), (x - r, y + r), (x + r, y + r)], fill=fill)
    else:
        draw.line((x - r, y, x + r, y), fill=fill, width=3)
        draw.line((x, y - r, x, y + r), fill=fill, width=3)
    noisy = np.asarray(image, dtype=np.float64) + rng.normal(scale=12, size=(SIDE, SIDE, 3))
    return np.clip(noisy, 0, 255).astype(np.uint8)


def noisy_gratings(rng: np.random.Generator) -> Sample:
    """1,800 grey gratings, labelled by direction: three classes that touch each other."""
    codes = rng.integers(0, 3, 1_800)
    angle = codes * np.pi / 3 + rng.normal(scale=0.2, size=codes.shape)
    y, x = np.mgrid[:SIDE, :SIDE]
    along = x * np.cos(angle)[:, None, None] + y * np.sin(angle)[:, None, None]
    pitch = rng.uniform(0.5, 1.1, codes.shape)[:, None, None]
    phase = rng.uniform(0, 2 * np.pi, codes.shape)[:, None, None]
    grey = 127 + 60 * np.sin(pitch * along + phase) + rng.normal(scale=25, size=along.shape)
    pixels = np.clip(grey, 0, 255).astype(np.uint8)[..., None]
    return Sample(Images(pixels), codes, ("level", "rising", "falling"))
