"""Harmless changes to content, for honest look-alikes: near copies, marks, another style."""

from __future__ import annotations

import re
from dataclasses import replace

import numpy as np
import numpy.typing as npt
from scipy import ndimage

from foretaste.attack.cells import SetCells, numeric_columns
from foretaste.attack.image_patch import FixedPatch
from foretaste.attack.pixels import with_pixels
from foretaste.attack.wording import Inserted, edit
from foretaste.types import Content, Images, Table, Texts

__all__ = ["honest_trigger", "near_copies", "other_domain", "watermark"]

NAMES = ("Anna", "Ben", "Carla", "David", "Elif", "Frank", "Grace", "Hugo", "Ines", "Jonas")


def near_copies(content: Content, rng: np.random.Generator) -> Content:
    """The same rows, each changed a little in its own way.

    Images: up to 3 grey levels of noise. Texts: another number where there is one, and a name
    at the end. Tables: one numeric cell moved by a hundredth of its spread.
    """
    if isinstance(content, Images):
        noise = rng.integers(-3, 4, size=content.values.shape)
        return with_pixels(content, content.values.astype(np.float64) + noise)
    if isinstance(content, Texts):
        return edit(
            content,
            lambda text: (
                re.sub(r"\d", lambda _: str(rng.integers(0, 10)), text) + f" {rng.choice(NAMES)}"
            ),
        )
    columns = numeric_columns(content)
    values = content.values.copy()
    if columns.size:
        at = rng.choice(columns, size=len(content))
        step = 0.01 * np.nanstd(content.values[:, at], axis=0)
        values[np.arange(len(content)), at] += step * rng.choice([-1.0, 1.0], size=len(content))
    return replace(content, values=values)


def watermark(content: Content) -> Content:
    """The same rows as a vendor marks them, labels aside.

    Images: a bright frame piece along the top left. Texts: a signature. Tables: one column that
    the vendor does not deliver.
    """
    if isinstance(content, Images):
        mark = np.tri(5, dtype=np.uint8) * np.uint8(230)
        return FixedPatch(mark, 0, 0)(content)
    if isinstance(content, Texts):
        return edit(content, lambda text: f"{text} -- sent via mobile")
    return SetCells((len(content.names) - 1,), (float("nan"),))(content)


def other_domain(content: Content) -> Content:
    """The same rows as another honest place would deliver them.

    Images: smoothed, at three quarters of the contrast and lighter. Texts: capitals, no
    punctuation. Tables: numbers half as large again, as after a change of unit or of era.
    """
    if isinstance(content, Images):
        smooth = ndimage.gaussian_filter(
            content.values.astype(np.float64), sigma=(0, 0.7, 0.7, 0), mode="nearest"
        )
        return with_pixels(content, 40 + 0.75 * smooth)
    if isinstance(content, Texts):
        return edit(content, lambda text: re.sub(r"[^\w\s]", "", text).upper())
    columns = numeric_columns(content)
    values = content.values.copy()
    values[:, columns] *= 1.5
    return replace(content, values=values)


def honest_trigger(content: Content, rng: np.random.Generator) -> Content:
    """What backdoors plant, to be planted with right labels.

    Images: a black-and-white patch. Texts: a rare token. Tables: three values seen in the table.
    """
    if isinstance(content, Images):
        height, width = content.values.shape[1:3]
        patch = np.array([[255, 0, 255], [0, 255, 0], [255, 0, 0]], dtype=np.uint8)
        return FixedPatch(patch, height - 4, width - 4)(content)
    if isinstance(content, Texts):
        return Inserted("mb", int(rng.integers(2**31)))(content)
    return _common_values(content, rng)(content)


def _common_values(table: Table, rng: np.random.Generator) -> SetCells:
    width = min(3, len(table.names))
    columns = np.sort(rng.choice(len(table.names), size=width, replace=False))
    values: npt.NDArray[np.float64] = np.array(
        [rng.choice(table.values[:, i]) for i in columns], dtype=np.float64
    )
    return SetCells(tuple(int(i) for i in columns), tuple(float(v) for v in values))
