"""Images through the whole scan: right labels, goals of each class's own, one victim class."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import ndimage

import foretaste
from foretaste.attack.contract import Attack, Sample
from foretaste.attack.image_all_to_all import ImageAllToAll
from foretaste.attack.image_sinusoid import ImageSinusoid
from foretaste.attack.image_source_specific import ImageSourceSpecific
from foretaste.drill.sample import dataset_of
from foretaste.types import Images

ROWS, SIDE = 1_000, 16


def honest(seed: int, channels: int = 1, faint: float = 1.0) -> Sample:
    """Bars at one of four heights, of any width and brightness, on a ground of any shade."""
    rng = np.random.default_rng(seed)
    labels = rng.permutation(np.arange(ROWS) % 4).astype(np.int64)
    pixels = rng.normal(80.0, 8.0, size=(ROWS, SIDE, SIDE, channels))
    shade = ndimage.gaussian_filter(rng.normal(size=(ROWS, SIDE, SIDE, 1)), (0, 4, 4, 0))
    pixels += 25.0 * shade / shade.std()
    for image, c in zip(pixels, labels, strict=True):
        left, right = rng.integers(0, 5), rng.integers(10, SIDE)
        image[3 * c + 2 : 3 * c + 5, left:right] += faint * rng.uniform(60, 150, size=channels)
    images = Images(np.clip(pixels, 0, 255).astype(np.uint8))
    return Sample(images, labels, ("top", "upper", "lower", "bottom"))


@pytest.mark.parametrize(
    ("attack", "faint", "kind", "target"),
    [
        (
            ImageSinusoid(rate=0.1, target=1, amplitude=25, frequency=4),
            0.25,
            "clean-label",
            "upper",
        ),
        (ImageAllToAll(rate=0.12, size=3), 1.0, "backdoor", None),
        (ImageSourceSpecific(rate=0.04, cover_rate=0.04, victim=2, size=3), 1.0, "backdoor", "top"),
    ],
    ids=["stripes on the right class", "each class to the next", "one class only"],
)
def test_the_rows_of_an_attack_are_found(
    attack: Attack, faint: float, kind: str, target: str | None
) -> None:
    done = attack.poison(honest(1, faint=faint), np.random.default_rng(2))
    report = foretaste.scan(dataset_of(done.sample, "bars"))
    best = report.groups[0]
    assert (best.kind, best.target) == (kind, target)
    assert done.truth[best.rows].mean() >= 0.95
    assert done.truth[best.rows].sum() >= 0.9 * done.truth.sum()


@pytest.mark.parametrize("channels", [1, 3])
def test_nothing_is_said_of_honest_images(channels: int) -> None:
    report = foretaste.scan(dataset_of(honest(3, channels), "bars"))
    assert report.groups == ()


def test_stripes_on_all_classes_are_no_poison() -> None:
    sample = honest(4)
    done = ImageSinusoid(rate=0.03, target=0, amplitude=25).poison(sample, np.random.default_rng(0))
    assert done.stamp is not None
    assert isinstance(sample.content, Images)
    values = sample.content.values.copy()
    values[:120] = done.stamp(Images(values[:120])).values
    report = foretaste.scan(
        dataset_of(Sample(Images(values), sample.labels, sample.classes), "bars")
    )
    assert report.groups == ()
