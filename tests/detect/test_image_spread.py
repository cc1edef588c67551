"""Spread triggers: found whatever the pattern, with their rows; honest look-alikes stay shut."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pytest
from scipy import ndimage

from foretaste.attack.contract import Attack, Poisoned, Sample
from foretaste.attack.image_blend import ImageBlend
from foretaste.attack.image_sinusoid import sinusoid
from foretaste.attack.image_smooth import ImageSmooth
from foretaste.attack.pixels import Added
from foretaste.attack.placebo_watermark import PlaceboWatermark
from foretaste.attack.plant import dirty_label
from foretaste.data import open_dataset
from foretaste.detect.image_spread import ImageSpread
from foretaste.judge.groups import PLANTED
from foretaste.judge.hypotheses import Hypothesis, open_hypotheses
from foretaste.probe.look import look
from foretaste.types import Images, Policy, Scores, Trigger, View

ROWS = 1_200
SMOOTH = ImageSmooth(rate=0.04, target=1, amplitude=60.0, width=2.0)
SIDE = 16


def honest(seed: int, channels: int = 1) -> Sample:
    """Bars at one of three heights, of any width and brightness, on a ground of any shade."""
    rng = np.random.default_rng(seed)
    labels = rng.permutation(np.arange(ROWS) % 3).astype(np.int64)
    pixels = rng.normal(80.0, 8.0, size=(ROWS, SIDE, SIDE, channels))
    shade = ndimage.gaussian_filter(rng.normal(size=(ROWS, SIDE, SIDE, 1)), (0, 4, 4, 0))
    pixels += 25.0 * shade / shade.std()
    for image, c in zip(pixels, labels, strict=True):
        left, right = rng.integers(0, 5), rng.integers(10, SIDE)
        image[4 * c + 2 : 4 * c + 6, left:right] += rng.uniform(60, 150, size=channels)
    images = Images(np.clip(pixels, 0, 255).astype(np.uint8))
    return Sample(images, labels, ("low", "middle", "high"))


@dataclass(frozen=True)
class Waves:
    """Upright stripes with a false label."""

    rate: float = 0.04
    target: int = 0
    source: int | None = None

    def poison(self, sample: Sample, rng: np.random.Generator) -> Poisoned:
        assert isinstance(sample.content, Images)
        wave = Added(sinusoid(sample.content.values.shape[1:], 14.0, 5.0))
        return dirty_label(self, sample, rng, stamp=wave, trigger="stripes")


def view_of(sample: Sample) -> View:
    assert isinstance(sample.content, Images)
    names = np.array([sample.classes[c] for c in sample.labels])
    return look(open_dataset((sample.content.values, names)), np.random.default_rng(0))


def scored(view: View) -> Scores:
    detector = ImageSpread()
    return detector.fit(view, np.random.default_rng(0))(view)


def opened(view: View, scores: Scores) -> list[Hypothesis]:
    found = open_hypotheses(view, {"image-spread": scores}, Policy(), np.random.default_rng(0))
    return [h for h in found if not h.needs_proof]


def trigger_of(view: View) -> Trigger:
    trigger = opened(view, scored(view))[0].candidate.trigger
    assert trigger is not None
    return trigger


@pytest.mark.parametrize(
    ("attack", "channels", "looks"),
    [
        (ImageBlend(rate=0.03, target=0), 1, "noise pattern"),
        (ImageBlend(rate=0.03, target=2), 3, "noise pattern"),
        (SMOOTH, 1, "smooth pattern"),
        (Waves(), 1, "upright stripes, 5 waves wide"),
    ],
    ids=["blend", "blend in colour", "smooth", "stripes"],
)
def test_a_planted_pattern_opens_with_its_rows(
    attack: Attack | Waves, channels: int, looks: str
) -> None:
    done = attack.poison(honest(1, channels), np.random.default_rng(2))
    view = view_of(done.sample)
    best = opened(view, scored(view))[0]
    flagged = best.test.rows[best.posterior >= PLANTED]
    assert view.classes[best.label or 0] == done.sample.classes[done.target or 0]
    assert done.truth[flagged].mean() >= 0.95
    assert done.truth[flagged].sum() >= 0.9 * done.truth.sum()
    assert best.candidate.trigger is not None
    assert looks in best.candidate.trigger.describe()


@pytest.mark.parametrize("seed", [3, 4])
@pytest.mark.parametrize("marked", [False, True], ids=["untouched", "watermark"])
def test_nothing_opens_in_honest_images(seed: int, marked: bool) -> None:
    sample = honest(seed)
    if marked:
        sample = PlaceboWatermark().poison(sample, np.random.default_rng(seed)).sample
    view = view_of(sample)
    assert opened(view, scored(view)) == []


def test_a_pattern_with_right_labels_stays_shut() -> None:
    sample = honest(5)
    assert isinstance(sample.content, Images)
    values = sample.content.values.copy()
    values[:60] = Added(sinusoid(values.shape[1:], 14.0, 5.0))(Images(values[:60])).values
    view = view_of(Sample(Images(values), sample.labels, sample.classes))
    assert opened(view, scored(view)) == []


def test_the_pattern_found_is_the_pattern_planted() -> None:
    done = SMOOTH.poison(honest(1), np.random.default_rng(2))
    view = view_of(done.sample)
    trigger = trigger_of(view)
    grounds = Images(np.full((1, SIDE, SIDE, 1), 120, dtype=np.uint8))
    assert done.stamp is not None
    planted = difference(done.stamp(grounds), grounds)
    recovered = difference(trigger.stamp(grounds), grounds)
    assert np.corrcoef(planted, recovered)[0, 1] > 0.8


def test_removal_leaves_clipped_pixels_alone() -> None:
    done = SMOOTH.poison(honest(1), np.random.default_rng(2))
    view = view_of(done.sample)
    trigger = trigger_of(view)
    black = Images(np.zeros((1, SIDE, SIDE, 1), dtype=np.uint8))
    assert trigger.remove(black).values.max() == 0


def difference(after: object, before: Images) -> npt.NDArray[np.float64]:
    assert isinstance(after, Images)
    return (after.values.astype(np.float64) - before.values).ravel()
