"""Patch groups: the same quantised window in many images (visual n-grams).

Each window, at its place and anywhere, is a hypothesis; the ones whose rows carry one label
more often than their gist explains become candidates, and so do those whose rows contradict
their labels whatever these are: there, each class has a goal of its own.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import numpy.typing as npt

from foretaste.modality.image import as_images, grey
from foretaste.modality.image_patch_extent import fixed_patch, roaming_patch
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
MAX_SUPPORT = 0.15  # of all rows; where each class has its goal, all classes carry the patch
MAX_ROAMING = 0.05  # of all rows, for windows anywhere: the frequent ones are edges
FIXED = ((2, 4), (3, 4))  # side in pixels, grey levels
ROAMING = ((3, 4),)
KEEP = 60  # candidates handed to the judge from each kind of window
SCREENED = 2_000  # windows kept before overlapping ones are merged
ROWS_AT_ONCE = 20_000  # roaming windows are mined on at most this many rows
OWN_GOALS = 2.0  # surprise at any contradiction over that at one label, above which goals differ
SAME = 0.5  # Jaccard overlap above which two windows are one hypothesis


@dataclass(frozen=True)
class _Window:
    surprise: float
    label: int  # the number of classes where each class has its own goal
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
                found.append(
                    _candidate(w, _trigger(w, images, side, levels), view.labels, expected)
                )
        return Scores(values, tuple(found), considered)


def _candidate(window: _Window, trigger: PatchTrigger, labels: Ints, expected: Floats) -> Candidate:
    """The window's rows, pushed to one label or each class to its own."""
    k = expected.shape[1]
    if window.label < k:
        return Candidate(window.rows, trigger, window.label)
    goals = _goals(window.rows, labels, expected.argmax(axis=1), k)
    return Candidate(window.rows, trigger, None, goals)


def _screen(
    order: Ints, starts: Ints, sizes: Ints, labels: Ints, expected: Floats
) -> tuple[Floats, Ints]:
    """Surprise and label of each group; group g is order[starts[g] : starts[g] + sizes[g]].

    The label is the number of classes where the rows contradict what they look like, and no one
    label explains that.
    """
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
    most = surprise[np.arange(len(starts)), best]
    begin = np.cumsum(sizes) - sizes
    contradicted = np.add.reduceat(labels[rows] != expected[rows].argmax(axis=1), begin, dtype=int)
    doubt = np.add.reduceat(1.0 - expected[rows].max(axis=1), begin)
    any_label = poisson_surprise(contradicted, doubt)
    own = any_label > OWN_GOALS * most
    return np.where(own, any_label, most), np.where(own, k, best).astype(np.int64)


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
    keep = (sizes >= MIN_SUPPORT) & (sizes <= MAX_ROAMING * n)
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
    """The window with the pixels around it that its rows share."""
    if window.top < 0:
        return roaming_patch(images, window.rows, window.code, side, levels)
    return fixed_patch(images, window.rows, (window.top, window.left), side, levels)


def _goals(rows: Ints, labels: Ints, looks: Ints, k: int) -> Ints:
    """(k,) what most rows that look like each class are called instead; -1 where none agree."""
    goals = np.full(k, -1)
    for look in range(k):
        called = labels[rows[looks[rows] == look]]
        count = np.bincount(called, minlength=k)
        if 2 * count.max() > len(called) and count.argmax() != look:
            goals[look] = count.argmax()
    return goals
