"""Arithmetic on images, and the check that content is an image."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from foretaste.errors import UsageError
from foretaste.types import Content, Images

__all__ = ["Added", "as_images", "blend", "with_pixels"]

Floats = npt.NDArray[np.float64]


def as_images(content: Content) -> Images:
    """`content`, which must be images."""
    if not isinstance(content, Images):
        raise UsageError(f"this attack works on images, got {content.modality}")
    return content


def with_pixels(images: Images, pixels: npt.NDArray[np.floating] | Floats) -> Images:
    """The same images with `pixels` (n, h, w, c), grey levels, rounded and clipped to 0–255."""
    return Images(np.clip(np.rint(pixels), 0, 255).astype(np.uint8), images.original)


@dataclass(frozen=True)
class Added:
    """Adds `pattern` (h, w, c), grey levels, to every image."""

    pattern: Floats

    def __call__(self, content: Content) -> Images:
        """The same images with the pattern in them."""
        images = as_images(content)
        return with_pixels(images, images.values.astype(np.float64) + self.pattern)


def blend(content: Content, pattern: Floats, opacity: float | Floats) -> Images:
    """Images blended with `pattern` (h, w, c), grey levels; `opacity` in 0–1, 1 hides the image.

    `opacity` may be an array that broadcasts against (n, h, w, c).
    """
    images = as_images(content)
    pixels = images.values.astype(np.float64)
    return with_pixels(images, (1 - opacity) * pixels + opacity * pattern)
