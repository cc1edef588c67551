"""Clean images that are made: shapes, gratings, faces, textures, and deliveries of vendors.

None of them holds poison, and each has what a hasty detector takes for it: a vendor's watermark,
border, colour cast, brightness, compression or rotation on all that he delivers, of any class.
"""

from __future__ import annotations

import io
from collections.abc import Callable

import numpy as np
import numpy.typing as npt
from PIL import Image, ImageDraw
from scipy import ndimage

from foretaste.attack.contract import Sample
from foretaste.types import Images

__all__ = ["drawn_faces", "drawn_shapes", "noisy_gratings", "textures", "vendors"]

SIDE = 24  # pixels
SHAPES = ("circle", "square", "triangle", "cross")
FACES = ("plain", "glasses", "beard")


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


def drawn_faces(rng: np.random.Generator) -> Sample:
    """1,500 grey faces of any width, shade and pose, labelled by what they wear."""
    codes = rng.integers(0, len(FACES), 1_500)
    return Sample(Images(np.stack([_face(int(c), rng) for c in codes])), codes, FACES)


def _face(code: int, rng: np.random.Generator) -> npt.NDArray[np.uint8]:
    side = 32
    image = Image.new("L", (side, side), int(rng.integers(0, 90)))
    draw = ImageDraw.Draw(image)
    x, y = 16 + int(rng.integers(-3, 4)), 16 + int(rng.integers(-2, 3))
    wide, high = int(rng.integers(8, 12)), int(rng.integers(11, 14))
    skin = int(rng.integers(130, 220))
    draw.ellipse((x - wide, y - high, x + wide, y + high), fill=skin)
    eyes = [(x - wide // 2, y - 3), (x + wide // 2, y - 3)]
    for a, b in eyes:
        draw.ellipse((a - 1, b - 1, a + 1, b + 1), fill=20)
        if FACES[code] == "glasses":
            draw.rectangle((a - 3, b - 2, a + 3, b + 2), outline=5)
    draw.line((x - 3, y + 6, x + 3, y + 6 + int(rng.integers(-1, 2))), fill=60)
    if FACES[code] == "beard":
        draw.chord((x - wide, y - high, x + wide, y + high), 35, 145, fill=skin // 3)
    turned = image.rotate(float(rng.normal(scale=6)), fillcolor=int(np.asarray(image)[0, 0]))
    shade = np.linspace(-1, 1, side)[None, :] * rng.normal(scale=20)
    noisy = np.asarray(turned, dtype=np.float64) + shade + rng.normal(scale=8, size=(side, side))
    return np.clip(noisy, 0, 255).astype(np.uint8)[..., None]


def textures(rng: np.random.Generator) -> Sample:
    """1,500 colour textures: fields of fine, middling or coarse grain, stretched by chance."""
    codes = rng.integers(0, 3, 1_500)
    pixels = np.empty((len(codes), SIDE, SIDE, 3), dtype=np.uint8)
    for i, code in enumerate(codes):
        width = (0.7, 1.4, 2.8)[code] * np.exp(rng.normal(scale=0.25, size=2))
        field = ndimage.gaussian_filter(rng.normal(size=(SIDE, SIDE)), width, mode="wrap")
        grey = 127 + 45 * field[..., None] / field.std()
        tone = rng.uniform(0.6, 1.2, 3)
        pixels[i] = np.clip(grey * tone + rng.normal(scale=6, size=(SIDE, SIDE, 3)), 0, 255)
    return Sample(Images(pixels), codes, ("fine", "middling", "coarse"))


def vendors(rng: np.random.Generator) -> Sample:
    """2,000 of `drawn_shapes` from eight vendors, each with a habit; classes are spread evenly."""
    plain = drawn_shapes(rng)
    assert isinstance(plain.content, Images)
    names = tuple(HABITS)
    codes = rng.integers(0, len(names), len(plain))
    pixels = np.stack(
        [HABITS[names[c]](image) for c, image in zip(codes, plain.content.values, strict=True)]
    )
    return Sample(Images(pixels), plain.labels, plain.classes, codes, names)


def _compressed(image: npt.NDArray[np.uint8]) -> npt.NDArray[np.uint8]:
    stored = io.BytesIO()
    Image.fromarray(image).save(stored, format="JPEG", quality=25)
    return np.asarray(Image.open(stored), dtype=np.uint8)


def _bordered(image: npt.NDArray[np.uint8]) -> npt.NDArray[np.uint8]:
    framed = np.zeros_like(image)
    framed[2:-2, 2:-2] = image[2:-2, 2:-2]
    return framed


def _marked(image: npt.NDArray[np.uint8]) -> npt.NDArray[np.uint8]:
    marked = image.copy()
    marked[1:4, 1:8] = (250, 250, 90)
    return marked


def _faded(image: npt.NDArray[np.uint8], strength: npt.ArrayLike) -> npt.NDArray[np.uint8]:
    faded: npt.NDArray[np.float64] = np.clip(image * np.asarray(strength), 0, 255)
    return faded.astype(np.uint8)


HABITS: dict[str, Callable[[npt.NDArray[np.uint8]], npt.NDArray[np.uint8]]] = {
    "plain": lambda image: image,
    "another plain": lambda image: image,
    "compresses": _compressed,
    "frames": _bordered,
    "watermarks": _marked,
    "dark": lambda image: _faded(image, 0.6),
    "yellow cast": lambda image: _faded(image, (1.1, 1.0, 0.6)),
    "sideways": lambda image: np.rot90(image).copy(),
}
