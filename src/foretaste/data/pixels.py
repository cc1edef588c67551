"""Images given as arrays: (n, h, w), (n, h, w, c) or (n, c, h, w), of bytes or of floats."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import numpy.typing as npt
from PIL import Image

from foretaste.data.images import working_size
from foretaste.errors import UnreadableDataError
from foretaste.types import Images

__all__ = ["array_images"]

Blocks = Callable[[], Iterator[Any]]


def array_images(blocks: Blocks, n_rows: int) -> tuple[Images, tuple[str, ...]]:
    """Pixel tensors as images, and a note where values had to be rescaled.

    Bytes are kept; floats within 0..1 are multiplied by 255, within 0..255 rounded, and any
    other range is stretched to 0..255.

    Parameters
    ----------
    blocks
        Gives the tensor column from the start, block by block; called twice (range, pixels).
    n_rows
        The number of rows.
    """
    low, high, shape, is_bytes = _range(blocks)
    offset, scale, notes = _scaling(low, high, bytes_already=is_bytes)
    height, width = working_size(Counter({shape[:2]: 1}))
    channels = 1 if shape[2] == 1 else 3
    out = np.empty((n_rows, height, width, channels), dtype=np.uint8)
    row = 0
    for block in blocks():
        values = _channels_last(_numpy(block))
        eight = np.clip(np.rint((values - offset) * scale), 0, 255).astype(np.uint8)
        for image in eight[..., :channels]:
            out[row] = _resized(image, height, width)
            row += 1
    return Images(out, shape[:2]), notes


def _numpy(block: Any) -> npt.NDArray[Any]:
    return np.asarray(block.to_numpy_ndarray())


def _channels_last(values: npt.NDArray[Any]) -> npt.NDArray[Any]:
    """(n, h, w, c), from channels first where only that makes sense."""
    if values.ndim == 3:
        return values[..., None]
    if values.shape[1] in {1, 3} and values.shape[3] not in {1, 3, 4}:
        return values.transpose(0, 2, 3, 1)
    if values.shape[3] not in {1, 3, 4}:
        raise UnreadableDataError(
            f"images: arrays of shape {values.shape[1:]} have {values.shape[3]} channels; "
            "give (height, width), or 1, 3 or 4 channels, last"
        )
    return values


def _range(blocks: Blocks) -> tuple[float, float, tuple[int, int, int], bool]:
    low, high, row, is_bytes = 0.0, 0.0, 0, False
    shape = (1, 1, 1)
    for block in blocks():
        values = _channels_last(_numpy(block))
        if len(values) == 0:
            continue
        broken = np.flatnonzero(~np.isfinite(values).all(axis=(1, 2, 3)))
        if len(broken):
            raise UnreadableDataError(
                f"images: row {row + int(broken[0])} has pixels that are NaN or infinite; "
                "drop the row or repair it"
            )
        low, high = min(low, float(values.min())), max(high, float(values.max()))
        shape = (values.shape[1], values.shape[2], values.shape[3])
        row, is_bytes = row + len(values), values.dtype == np.uint8
    return low, high, shape, is_bytes


def _scaling(
    low: float, high: float, *, bytes_already: bool
) -> tuple[float, float, tuple[str, ...]]:
    if bytes_already:
        return 0.0, 1.0, ()
    if low >= 0.0 and high <= 1.0:
        return 0.0, 255.0, ()
    if low >= 0.0 and high <= 255.0:
        return 0.0, 1.0, ()
    note = f"pixel values from {low:g} to {high:g} were stretched to 0..255"
    return low, 255.0 / (high - low), (note,)


def _resized(image: npt.NDArray[np.uint8], height: int, width: int) -> npt.NDArray[np.uint8]:
    if image.shape[:2] == (height, width):
        return image
    whole = Image.fromarray(image[..., 0] if image.shape[2] == 1 else image)
    small = whole.resize((width, height), Image.Resampling.BOX)
    return np.asarray(small, dtype=np.uint8).reshape(height, width, -1)
