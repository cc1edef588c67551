"""Maps of an image in which a faint pattern over all of it stands out, whitened.

Natural images vary most where they are smooth; a pattern laid over them lives where they hardly
vary. Whitening makes every direction vary alike, so that a shift shared by a few rows is far out.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType

import numpy as np
import numpy.typing as npt
from scipy.linalg import eigh
from scipy.ndimage import gaussian_filter, uniform_filter

from foretaste.modality.image import as_images, grey, reduced
from foretaste.types import Content, Images

__all__ = ["MAPS", "WhitenedMap", "fit_whitened_map"]

Features = npt.NDArray[np.float32]

FLOOR = 0.01  # of the mean variance, added to each direction's before it is divided out
NEAR = 3  # pixels, side of the neighbourhood in which detail is averaged
WIDE = 5  # pixels, side of the neighbourhood in which sharpness is averaged
AT_ONCE = 2_000  # rows whose maps are held at a time


def _brightness(luminance: Features) -> Features:
    return luminance


def _darkness(luminance: Features) -> Features:
    """Dark pixels apart: what is added to a black ground is seen there first."""
    return np.log1p(luminance)


def _detail(luminance: Features) -> Features:
    """Fine detail in relation to how much changes around it at all."""
    fine = np.abs(luminance - gaussian_filter(luminance, (0, 1, 1)))
    change = np.abs(_slope(luminance, 1)) + np.abs(_slope(luminance, 2))
    return _log_mean(fine, NEAR) - _log_mean(change, NEAR)


def _sharpness(luminance: Features) -> Features:
    """How bent the slopes are, along each axis: what is interpolated is bent less."""
    parts = []
    for axis in (1, 2):
        slope = _slope(luminance, axis)
        bend = np.diff(slope, axis=axis, append=0.0)
        ratio = _log_mean(np.abs(bend), WIDE) - _log_mean(np.abs(slope), WIDE)
        parts.append(ratio[:, ::2, ::2].reshape(len(luminance), -1))
    return np.hstack(parts)


def _slope(luminance: Features, axis: int) -> Features:
    first = np.take(luminance, [0], axis)
    return np.asarray(np.diff(luminance, axis=axis, prepend=first), dtype=np.float32)


def _log_mean(values: Features, side: int) -> Features:
    return np.asarray(np.log(uniform_filter(values, (0, side, side)) + 1.0), dtype=np.float32)


MAPS: Mapping[str, Callable[[Features], Features]] = MappingProxyType(
    {
        "brightness": _brightness,
        "darkness": _darkness,
        "detail": _detail,
        "sharpness": _sharpness,
    }
)


@dataclass(frozen=True)
class WhitenedMap:
    """One of `MAPS`, whitened over a data set; each row has length 1."""

    name: str
    centre: Features  # (d,)
    whiten: Features  # (d, d)

    def __call__(self, content: Content) -> Features:
        """(n, d) float32 unit rows."""
        values = as_images(content).values
        out = np.empty((len(values), self.whiten.shape[1]), dtype=np.float32)
        for start in range(0, len(values), AT_ONCE):
            part = Images(values[start : start + AT_ONCE])
            out[start : start + AT_ONCE] = (_read(self.name, part) - self.centre) @ self.whiten
        out /= np.maximum(np.linalg.norm(out, axis=1, keepdims=True), 1e-9)
        return out


def fit_whitened_map(content: Content, name: str) -> WhitenedMap:
    """Learn what is usual in a map, without labels.

    Parameters
    ----------
    content
        `Images`.
    name
        A key of `MAPS`.

    Examples
    --------
    >>> import numpy as np
    >>> noise = np.random.default_rng(0).integers(0, 255, size=(50, 8, 8, 1), dtype=np.uint8)
    >>> fit_whitened_map(Images(noise), "brightness")(Images(noise)).shape
    (50, 64)
    """
    values = as_images(content).values
    parts = [
        _read(name, Images(values[start : start + AT_ONCE]))
        for start in range(0, len(values), AT_ONCE)
    ]
    total = np.sum([part.sum(axis=0, dtype=np.float64) for part in parts], axis=0)
    centre: Features = np.asarray(total / len(values), dtype=np.float32)
    gram = np.zeros((len(centre), len(centre)))
    for part in parts:
        centred = part - centre
        gram += centred.T @ centred
    spectrum, vectors = eigh(gram / len(values))
    floor = max(FLOOR * float(spectrum.mean()), 1e-9)
    whiten = vectors / np.sqrt(np.maximum(spectrum, 0.0) + floor)
    return WhitenedMap(name, centre, whiten.astype(np.float32))


def _read(name: str, images: Images) -> Features:
    luminance = grey(reduced(images.values))
    return MAPS[name](luminance).reshape(len(luminance), -1).copy()
