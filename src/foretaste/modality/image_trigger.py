"""Patches: the same few pixels in many images, at one place or anywhere."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt
from scipy.ndimage import find_objects, label

from foretaste.modality.image import as_images, grey, png
from foretaste.types import Bools, Content, Floats, Rendering

__all__ = ["ALIKE", "PatchTrigger", "window_codes"]

Codes = npt.NDArray[np.int64]

ALIKE = 8  # grey levels within which pixels are the same
STRIDE = (7, 11)  # pixels from the place in one image to that in the next, modulo the image


def window_codes(luminance: npt.NDArray[np.float32], side: int, levels: int) -> Codes:
    """(n, h-side+1, w-side+1) one integer for each side×side window quantised to `levels`.

    Parameters
    ----------
    luminance
        (n, h, w) in 0..255.
    side
        Window side in pixels.
    levels
        Grey levels; side² · log2(levels) must stay below 63 bits.

    Examples
    --------
    >>> import numpy as np
    >>> window_codes(np.full((1, 3, 3), 255, np.float32), 2, 4)[0].tolist()
    [[255, 255], [255, 255]]
    """
    q = np.minimum(luminance * (levels / 256.0), levels - 1).astype(np.int64)
    n, h, w = q.shape
    out = np.zeros((n, h - side + 1, w - side + 1), dtype=np.int64)
    for a in range(side):
        for b in range(side):
            out *= levels
            out += q[:, a : a + out.shape[1], b : b + out.shape[2]]
    return out


@dataclass(frozen=True)
class PatchTrigger:
    """Pixels planted in an image.

    `code` of the `side`×`side` window at (`top`, `left`), or anywhere when `anywhere`, tells
    which images carry it. `mask` and `values` are the pixels to plant, found by comparing the
    members; those of a trigger that roams lie in the lower right corner, for want of a place.
    """

    side: int
    levels: int
    code: int
    top: int
    left: int
    anywhere: bool
    mask: npt.NDArray[np.bool_]  # (h, w)
    values: npt.NDArray[np.uint8]  # (h, w, c)

    @property
    def form(self) -> str:
        """One word for people."""
        return "patch"

    def _places(self, content: Content) -> npt.NDArray[np.bool_]:
        """(n, rows, columns) where the window occurs."""
        codes = window_codes(grey(as_images(content).values), self.side, self.levels)
        return np.asarray(codes == self.code)

    def matches(self, content: Content) -> Bools:
        """(n,) which images carry the window."""
        images = as_images(content)
        if self.anywhere:
            return np.asarray(self._places(images).any(axis=(1, 2)))
        window = images.values[
            :, self.top : self.top + self.side, self.left : self.left + self.side
        ]
        return np.asarray(window_codes(grey(window), self.side, self.levels)[:, 0, 0] == self.code)

    def stamp(self, content: Content) -> Content:
        """The images with the pixels planted, each at another place if the trigger roams."""
        images = as_images(content)
        out = images.values.copy()
        if not self.anywhere:
            out[:, self.mask] = self.values[self.mask]
            return replace(images, values=out)
        patch = self.values[self.top :, self.left :]
        for i, image in enumerate(out):
            top, left = i * STRIDE[0] % (self.top + 1), i * STRIDE[1] % (self.left + 1)
            image[top : top + len(patch), left : left + patch.shape[1]] = patch
        return replace(images, values=out)

    def remove(self, content: Content) -> Content:
        """The images with the pixels filled from the edge around them."""
        images = as_images(content)
        out = images.values.copy()
        if not self.anywhere:
            out[:, self.mask] = _surroundings(out, self.mask)[:, None, :]
            return replace(images, values=out)
        for i, top, left in zip(*np.nonzero(self._places(images)), strict=True):
            mask = np.zeros(out.shape[1:3], dtype=bool)
            mask[top : top + self.side, left : left + self.side] = True
            out[i, mask] = _surroundings(out[i : i + 1], mask)[0]
        return replace(images, values=out)

    def borne(self, content: Content) -> Floats:
        """(n,) share of the pixels that each image has, at the place where they were found."""
        pixels = as_images(content).values[:, self.mask].astype(np.int16)
        away = np.abs(pixels - self.values[self.mask].astype(np.int16)).max(axis=2)
        return np.asarray((away <= ALIKE).mean(axis=1), dtype=np.float64)

    def twin(self, content: Content, row: int) -> PatchTrigger:
        """The same pixels, with the values one image happens to have there.

        Where the patch has no place, with what the image shows where it changes most.
        """
        values = as_images(content).values[row]
        if self.anywhere:
            height, width = values.shape[0] - self.top, values.shape[1] - self.left
            shown = np.zeros_like(values)
            shown[self.top :, self.left :] = _liveliest(values, height, width)
            values = shown
        side = self.side  # of the window, which may be larger than the patch
        top = min(self.top, values.shape[0] - side)
        left = min(self.left, values.shape[1] - side)
        cut = grey(values[None, top : top + side, left : left + side])
        return replace(self, values=values, code=int(window_codes(cut, side, self.levels)[0, 0, 0]))

    def describe(self) -> str:
        """Size and place, in pixels."""
        rows, columns = np.nonzero(self.mask)
        height, width = int(np.ptp(rows)) + 1, int(np.ptp(columns)) + 1
        if self.anywhere:
            return f"{height}×{width} pixel patch at changing places"
        marks, count = label(self.mask, np.ones((3, 3)))
        if count > 1:
            first = find_objects(marks)[0]
            return (
                f"{count} marks of {self.mask.sum()} pixels together, the first at "
                f"rows {first[0].start}–{first[0].stop - 1}, "
                f"columns {first[1].start}–{first[1].stop - 1}"
            )
        return (
            f"{height}×{width} pixel patch at rows {rows.min()}–{rows.max()}, "
            f"columns {columns.min()}–{columns.max()}"
        )

    def draw(self) -> Rendering:
        """The pixels alone, on a neutral ground."""
        picture = np.full_like(self.values, 127)
        picture[self.mask] = self.values[self.mask]
        return Rendering(png=png(picture))


def _liveliest(values: npt.NDArray[np.uint8], height: int, width: int) -> npt.NDArray[np.uint8]:
    """(height, width, c) the part of an image with the largest variance."""
    windows = np.lib.stride_tricks.sliding_window_view(
        grey(values[None])[0].astype(np.float64), (height, width)
    )
    spread = windows.var(axis=(2, 3))
    top, left = (int(at) for at in np.unravel_index(int(spread.argmax()), spread.shape))
    return values[top : top + height, left : left + width]


def _surroundings(
    values: npt.NDArray[np.uint8], mask: npt.NDArray[np.bool_]
) -> npt.NDArray[np.uint8]:
    """(n, c) mean colour of the ring of pixels around the mask."""
    wide = np.pad(mask, 1)
    grown = np.zeros_like(mask)
    for a in range(3):
        for b in range(3):
            grown |= wide[a : a + mask.shape[0], b : b + mask.shape[1]]
    ring = grown & ~mask
    if not ring.any():
        ring = ~mask if not mask.all() else mask
    return np.asarray(values[:, ring].mean(axis=1), dtype=np.uint8)
