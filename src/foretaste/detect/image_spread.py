"""Spread groups: one faint pattern over the whole of many images, with a label it does not earn.

In each whitened map of the images, and for each class, rows whose gist contradicts their label
are asked what they share; and where the class itself falls into two heaps, what one has beyond
the other.
"""

from __future__ import annotations

import zlib
from typing import ClassVar

import numpy as np

from foretaste.modality.image import as_images
from foretaste.modality.image_maps import MAPS, WhitenedMap, fit_whitened_map
from foretaste.modality.image_patch_extent import shared_marks
from foretaste.modality.image_spread_trigger import SpreadTrigger, estimate_pattern
from foretaste.modality.image_warp_trigger import (
    MeanImages,
    WarpTrigger,
    bends,
    estimate_field,
    mean_images,
)
from foretaste.probe.class_directions import ClassDirection, class_directions
from foretaste.probe.group_screens import Hypotheses
from foretaste.probe.residual_directions import SharedDirection, shared_directions
from foretaste.types import (
    Bools,
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

__all__ = ["ImageSpread"]

KEEP = 60  # candidates handed to the judge
KEEP_HEAPS = 16  # of them with right labels


class ImageSpread:
    """Finds groups of images that share a pattern over all of them: blends, waves, warps.

    References
    ----------
    Chen et al. 2017, "Targeted backdoor attacks", section 4, and Barni et al. 2019, "A new
    backdoor attack in CNNs", for what is looked for.
    """

    name: ClassVar[str] = "image-spread"
    family: ClassVar[Family] = Family.ARTEFACT
    layer: ClassVar[Layer] = Layer.STATISTICAL
    modalities: ClassVar[frozenset[Modality]] = frozenset({Modality.IMAGE})
    needs: ClassVar[frozenset[Need]] = frozenset({Need.CONTENT, Need.HEADS})

    def __init__(self) -> None:
        self._seed = 0

    def fit(self, view: View, rng: np.random.Generator) -> ImageSpread:
        """Nothing is learnt but how rows are split; the scored view speaks for itself."""
        del view
        self._seed = int(rng.integers(2**31))
        return self

    def __call__(self, view: View) -> Scores:
        """Candidates with a pattern or a warp; a row's score is its best group's surprise."""
        images = as_images(view.content) if view.content is not None else None
        if images is None or not view.heads:
            msg = "image-spread needs content and heads"
            raise ValueError(msg)
        # the coarsest view: blind to a faint pattern, so it did not learn the trigger
        expected = view.heads[-1].leave_one_out()
        first = _halves(images, self._seed)
        found: list[tuple[SharedDirection, WhitenedMap]] = []
        heaps: list[tuple[ClassDirection, WhitenedMap]] = []
        considered = 0
        for reading in (fit_whitened_map(images, name) for name in MAPS):
            features = reading(images)
            directions, count = shared_directions(features, view.labels, expected, first)
            found += [(d, reading) for d in directions]
            apart, more = class_directions(features, view.labels, expected.shape[1], first)
            heaps += [(d, reading) for d in apart]
            considered += count + more
        found.sort(key=lambda f: -f[0].weight)
        values = np.zeros(len(view))
        kept: list[Candidate] = []
        known: dict[str, Hypotheses] = {}  # a cut that is too tight leaves carriers behind
        for direction, reading in found:
            if len(kept) == KEEP:
                break
            alike = known.setdefault(direction.cut, Hypotheses())
            if not alike.new(direction.label, direction.rows, direction.share):
                continue
            alike.add(direction.label, direction.rows, direction.share)
            values[direction.rows] = np.maximum(values[direction.rows], direction.surprise)
            trigger = _trigger(direction, reading, images, view.labels, expected)
            kept.append(Candidate(direction.rows, trigger, direction.label))
        heaps.sort(key=lambda f: -f[0].separation)
        for heap, reading in heaps[:KEEP_HEAPS]:
            pattern = _beside_own_class(heap, images, view.labels)
            usual = images.values[view.labels == heap.label].mean(axis=0)
            trigger = SpreadTrigger(reading, heap.direction, heap.threshold, pattern, usual)
            kept.append(Candidate(heap.rows, trigger, heap.label))
            marks = shared_marks(images, heap.rows)
            if marks is not None:
                kept.append(Candidate(heap.rows, marks, heap.label))
        return Scores(values, tuple(kept), considered)


def _halves(images: Images, seed: int) -> Bools:
    """(n,) a split by content: copies of an image are on one side, and order does not matter."""
    codes = [zlib.crc32(np.ascontiguousarray(image).data, seed) for image in images.values]
    return np.array([code.bit_count() % 2 == 0 for code in codes])


def _beside_own_class(heap: ClassDirection, images: Images, labels: Ints) -> Floats:
    """What rows of a class have beyond the rest of it, in pixels."""
    mine = labels == heap.label
    rest = mine.astype(np.float64)
    rest[heap.rows] = 0.0
    return estimate_pattern(images, heap.rows[mine[heap.rows]], rest)


def _trigger(
    found: SharedDirection, reading: WhitenedMap, images: Images, labels: Ints, expected: Floats
) -> SpreadTrigger | WarpTrigger:
    """The direction, and what the rows with the label share: a pattern in pixels, or a bend."""
    members = found.rows[labels[found.rows] == found.label]
    others = np.ones(len(labels), dtype=bool)
    others[found.rows] = False
    k = expected.shape[1]
    size = np.maximum(np.bincount(labels[others], minlength=k), 1)

    def beyond(rows: Ints) -> Floats:
        weight = expected[rows].mean(axis=0) / size
        return estimate_pattern(images, rows, np.where(others, weight[labels], 0.0))

    def means(rows: Ints) -> MeanImages:
        looks = expected[rows].copy()
        looks[:, found.label] = 0.0  # whatever they look like, it is another class
        return mean_images(images, rows, looks, np.eye(k)[labels] * others[:, None])

    first, second = members[::2], members[1::2]
    # what is bent was interpolated: only there it is looked for
    if reading.name == "sharpness" and all(
        bends(means(one), means(other), beyond(one))
        for one, other in ((first, second), (second, first))
    ):
        field = estimate_field(means(members))
        return WarpTrigger(reading, found.direction, found.threshold, field)
    usual = images.values.mean(axis=0)
    return SpreadTrigger(reading, found.direction, found.threshold, beyond(members), usual)
