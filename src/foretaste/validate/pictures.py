"""What can be said of an encoded image: can it be read, and how large, which mode, how bright."""

from __future__ import annotations

import hashlib
import io
import warnings
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from PIL import Image

from foretaste.data.images import MAX_PIXELS
from foretaste.data.kinds import image_bytes

__all__ = ["Facts", "facts_of", "look_at"]

_FORMATS = ("PNG", "JPEG", "GIF", "BMP", "WEBP", "TIFF", "PPM")
_GLANCE = 32  # pixels on a side at which brightness is taken


@dataclass(frozen=True)
class Facts:
    """Of one image. `problem` is empty if it can be read; the rest is as far as it could be."""

    problem: str = ""
    width: int = 0
    height: int = 0
    mode: str = ""
    brightness: float = float("nan")  # mean of grey, 0 to 255
    digest: bytes = b""  # of the encoded bytes

    @property
    def aspect(self) -> float:
        """The longer side over the shorter."""
        shorter = min(self.width, self.height)
        return max(self.width, self.height) / shorter if shorter else float("nan")


def facts_of(values: Any) -> Iterator[Facts | None]:
    """The facts of every image of an Arrow array; None where there is none."""
    for value in image_bytes(values):
        encoded = value.as_py()
        yield None if encoded is None else look_at(encoded)


def look_at(encoded: bytes) -> Facts:
    """Read the header, then the pixels; nothing above 50 megapixels is decoded.

    Examples
    --------
    >>> look_at(b"GIF8 no more").problem
    'not an image that can be read'
    """
    digest = hashlib.sha256(encoded).digest()[:16]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            image = Image.open(io.BytesIO(encoded), formats=_FORMATS)
        except Image.DecompressionBombError:
            return Facts("above the limit of 50 megapixels", digest=digest)
        except Exception:  # noqa: BLE001 - decoders raise anything on damaged bytes
            return Facts("not an image that can be read", digest=digest)
        known = Facts("", image.width, image.height, image.mode, digest=digest)
        if image.width * image.height > MAX_PIXELS:
            problem = f"{image.width} × {image.height} pixels, above 50 megapixels"
            return Facts(problem, image.width, image.height, image.mode, digest=digest)
        try:
            image.load()
            small = image.convert("L").resize((_GLANCE, _GLANCE), Image.Resampling.BOX)
        except Exception as error:  # noqa: BLE001 - the same
            reason = (str(error).splitlines() or ["damaged"])[0][:80]
            problem = f"damaged or truncated ({reason})"
            return Facts(problem, image.width, image.height, image.mode, digest=digest)
    grey = float(np.asarray(small, dtype=np.float64).mean())
    return Facts(known.problem, known.width, known.height, known.mode, grey, digest)
