"""Encoded or array images as (n, h, w, c) uint8 of one working size, decoded with care.

Headers are read first: no large image is decoded before all are known to be small enough. Only
plain raster formats are opened. Alpha is dropped and not blended, as training loaders do: what
is hidden below a transparent pixel is what a model would learn from.
"""

from __future__ import annotations

import io
import warnings
from collections import Counter
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import numpy.typing as npt
from PIL import Image

from foretaste.data.kinds import image_bytes
from foretaste.errors import UnreadableDataError
from foretaste.types import Images

__all__ = ["MAX_PIXELS", "decode_images", "working_size"]

MAX_PIXELS = 50_000_000
WORKING = 64  # pixels on the longer side
_FORMATS = ("PNG", "JPEG", "GIF", "BMP", "WEBP", "TIFF", "PPM")
_GREY = frozenset({"1", "L", "LA", "La", "I", "F", "I;16", "I;16B", "I;16L", "I;16N"})

Pixels = npt.NDArray[np.uint8]
Blocks = Callable[[], Iterator[Any]]  # of arrays of the image column, again at each call


def decode_images(blocks: Blocks, name: Callable[[int], str], n_rows: int) -> Images:
    """Decode a column of encoded images.

    Parameters
    ----------
    blocks
        Gives the column from the start, block by block; called twice (headers, pixels).
    name
        What row i is called in errors.
    n_rows
        The number of rows.

    Raises
    ------
    UnreadableDataError
        An image is missing, damaged, truncated, or has more than 50 million pixels.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # odd metadata; pixels are what counts
        warnings.simplefilter("error", Image.DecompressionBombWarning)
        return _decoded(blocks, name, n_rows)


def _decoded(blocks: Blocks, name: Callable[[int], str], n_rows: int) -> Images:
    sizes: Counter[tuple[int, int]] = Counter()
    small: dict[int, Image.Image] = {}  # decoded at once, which saves opening them again
    grey, bad = True, list[str]()
    for row, encoded in _encoded(blocks):
        try:
            image = _header(encoded)
            grey &= image.mode in _GREY
            sizes[image.height, image.width] += 1
            if max(image.size) <= WORKING:
                small[row] = _loaded(image)
        except _Unreadable as error:
            bad.append(f"{name(row)}: {error}")
    _complain(bad, n_rows)
    height, width = working_size(sizes)
    out = np.empty((n_rows, height, width, 1 if grey else 3), dtype=np.uint8)
    for row, encoded in _encoded(blocks) if len(small) < n_rows else dict.fromkeys(small).items():
        try:
            image = small.pop(row) if row in small else _loaded(_header(encoded))
            out[row] = _resized(image.convert("L" if grey else "RGB"), height, width)
        except _Unreadable as error:
            bad.append(f"{name(row)}: {error}")
    _complain(bad, n_rows)
    return Images(out, sizes.most_common(1)[0][0] if sizes else None)


def working_size(sizes: Counter[tuple[int, int]]) -> tuple[int, int]:
    """The common (height, width): the most frequent size, reduced to 64 on the longer side.

    Examples
    --------
    >>> working_size(Counter({(28, 28): 10}))
    (28, 28)
    >>> working_size(Counter({(480, 640): 3, (64, 64): 1}))
    (48, 64)
    """
    if not sizes:
        return (1, 1)
    height, width = max(sizes, key=lambda size: (sizes[size], size))
    scale = min(1.0, WORKING / max(height, width))
    return max(1, round(height * scale)), max(1, round(width * scale))


class _Unreadable(Exception):  # noqa: N818 - never leaves this file
    """Why one image cannot be read."""


def _encoded(blocks: Blocks) -> Iterator[tuple[int, bytes | None]]:
    row = 0
    for block in blocks():
        for value in image_bytes(block):
            yield row, value.as_py()
            row += 1


def _complain(bad: list[str], n_rows: int) -> None:
    if bad:
        shown = "; ".join(bad[:5]) + ("; ..." if len(bad) > 5 else "")
        raise UnreadableDataError(
            f"{len(bad)} of {n_rows} images cannot be read: {shown}; "
            "remove these rows or fetch them again"
        )


def _opened(encoded: bytes | None) -> Image.Image:
    if not encoded:
        raise _Unreadable("no image bytes (paths are not followed)")
    try:
        return Image.open(io.BytesIO(encoded), formats=_FORMATS)
    except (Image.DecompressionBombError, Image.DecompressionBombWarning):
        raise _Unreadable(f"above the limit of {MAX_PIXELS // 1_000_000} megapixels") from None
    except Exception as error:
        raise _Unreadable("not a readable image") from error


def _header(encoded: bytes | None) -> Image.Image:
    """The image, not yet decoded, if it is not too large."""
    image = _opened(encoded)
    if image.width * image.height > MAX_PIXELS:
        raise _Unreadable(
            f"{image.width} × {image.height} pixels, "
            f"the limit is {MAX_PIXELS // 1_000_000} megapixels"
        )
    return image


def _loaded(image: Image.Image) -> Image.Image:
    """The image decoded, in 8 bits a channel."""
    try:
        image.load()
        return _eight_bit(image)
    except Exception as error:
        reason = (str(error).splitlines() or ["damaged"])[0][:100]
        raise _Unreadable(f"damaged or truncated ({reason})") from error


def _resized(image: Image.Image, height: int, width: int) -> Pixels:
    if image.size != (width, height):
        image = image.resize((width, height), Image.Resampling.BOX)
    return np.asarray(image, dtype=np.uint8).reshape(height, width, -1)


def _eight_bit(image: Image.Image) -> Image.Image:
    """Deep grey images scaled to 0..255 (16 bit by their range, floats up to 1 by theirs)."""
    if image.mode == "F" or image.mode.startswith("I"):
        values = np.asarray(image).astype(np.float64)
        top = float(values.max(initial=0.0))
        scale = 255.0 if image.mode == "F" and top <= 1.0 else 1.0
        if image.mode.startswith("I;16") or top > 255.0:
            scale = 255.0 / 65535.0
        eight = np.clip(np.rint(np.nan_to_num(values) * scale), 0, 255).astype(np.uint8)
        return Image.fromarray(eight)
    if image.mode in {"P", "PA"}:
        return image.convert("RGBA").convert("RGB")
    return image
