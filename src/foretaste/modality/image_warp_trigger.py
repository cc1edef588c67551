"""Warps: the same smooth bend in many images, recovered from the mean images of classes.

A bent image shows at each place what lay a little beside it. So do means of bent images, and where
they differ from the means of other images of their classes, the slopes there tell by how much and
whither: least squares on a few smooth waves (Lucas and Kanade 1981, with means for frames).
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from foretaste.modality.image import as_images, grey, png
from foretaste.modality.image_maps import WhitenedMap
from foretaste.types import Bools, Content, Floats, Images, Ints, Rendering

__all__ = ["MeanImages", "WarpTrigger", "bends", "bent", "estimate_field", "mean_images"]

WAVES = 4  # half waves a side at most, along each axis
STIFF = 0.02  # of the mean curvature of the least squares, added: what is not seen stays unbent
ROUNDS = 4  # of bending the means by what was found so far
FARTHEST = 0.1  # of the shorter side, that pixels are moved on average; beyond, shapes differ
SCALE = 4  # pixels a pixel is drawn as
SQUARES = 4  # pixels a square of the chessboard that is drawn bent


@dataclass(frozen=True)
class WarpTrigger:
    """A bend of the image.

    `reading` and `direction` tell which images carry it: those at least `threshold` out along
    the direction. `field` is where each pixel is taken from, (2, h, w) pixels down and across.
    """

    reading: WhitenedMap
    direction: npt.NDArray[np.float32]
    threshold: float
    field: Floats

    @property
    def form(self) -> str:
        """One word for people."""
        return "warp"

    def matches(self, content: Content) -> Bools:
        """(n,) which images are bent."""
        return np.asarray(self.reading(content) @ self.direction >= self.threshold)

    def stamp(self, content: Content) -> Content:
        """The images, bent."""
        return _bent_images(as_images(content), self.field)

    def remove(self, content: Content) -> Content:
        """The images bent back, nearly: edges stay as soft as interpolation made them."""
        return _bent_images(as_images(content), -self.field)

    def twin(self, content: Content, row: int) -> WarpTrigger:
        """Another bend of the same waves: each has its strength, and a sign drawn by the row."""
        del content
        rng = np.random.default_rng(row)
        basis = _waves(self.field.shape[1:])
        found = basis @ self.field.reshape(2, -1).T  # the waves have length one
        found = found[:, ::-1] if rng.random() < 0.5 else found
        signs = rng.choice([-1.0, 1.0], size=found.shape)
        other: Floats = (signs * found).T @ basis
        return replace(self, field=other.reshape(self.field.shape))

    def describe(self) -> str:
        """How far pixels are moved."""
        far = float(np.hypot(*self.field).mean())
        return f"a smooth warp that moves pixels by {far:.1f} on average"

    def draw(self) -> Rendering:
        """A chessboard, bent."""
        ticks = np.indices(self.field.shape[1:]) // SQUARES
        board = np.where(ticks.sum(axis=0) % 2, 200, 55).astype(np.float64)
        large = np.kron(board, np.ones((SCALE, SCALE)))
        field: Floats = SCALE * np.kron(self.field, np.ones((1, SCALE, SCALE))).astype(np.float64)
        return Rendering(png=png(bent(large[None, ..., None], field)[0].astype(np.uint8)))


def bent(values: npt.NDArray[np.generic], field: Floats) -> Floats:
    """(n, h, w, c) images of which each pixel is taken from `field` beside it, bilinearly."""
    height, width = field.shape[1:]
    place = np.indices((height, width)) + field
    limits = np.array([height - 1, width - 1])[:, None, None]
    place = np.clip(place, 0.0, limits)
    low = np.minimum(place.astype(np.int64), np.maximum(limits - 1, 0))
    part = (place - low)[..., None]
    high = np.minimum(low + 1, limits)
    (top, left), (bottom, right) = low, high
    upper = values[:, top, left] * (1 - part[1]) + values[:, top, right] * part[1]
    lower = values[:, bottom, left] * (1 - part[1]) + values[:, bottom, right] * part[1]
    return np.asarray(upper * (1 - part[0]) + lower * part[0], dtype=np.float64)


def _bent_images(images: Images, field: Floats) -> Images:
    return replace(images, values=np.rint(bent(images.values, field)).astype(np.uint8))


@dataclass(frozen=True)
class MeanImages:
    """Means of the classes that some images look like: theirs, and those of other images.

    carried, usual: (k, h, w) grey levels. weight: (k,) images in each mean of theirs.
    """

    carried: Floats
    usual: Floats
    weight: Floats


def mean_images(images: Images, rows: Ints, looks: Floats, beside: Floats) -> MeanImages:
    """What `rows` show class by class, and what other images of these classes show.

    Parameters
    ----------
    images
        All n images.
    rows
        (m,) which are bent.
    looks
        (m, k) what each of them looks like.
    beside
        (n, k) weight of each image in the mean of each class that it is compared with.
    """
    luminance = grey(images.values).reshape(len(images), -1)
    shape = (looks.shape[1], *images.values.shape[1:3])
    means = [
        (w / np.maximum(w.sum(axis=0), 1e-9)).T.astype(np.float32) @ part
        for w, part in ((looks, luminance[rows]), (beside, luminance))
    ]
    carried, usual = (mean.reshape(shape).astype(np.float64) for mean in means)
    return MeanImages(carried, usual, looks.sum(axis=0))


def estimate_field(means: MeanImages) -> Floats:
    """(2, h, w) the smooth bend, pixels, that best turns the usual means into those carried."""
    shape = means.usual.shape[1:]
    basis = _waves(shape)
    waves = len(basis)
    coefficients = np.zeros(2 * waves)
    weight = means.weight[:, None]
    for _ in range(ROUNDS):
        field = (coefficients.reshape(2, waves) @ basis).reshape(2, *shape)
        now = bent(means.usual[..., None], field)[..., 0]
        left = (means.carried - now).reshape(len(now), -1)
        slopes = [np.gradient(now, axis=axis).reshape(len(now), -1) for axis in (1, 2)]
        # sums over classes first: the waves are the same for all of them
        pull = np.concatenate([basis @ (weight * slope * left).sum(axis=0) for slope in slopes])
        curve = np.block(
            [[(basis * (weight * a * b).sum(axis=0)) @ basis.T for b in slopes] for a in slopes]
        )
        stiff = STIFF * np.trace(curve) / len(curve) + 1e-9
        coefficients = np.linalg.solve(
            curve + stiff * np.eye(len(curve)), pull + curve @ coefficients
        )
    return np.asarray((coefficients.reshape(2, waves) @ basis).reshape(2, *shape))


def bends(first: MeanImages, second: MeanImages, added: Floats) -> bool:
    """Whether a bend learnt on one half of some images foretells the other half's means.

    Better, that is, than `added` (h, w, c), the pattern that the first half has beyond others.
    """
    field = estimate_field(first)
    if np.hypot(*field).mean() > FARTHEST * min(field.shape[1:]):
        return False

    def missed(foretold: Floats) -> float:
        return float((second.weight * ((second.carried - foretold) ** 2).sum(axis=(1, 2))).sum())

    as_bent = bent(second.usual[..., None], field)[..., 0]
    as_added = np.clip(second.usual + added.mean(axis=2), 0, 255)
    return missed(as_bent) < min(missed(as_added), missed(second.usual))


def _waves(shape: tuple[int, ...]) -> Floats:
    """(waves, h·w) products of slow cosines, each of length one."""
    down, across = (
        np.cos(np.pi * np.arange(WAVES + 1)[:, None] * (np.arange(side) + 0.5) / side)
        for side in shape
    )
    waves = (down[:, None, :, None] * across[None, :, None, :]).reshape((WAVES + 1) ** 2, -1)
    return np.asarray(waves / np.linalg.norm(waves, axis=1, keepdims=True))
