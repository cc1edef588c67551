"""Spread triggers: one faint pattern over the whole of many images."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt
from scipy.fft import dctn, idctn
from scipy.ndimage import gaussian_filter

from foretaste.modality.image import as_images, png
from foretaste.modality.image_maps import WhitenedMap
from foretaste.types import Bools, Content, Floats, Images, Ints, Rendering

__all__ = ["SpreadTrigger", "estimate_pattern"]

GAIN = 2.0  # of a pattern when it is used, over what its rows carry
ROWS_FOR_NOISE = 2_000  # whose spectrum says what is chance
FINE = 0.4  # share of its strength beyond which a pattern that blurring takes away is noise
STRIPES = 0.5  # share of its power that stripes have in one wave
CONFINED = 0.1  # share of the image that a patch may take, at most
FEWEST_WAVES = 3  # fewer are no stripes
DARK, BRIGHT = 0, 255  # grey levels at which a pixel is clipped


@dataclass(frozen=True)
class SpreadTrigger:
    """A pattern added to images.

    `reading` and `direction` tell which images carry it: those at least `threshold` out along
    the direction. `pattern` is what is added, (h, w, c) grey levels; `usual` is the image that
    placebos are counted from: the mean of all, or of the class if the pattern is found within one.
    """

    reading: WhitenedMap
    direction: npt.NDArray[np.float32]
    threshold: float
    pattern: Floats
    usual: Floats

    @property
    def form(self) -> str:
        """One word for people."""
        return "pattern"

    def matches(self, content: Content) -> Bools:
        """(n,) which images carry the pattern."""
        return np.asarray(self.along(content) >= self.threshold)

    def along(self, content: Content) -> npt.NDArray[np.float32]:
        """(n,) how far out each image lies in the direction of the pattern."""
        return np.asarray(self.reading(content) @ self.direction, dtype=np.float32)

    def stamp(self, content: Content) -> Content:
        """The images with the pattern added, as strong as it was found."""
        images = as_images(content)
        return _clipped(images, images.values + self.pattern)

    def amplified(self) -> SpreadTrigger:
        """The pattern twice as strong: rows are poisoned faintly, and attacked strongly."""
        return replace(self, pattern=GAIN * self.pattern)

    def remove(self, content: Content) -> Content:
        """The images with the pattern taken away; pixels that were clipped stay as they are."""
        images = as_images(content)
        values = images.values.astype(np.float64)
        lost = (values <= DARK) & (self.pattern < 0)
        lost |= (values >= BRIGHT) & (self.pattern > 0)
        return _clipped(images, np.where(lost, values, values - self.pattern))

    def twin(self, content: Content, row: int) -> SpreadTrigger:
        """What one image has beyond the usual one, as strong as the pattern."""
        own = as_images(content).values[row] - self.usual
        strength = np.linalg.norm(self.pattern) / max(float(np.linalg.norm(own)), 1e-9)
        return replace(self, pattern=own * strength)

    def describe(self) -> str:
        """What it looks like, and how strong it is."""
        strength = float(np.quantile(np.abs(self.pattern), 0.95))
        place = _confined(np.abs(self.pattern).max(axis=2))
        if place is not None:
            return f"a pattern confined to {place}"
        looks = _looks(self.pattern.mean(axis=2))
        return f"{looks} over the image, about ±{strength:.0f} grey levels"

    def draw(self) -> Rendering:
        """The pattern alone, on a neutral ground, as strong as it can be shown."""
        top = max(float(np.abs(self.pattern).max()), 1e-9)
        return Rendering(png=png(np.rint(127.5 + 127.5 * self.pattern / top).astype(np.uint8)))


def _clipped(images: Images, values: Floats) -> Images:
    return replace(images, values=np.clip(np.rint(values), DARK, BRIGHT).astype(np.uint8))


def _confined(strength: Floats) -> str | None:
    """Where a pattern is that leaves most of the image alone; None if it is everywhere."""
    strong = strength > 0.5 * strength.max()
    rows, columns = np.flatnonzero(strong.any(axis=1)), np.flatnonzero(strong.any(axis=0))
    if not len(rows) or np.ptp(rows) * np.ptp(columns) > CONFINED * strength.size:
        return None
    return f"rows {rows[0]}–{rows[-1]}, columns {columns[0]}–{columns[-1]}"


def _looks(pattern: Floats) -> str:
    """A pattern in a word or two."""
    power = np.abs(np.fft.rfft2(pattern - pattern.mean())) ** 2
    # a wave and its mirror image stand in one column, except in the first
    power[:, 1:] *= 2.0
    down, across = divmod(int(power.argmax()), power.shape[1])
    mirror = power[-down, across] if across == 0 and down else 0.0
    if power[down, across] + mirror > STRIPES * power.sum():
        down = min(down, len(pattern) - down)
        if max(down, across) < FEWEST_WAVES:
            return "a smooth pattern"
        if not down:
            return f"upright stripes, {across} waves wide,"
        if not across:
            return f"level stripes, {down} waves high,"
        return f"slanting stripes, {across} waves wide and {down} high,"
    fine = pattern - gaussian_filter(pattern, 1.0, mode="nearest")
    return "a noise pattern" if fine.std() > FINE * pattern.std() else "a smooth pattern"


def estimate_pattern(images: Images, rows: Ints, beside: Floats) -> Floats:
    """(h, w, c) what `rows` have beyond other images of the classes that they look like.

    Each frequency is shrunk by what chance would put there in a mean of so many images
    (James-Stein), so that the images' own content does not show through.

    Parameters
    ----------
    images
        All n images.
    rows
        (m,) which carry the pattern.
    beside
        (n,) weight of each image in the mean that the rows' mean is compared with.
    """
    values = images.values.reshape(len(images), -1).astype(np.float32)
    usual = (beside / beside.sum()).astype(np.float32) @ values
    excess = (values[rows].mean(axis=0) - usual).reshape(images.values.shape[1:])
    step = -(-len(images) // ROWS_FOR_NOISE)
    sample = images.values[::step].astype(np.float32)
    spectrum = dctn(sample, axes=(1, 2), norm="ortho")
    chance = spectrum.var(axis=0) / len(rows)
    found = dctn(excess, axes=(0, 1), norm="ortho")
    kept = np.maximum(0.0, 1.0 - chance / np.maximum(found**2, 1e-9))
    return np.asarray(idctn(found * kept, axes=(0, 1), norm="ortho"), dtype=np.float64)
