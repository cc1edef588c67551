"""Warps: recovered from class means, undone, and told apart from patterns that are added."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import ndimage

from foretaste.attack.image_warp import draw_field
from foretaste.modality.image_maps import WhitenedMap
from foretaste.modality.image_warp_trigger import (
    MeanImages,
    WarpTrigger,
    bends,
    bent,
    estimate_field,
    mean_images,
)
from foretaste.types import Floats, Images

SIDE, CLASSES, EACH = 24, 5, 80


def smooth(rng: np.random.Generator, count: int, width: float) -> Floats:
    """(count, SIDE, SIDE) smooth shapes in grey levels."""
    fields = ndimage.gaussian_filter(rng.normal(size=(count, SIDE, SIDE)), (0, width, width))
    return np.asarray(120 + 60 * fields / fields.std())


def sets(seed: int, *, warped: bool) -> tuple[list[MeanImages], Floats, Floats]:
    """Means of two halves of images that were bent, or to which a pattern was added."""
    rng = np.random.default_rng(seed)
    looks = np.eye(CLASSES)[np.arange(CLASSES * EACH) % CLASSES]
    honest = looks @ smooth(rng, CLASSES, 2.0).reshape(CLASSES, -1)
    honest = honest.reshape(-1, SIDE, SIDE, 1) + rng.normal(
        scale=25, size=(len(looks), SIDE, SIDE, 1)
    )
    field = draw_field((SIDE, SIDE), 1.0, 4, rng)
    pattern = 0.3 * (smooth(rng, 1, 1.0)[0] - 120)[..., None]
    rows = np.arange(100)
    changed = honest.copy()
    changed[rows] = bent(honest[rows], field) if warped else honest[rows] + pattern
    images = Images(changed.clip(0, 255).astype(np.uint8))
    beside = looks.copy()
    beside[rows] = 0.0
    halves = [mean_images(images, part, looks[part], beside) for part in (rows[::2], rows[1::2])]
    return halves, field, pattern


@pytest.mark.parametrize("seed", range(3))
def test_a_bend_is_recovered(seed: int) -> None:
    (first, _), field, _ = sets(seed, warped=True)
    found = estimate_field(first)
    assert np.corrcoef(found.ravel(), field.ravel())[0, 1] > 0.8


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("warped", [True, False])
def test_bends_are_told_from_what_is_added(seed: int, warped: bool) -> None:
    (first, second), _, pattern = sets(seed, warped=warped)
    added = pattern if not warped else (first.carried - first.usual).mean(axis=0)[..., None]
    assert bends(first, second, added) is warped


def test_nothing_is_bent_where_means_agree() -> None:
    means = MeanImages(*(smooth(np.random.default_rng(1), 2, 2.0),) * 2, np.ones(2))
    assert np.abs(estimate_field(means)).max() < 1e-6


def test_a_warp_is_stamped_undone_and_drawn() -> None:
    rng = np.random.default_rng(2)
    images = Images(smooth(rng, 30, 3.0)[..., None].clip(0, 255).astype(np.uint8))
    none = np.zeros(0, dtype=np.float32)
    field = 0.7 * draw_field((SIDE, SIDE), 1.0, 3, rng)
    trigger = WarpTrigger(WhitenedMap("brightness", none, none), none, 0.0, field)
    there = trigger.stamp(images)
    back = trigger.remove(there)
    assert isinstance(there, Images)
    assert isinstance(back, Images)
    away = [np.abs(i.values.astype(float) - images.values).mean() for i in (there, back)]
    assert away[1] < 0.4 * away[0]
    assert trigger.twin(images, 3).field.tolist() == trigger.twin(images, 3).field.tolist()
    assert (trigger.draw().png or b"").startswith(b"\x89PNG")
    assert "moves pixels by" in trigger.describe()


def test_a_twin_is_as_strong_and_another() -> None:
    (first, _), _, _ = sets(0, warped=True)
    none = np.zeros(0, dtype=np.float32)
    trigger = WarpTrigger(WhitenedMap("brightness", none, none), none, 0.0, estimate_field(first))
    images = Images(np.zeros((1, SIDE, SIDE, 1), dtype=np.uint8))
    for row in range(5):
        twin = trigger.twin(images, row).field
        assert np.linalg.norm(twin) == pytest.approx(np.linalg.norm(trigger.field))
        assert np.corrcoef(twin.ravel(), trigger.field.ravel())[0, 1] < 0.8
