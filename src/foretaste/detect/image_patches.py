"""Patch groups: the same quantised window in many images (visual n-grams).

Each window, at its place and anywhere, is a hypothesis; the ones whose rows carry one label
more often than their gist explains become candidates.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import numpy.typing as npt

from foretaste.modality.image import as_images, grey
from foretaste.modality.image_trigger import PatchTrigger, window_codes
from foretaste.stats.excess import poisson_surprise
from foretaste.types import (
    Candidate,
    Family,
    Floats,
    Images,
    Ints,
    Layer,
    Modality,
    Need,
    Scores,
    View,
)

__all__ = ["ImagePatches"]

MIN_SUPPORT = 6  # rows
MAX_SUPPORT = 0.05  # of all rows
FIXED = ((2, 4), (3, 4))  # side in pixels, grey levels
ROAMING = ((3, 4),)
KEEP = 60  # candidates handed to the judge from each kind of window
SCREENED = 2_000  # windows kept before overlapping ones are merged
ROWS_AT_ONCE = 20_000  # roaming windows are mined on at most this many rows
ALIKE = 8.0  # grey levels within which pixels are the same
SAME = 0.5  # Jaccard overlap above which two windows are one hypothesis


@dataclass(frozen=True)
class _Window:
    surprise: float
    label: int
    code: int
    top: int  # -1 for a roaming window
    left: int
    rows: Ints


class ImagePatches:
    """Finds groups of images that share a small patch.

    References
    ----------
    Gu, Dolan-Gavitt, Garg 2017, "BadNets", for what is looked for; the search is an inverted
    index of quantised windows.
    """

    name: ClassVar[str] = "image-patches"
    family: ClassVar[Family] = Family.ARTEFACT
    layer: ClassVar[Layer] = Layer.STATISTICAL
    modalities: ClassVar[frozenset[Modality]] = frozenset({Modality.IMAGE})
    needs: ClassVar[frozenset[Need]] = frozenset({Need.CONTENT, Need.HEADS})

    def fit(self, view: View, rng: np.random.Generator) -> ImagePatches:
        """Nothing is learnt: the windows of the scored view speak for themselves."""
        del view, rng
        return self

    def __call__(self, view: View) -> Scores:
        """Candidates with `PatchTrigger`s; a row's score is its best window's surprise."""
        images = as_images(view.content) if view.content is not None else None
        if images is None or not view.heads:
            msg = "image-patches needs content and heads"
            raise ValueError(msg)
        # the coarsest view: blind to a patch, so it did not learn the trigger
        expected = view.heads[-1].leave_one_out()
        luminance = grey(images.values)
        values = np.zeros(len(view))
        found: list[Candidate] = []
        considered = 0
        windows_of = [(w, False) for w in FIXED] + [(w, True) for w in ROAMING]
        for (side, levels), roaming in windows_of:
            if min(luminance.shape[1:]) < side:
                continue
            codes = window_codes(luminance, side, levels)
            mine = _mine_roaming if roaming else _mine_fixed
            windows, count = mine(codes, view.labels, expected)
            considered += count
            for w in _merge(windows)[:KEEP]:
                values[w.rows] = np.maximum(values[w.rows], w.surprise)
                found.append(Candidate(w.rows, _trigger(w, images, side, levels), w.label))
        return Scores(values, tuple(found), considered)


def _screen(
    order: Ints, starts: Ints, sizes: Ints, labels: Ints, expected: Floats
) -> tuple[Floats, Ints]:
    """Surprise and label of each group; group g is order[starts[g] : starts[g] + sizes[g]]."""
    groups = np.repeat(np.arange(len(starts)), sizes)
    inside = np.arange(len(groups)) - np.repeat(np.cumsum(sizes) - sizes, sizes)
    rows = order[np.repeat(starts, sizes) + inside]
    k = expected.shape[1]
    observed = np.bincount(groups * k + labels[rows], minlength=len(starts) * k)
    observed = observed.reshape(-1, k).astype(np.float64)
    mean = np.add.reduceat(expected[rows], np.cumsum(sizes) - sizes, axis=0)
    surprise = poisson_surprise(observed, mean)
    surprise[observed < 5] = 0.0
    best = surprise.argmax(axis=1)
    return surprise[np.arange(len(starts)), best], best.astype(np.int64)


def _mine_fixed(
    codes: npt.NDArray[np.int64], labels: Ints, expected: Floats
) -> tuple[list[_Window], int]:
    """Windows at one place."""
    n, height, width = codes.shape
    found: list[_Window] = []
    considered = 0
    floor = 0.0
    for top in range(height):
        for left in range(width):
            column = codes[:, top, left]
            order = np.argsort(column, kind="stable").astype(np.int64)
            value = column[order]
            starts = np.flatnonzero(np.r_[True, value[1:] != value[:-1]])
            sizes = np.diff(np.r_[starts, n])
            keep = (sizes >= MIN_SUPPORT) & (sizes <= MAX_SUPPORT * n)
            if not keep.any():
                continue
            starts, sizes = starts[keep], sizes[keep]
            considered += len(starts)
            surprise, best = _screen(order, starts, sizes, labels, expected)
            for g in np.flatnonzero(surprise > floor):
                rows = np.sort(order[starts[g] : starts[g] + sizes[g]])
                code = int(column[rows[0]])
                found.append(_Window(float(surprise[g]), int(best[g]), code, top, left, rows))
            if len(found) > 2 * SCREENED:
                found = _best(found)
                floor = found[-1].surprise
    return _best(found), considered


def _mine_roaming(
    codes: npt.NDArray[np.int64], labels: Ints, expected: Floats
) -> tuple[list[_Window], int]:
    """Windows anywhere; flat ones say nothing and are left out."""
    n = len(codes)
    step = -(-n // ROWS_AT_ONCE)
    flat = codes[::step].reshape(len(codes[::step]), -1)
    rows_of = np.repeat(np.arange(0, n, step), flat.shape[1])
    key = np.unique(flat.reshape(-1) * n + rows_of)
    value, row = key // n, key % n
    starts = np.flatnonzero(np.r_[True, value[1:] != value[:-1]])
    sizes = np.diff(np.r_[starts, len(value)])
    keep = (sizes >= MIN_SUPPORT) & (sizes <= MAX_SUPPORT * n)
    starts, sizes = starts[keep], sizes[keep]
    if not len(starts):
        return [], 0
    surprise, best = _screen(row, starts, sizes, labels, expected)
    found = [
        _Window(
            float(surprise[g]),
            int(best[g]),
            int(value[starts[g]]),
            -1,
            -1,
            row[starts[g] : starts[g] + sizes[g]],
        )
        for g in np.argsort(-surprise, kind="stable")[:SCREENED]
        if surprise[g] > 0
    ]
    return _best(found), len(starts)


def _best(windows: list[_Window]) -> list[_Window]:
    return sorted(windows, key=lambda w: (-w.surprise, w.top, w.left, w.code))[:SCREENED]


def _merge(windows: list[_Window]) -> list[_Window]:
    """One window a hypothesis: the most surprising of those whose rows overlap."""
    kept: list[_Window] = []
    sets: list[set[int]] = []
    for w in windows:
        rows = set(w.rows.tolist())
        if all(
            w.label != o.label or len(rows & s) <= SAME * len(rows | s)
            for o, s in zip(kept, sets, strict=True)
        ):
            kept.append(w)
            sets.append(rows)
            if len(kept) == KEEP:
                break
    return kept


def _trigger(window: _Window, images: Images, side: int, levels: int) -> PatchTrigger:
    """The window with the pixels its members share."""
    members = images.values[window.rows]
    _, h, w, _ = members.shape
    mask = np.zeros((h, w), dtype=bool)
    if window.top >= 0:
        spread = members.std(axis=0).max(axis=2)
        sample = images.values[:: max(1, len(images) // 2_000)]
        usual = sample.std(axis=0).max(axis=2)
        shared = (spread < ALIKE) & (usual > 2 * ALIKE)  # constant here, not elsewhere
        values = np.median(members, axis=0).astype(np.uint8)
        far = np.abs(sample.astype(np.int16) - values).max(axis=3) > ALIKE
        odd = np.asarray(far.mean(axis=0) > 0.5)  # most images look otherwise there
        mask = _trimmed(_connected(shared, window.top, window.left, side), odd)
        return PatchTrigger(side, levels, window.code, window.top, window.left, False, mask, values)
    codes = window_codes(grey(members), side, levels)
    first = [np.argwhere(c == window.code)[0] for c in codes]
    cut = np.stack(
        [m[a : a + side, b : b + side] for m, (a, b) in zip(members, first, strict=True)]
    )
    top, left = h - side, w - side
    mask[top:, left:] = True
    values = np.zeros(members.shape[1:], dtype=np.uint8)
    values[top:, left:] = np.median(cut, axis=0).astype(np.uint8)
    return PatchTrigger(side, levels, window.code, top, left, True, mask, values)


def _connected(
    shared: npt.NDArray[np.bool_], top: int, left: int, side: int
) -> npt.NDArray[np.bool_]:
    """The window, grown over touching pixels that the members share as well."""
    mask = np.zeros_like(shared)
    mask[top : top + side, left : left + side] = True
    while True:
        wide = np.pad(mask, 1)
        near = wide[:-2, 1:-1] | wide[2:, 1:-1] | wide[1:-1, :-2] | wide[1:-1, 2:]
        grown = mask | (near & shared)
        if (grown == mask).all():
            return mask
        mask = grown


def _trimmed(mask: npt.NDArray[np.bool_], odd: npt.NDArray[np.bool_]) -> npt.NDArray[np.bool_]:
    """The mask without border rows and columns that look as most images do there."""
    rows, columns = np.nonzero(mask & odd)
    if not len(rows):
        return mask
    box = np.zeros_like(mask)
    box[rows.min() : rows.max() + 1, columns.min() : columns.max() + 1] = True
    return np.asarray(mask & box)
