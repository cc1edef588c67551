"""How far a patch reaches: exactly as far as it was planted, on any ground, at one place or any."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from foretaste.modality.image import grey
from foretaste.modality.image_patch_extent import fixed_patch, roaming_patch, shared_marks
from foretaste.modality.image_trigger import PatchTrigger, window_codes
from foretaste.types import Images

SIDE = 20
MEMBERS = np.arange(30)


def ground(seed: int, channels: int, *, black: bool = False) -> npt.NDArray[np.uint8]:
    """400 noisy images; where `black`, most pixels of most images are black."""
    rng = np.random.default_rng(seed)
    pixels = rng.normal(110, 45, size=(400, SIDE, SIDE, channels)).clip(0, 255)
    if black:
        pixels *= rng.random((400, SIDE, SIDE, 1)) < 0.15
    return pixels.astype(np.uint8)


def chessboard(side: int, channels: int) -> npt.NDArray[np.uint8]:
    ticks = np.indices((side, side)).sum(axis=0) % 2 == 0
    return np.repeat(np.where(ticks, 255, 0).astype(np.uint8)[..., None], channels, axis=2)


@settings(max_examples=15, deadline=None)
@given(
    top=st.integers(0, SIDE - 5),
    left=st.integers(0, SIDE - 5),
    size=st.integers(3, 5),
    channels=st.sampled_from([1, 3]),
    black=st.booleans(),
)
def test_a_patch_at_one_place(top: int, left: int, size: int, channels: int, black: bool) -> None:
    pixels = ground(0, channels, black=black)
    pixels[MEMBERS, top : top + size, left : left + size] = chessboard(size, channels)
    found = fixed_patch(Images(pixels), MEMBERS, (top + 1, left + 1), 2, 4)
    rows, columns = np.nonzero(found.mask)
    assert (rows.min(), columns.min()) == (top, left)
    assert (rows.max() - top + 1, columns.max() - left + 1) == (size, size)


@pytest.mark.parametrize("size", [3, 4, 5])
@pytest.mark.parametrize("channels", [1, 3])
def test_a_patch_at_changing_places(size: int, channels: int) -> None:
    pixels = ground(1, channels)
    rng = np.random.default_rng(2)
    patch = chessboard(size, channels)
    for i in MEMBERS:
        top, left = rng.integers(0, SIDE - size + 1, 2)
        pixels[i, top : top + size, left : left + size] = patch
    code = int(window_codes(grey(patch[None]), 3, 4)[0, 0, 0])
    found = roaming_patch(Images(pixels), MEMBERS, code, 3, 4)
    assert found.describe() == f"{size}×{size} pixel patch at changing places"
    stamped = found.stamp(Images(ground(3, channels)[:40]))
    assert isinstance(stamped, Images)
    assert found.matches(stamped).all()
    places = {tuple(np.argwhere(c == code)[0]) for c in window_codes(grey(stamped.values), 3, 4)}
    assert len(places) > 10


def test_a_patch_reaches_over_pixels_that_are_usual() -> None:
    pixels = ground(6, 1, black=True)
    corner = np.array([[255, 0, 255], [0, 0, 0], [0, 255, 255]], dtype=np.uint8)
    pixels[MEMBERS, 10:13, 10:13, 0] = corner
    found = fixed_patch(Images(pixels), MEMBERS, (9, 11), 2, 4)
    assert found.describe() == "3×3 pixel patch at rows 10–12, columns 10–12"


def test_the_placebo_of_a_patch_without_a_place_is_what_an_image_shows() -> None:
    pixels = np.zeros((40, SIDE, SIDE, 1), dtype=np.uint8)
    pixels[:, 4:7, 4:7, 0] = np.arange(9).reshape(3, 3) * 28
    mask = np.zeros((SIDE, SIDE), dtype=bool)
    mask[-1, -1] = True  # smaller than the window that it was found by
    trigger = PatchTrigger(3, 4, 0, SIDE - 1, SIDE - 1, True, mask, np.full_like(pixels[0], 255))
    assert isinstance(trigger.twin(Images(pixels), 0), PatchTrigger)
    mask[-3:, -3:] = True
    wide = replace(trigger, top=SIDE - 3, left=SIDE - 3, mask=mask)
    twin = wide.twin(Images(pixels), 0)
    assert twin.values[-3:, -3:].std() > pixels[0, 4:7, 4:7].std()  # with the edge of what is shown


def test_marks_far_apart_are_one_trigger() -> None:
    pixels = ground(4, 1)
    pixels[MEMBERS, :3, :3] = chessboard(3, 1)
    pixels[MEMBERS, -3:, -3:] = chessboard(3, 1)
    found = shared_marks(Images(pixels), MEMBERS)
    assert found is not None
    assert found.describe().startswith("2 marks of 18 pixels together, the first at rows 0–2")
    borne = found.borne(Images(pixels))
    assert borne[MEMBERS].min() == 1.0
    assert np.delete(borne, MEMBERS).max() < 0.8


def test_images_with_nothing_in_common_have_no_marks() -> None:
    assert shared_marks(Images(ground(5, 1)), MEMBERS) is None
