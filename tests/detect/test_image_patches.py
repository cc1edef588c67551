"""Patches: the pixels that were planted, and not the ground around them."""

from __future__ import annotations

import numpy as np
import pytest

from foretaste.data import open_dataset
from foretaste.detect.image_patches import ImagePatches
from foretaste.judge.hypotheses import open_hypotheses
from foretaste.probe.look import look
from foretaste.types import Policy

ROWS = 600
SIDE = 16
PATCH = np.array([[255, 0, 255], [0, 255, 0], [255, 0, 255]], dtype=np.uint8)


@pytest.mark.parametrize(("top", "left"), [(12, 12), (11, 11)])
@pytest.mark.parametrize("share", [0.03, 0.05])
def test_a_patch_is_described_as_large_as_it_is(top: int, left: int, share: float) -> None:
    """On a ground that is black in most images."""
    rng = np.random.default_rng(1)
    labels = rng.permutation(np.arange(ROWS) % 3)
    pixels = rng.normal(4.0, 2.0, size=(ROWS, SIDE, SIDE)).clip(0, 255)
    for image, c in zip(pixels, labels, strict=True):
        width = rng.integers(5, 11)
        image[3 * c + 1 : 3 * c + 4, 2 : 2 + width] += rng.uniform(60, 200)
        if rng.random() < 0.3:  # now and then something lies near the border
            image[10:16, rng.integers(0, 12) :] += rng.uniform(40, 120)
    planted = rng.choice(np.flatnonzero(labels != 0), int(share * ROWS), replace=False)
    pixels[planted, top : top + 3, left : left + 3] = PATCH
    labels[planted] = 0
    names = np.array(["low", "middle", "high"])[labels]
    view = look(open_dataset((pixels.astype(np.uint8), names)), np.random.default_rng(0))
    detector = ImagePatches()
    scores = detector.fit(view, rng)(view)
    found = open_hypotheses(view, {"image-patches": scores}, Policy(), np.random.default_rng(0))
    trigger = found[0].candidate.trigger
    assert trigger is not None
    assert trigger.describe() == (
        f"3×3 pixel patch at rows {top}–{top + 2}, columns {left}–{left + 2}"
    )
    assert set(found[0].test.rows) >= set(planted)
