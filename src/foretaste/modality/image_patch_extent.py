"""How far a patch reaches: pixels that the images of a group share beyond chance.

A window that many images share is seldom the whole patch. A pixel belongs to it if nearly all
images of the group agree there, and more of them than would by chance, given how many other
images look so at that place (binomial, over all pixels).
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from scipy.ndimage import binary_propagation
from scipy.stats import binom

from foretaste.modality.image import grey
from foretaste.modality.image_trigger import ALIKE, PatchTrigger, window_codes
from foretaste.types import Bools, Floats, Images, Ints

__all__ = ["fixed_patch", "roaming_patch", "shared_marks"]

Pixels = npt.NDArray[np.uint8]

AGREED = 0.9  # share of the group that must agree on a pixel
CHANCE = 0.01  # of taking any pixel of the image for shared that is not
RARE = 0.05  # share of other images that have a pixel of a mark, at most
FEWEST = 6  # pixels of a mark
LARGEST = 0.25  # of the image, that marks may cover
MARK = (2, 4)  # side and levels of the window by which marks are told
COMPARED = 2_000  # other images that say what is usual
ANYWHERE = 5_000  # pixels that say what is usual at any place
AROUND = 4  # pixels about a roaming window that are looked at
TOUCHING = np.ones((5, 5), dtype=bool)  # between its pixels others look as they would by nature


def fixed_patch(
    images: Images, rows: Ints, window: tuple[int, int], side: int, levels: int
) -> PatchTrigger:
    """The patch around a window that `rows` share at one place.

    Parameters
    ----------
    images
        All n images.
    rows
        (m,) which of them share the window.
    window
        Its top and left, pixels.
    side, levels
        Of the window, as in `window_codes`.
    """
    top, left = window
    members = images.values[rows]
    others = np.delete(images.values, rows, axis=0)
    values = np.asarray(np.median(members, axis=0), dtype=np.uint8)
    agree = _alike(members, values)
    usual = _alike(others[:: max(1, len(others) // COMPARED)], values).mean(axis=0)
    seed = np.zeros(values.shape[:2], dtype=bool)
    seed[top : top + side, left : left + side] = True
    mask = _grown(seed, agree, usual)
    code = int(window_codes(grey(members[:1]), side, levels)[0, top, left])
    return PatchTrigger(side, levels, code, top, left, False, mask, values)


def roaming_patch(images: Images, rows: Ints, code: int, side: int, levels: int) -> PatchTrigger:
    """The patch around a window that `rows` share, each at a place of its own.

    Parameters
    ----------
    images, rows, side, levels
        As in `fixed_patch`.
    code
        Of the window.
    """
    members = images.values[rows]
    _, height, width, channels = members.shape
    around = min(AROUND, (min(height, width) - side) // 2)
    first = [np.argwhere(c == code)[0] for c in window_codes(grey(members), side, levels)]
    reach = side + 2 * around
    wide = np.pad(
        members.astype(np.float32),
        ((0, 0), (around,) * 2, (around,) * 2, (0, 0)),
        "constant",
        constant_values=np.nan,
    )  # beyond the border nothing is known, and nobody disagrees
    cuts = np.stack(
        [w[a : a + reach, b : b + reach] for w, (a, b) in zip(wide, first, strict=True)]
    )
    unknown = np.isnan(cuts).any(axis=3)
    cuts[:, unknown.all(axis=0)] = 0.0
    values = np.nanmedian(cuts, axis=0).astype(np.uint8)
    agree = _alike(np.nan_to_num(cuts), values) | unknown
    # at changing places, what is usual is what is usual anywhere
    others = images.values.reshape(-1, channels)
    others = others[:: max(1, len(others) // ANYWHERE)]
    usual = np.stack(
        [[_alike(others[None, :, None], v)[0].mean() for v in line] for line in values]
    )
    known = (~unknown).mean(axis=0) >= 0.5
    seed = np.zeros((reach, reach), dtype=bool)
    seed[around : around + side, around : around + side] = True
    mask = _grown(seed, agree, usual) & known
    inside = np.ix_(*(_span(mask.any(axis=1 - axis)) for axis in (0, 1)))
    patch, shape = values[inside], mask[inside].shape
    top, left = height - shape[0], width - shape[1]
    placed, where = np.zeros(members.shape[1:], np.uint8), np.zeros((height, width), dtype=bool)
    placed[top:, left:] = patch
    where[top:, left:] = True
    return PatchTrigger(side, levels, code, top, left, True, where, placed)


def shared_marks(images: Images, rows: Ints) -> PatchTrigger | None:
    """Pixels anywhere that `rows` agree on and hardly any other image has; None if few do.

    Parameters
    ----------
    images, rows
        As in `fixed_patch`.
    """
    members, others = images.values[rows], np.delete(images.values, rows, axis=0)
    values = np.asarray(np.median(members, axis=0), dtype=np.uint8)
    steady = _alike(members, values).mean(axis=0) >= AGREED
    usual = _alike(others[:: max(1, len(others) // COMPARED)], values).mean(axis=0)
    mask = steady & (usual <= RARE)
    if not FEWEST <= mask.sum() <= LARGEST * mask.size:
        return None
    side, levels = MARK
    inside = np.lib.stride_tricks.sliding_window_view(mask, (side, side)).sum(axis=(2, 3))
    top, left = (int(at) for at in np.unravel_index(inside.argmax(), inside.shape))
    code = int(window_codes(grey(values[None]), side, levels)[0, top, left])
    return PatchTrigger(side, levels, code, top, left, False, mask, values)


def _span(taken: npt.ArrayLike) -> Ints:
    """From the first to the last index taken."""
    at = np.flatnonzero(np.asarray(taken))
    return np.arange(at[0], at[-1] + 1)


def _alike(values: npt.NDArray[np.generic], usual: Pixels) -> Bools:
    """(n, h, w) where images have the values of `usual`."""
    away = np.abs(values.astype(np.float32) - usual.astype(np.float32)).max(axis=-1)
    return np.asarray(away <= ALIKE)


def _grown(seed: Bools, agree: Bools, usual: Floats) -> Bools:
    """The shared pixels that touch the seed, and what agrees in the rectangle around them."""
    count, m = agree.sum(axis=0), len(agree)
    steady = count >= AGREED * m
    shared = steady & (binom.sf(count - 1, m, usual) <= CHANCE / seed.size)
    start = seed & shared
    if not start.any():
        return seed
    found = np.asarray(binary_propagation(start, TOUCHING, mask=shared))
    box = np.zeros_like(seed)
    box[np.ix_(_span(found.any(axis=1)), _span(found.any(axis=0)))] = True
    return np.asarray(box & steady, dtype=bool)
