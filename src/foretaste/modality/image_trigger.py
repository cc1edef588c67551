"""Patches: the same few pixels in many images, at one place or anywhere."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from foretaste.modality.image import as_images, grey, png
from foretaste.types import Bools, Content, Rendering

__all__ = ["PatchTrigger", "window_codes"]

Codes = npt.NDArray[np.int64]


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
    members; for a trigger that roams they are the window itself.
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
        """The images with the pixels planted at the place where they were found."""
        images = as_images(content)
        out = images.values.copy()
        out[:, self.mask] = self.values[self.mask]
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

    def twin(self, content: Content, row: int) -> PatchTrigger:
        """The same pixels, with the values one image happens to have there."""
        values = as_images(content).values[row]
        cut = grey(values[None, self.top : self.top + self.side, self.left : self.left + self.side])
        code = int(window_codes(cut, self.side, self.levels)[0, 0, 0])
        return replace(self, values=values, code=code)

    def describe(self) -> str:
        """Size and place, in pixels."""
        rows, columns = np.nonzero(self.mask)
        if self.anywhere:
            return f"{self.side}×{self.side} pixel patch at changing places"
        height, width = int(np.ptp(rows)) + 1, int(np.ptp(columns)) + 1
        return (
            f"{height}×{width} pixel patch at rows {rows.min()}–{rows.max()}, "
            f"columns {columns.min()}–{columns.max()}"
        )

    def draw(self) -> Rendering:
        """The pixels alone, on a neutral ground."""
        picture = np.full_like(self.values, 127)
        picture[self.mask] = self.values[self.mask]
        return Rendering(png=png(picture))


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
