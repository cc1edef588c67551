"""Placebos are honest: what they change is stated, and labels stay right."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from foretaste.attack.contract import Sample, discover
from foretaste.errors import UsageError
from foretaste.types import Modality

Toy = Callable[..., Sample]
PLACEBOS = [attack for attack in discover() if attack.family == "placebo"]
MISTAKEN = {"placebo-human-noise", "placebo-duplicates", "placebo-merged-class"}
each = pytest.mark.parametrize("placebo", PLACEBOS, ids=lambda p: p.name)
every = pytest.mark.parametrize("modality", list(Modality))


@each
@every
def test_rows_are_accounted_for(placebo: type[Any], modality: Modality, toy: Toy) -> None:
    sample = toy(modality)
    done = placebo().poison(sample, np.random.default_rng(5))
    origin = np.arange(len(sample)) if done.origin is None else done.origin
    assert len(origin) == len(done.sample)
    if placebo.name not in MISTAKEN:
        assert np.array_equal(done.sample.labels, sample.labels[origin])
    assert done.sample.sources is not None
    assert done.sample.sources.max() < len(done.sample.source_names)
    assert done.target is None
    assert done.stamp is None


@pytest.mark.parametrize("name", ["placebo-watermark", "placebo-new-domain"])
@every
def test_an_honest_source_has_all_classes(name: str, modality: Modality, toy: Toy) -> None:
    placebo = next(p for p in PLACEBOS if p.name == name)
    done = placebo().poison(toy(modality), np.random.default_rng(5))
    assert done.sample.sources is not None
    new = done.sample.sources == len(done.sample.source_names) - 1
    assert new.sum() == 60
    assert set(done.sample.labels[new]) == {0, 1, 2}


def test_long_tail_is_as_steep_as_asked(toy: Toy) -> None:
    placebo: Any = next(p for p in PLACEBOS if p.name == "placebo-long-tail")
    done = placebo(ratio=10.0).poison(toy(Modality.TABLE, n=600), np.random.default_rng(5))
    sizes = np.sort(np.bincount(done.sample.labels))
    assert sizes.tolist() == [20, 63, 200]


def test_merging_needs_three_classes(toy: Toy) -> None:
    sample = toy(Modality.TEXT)
    two = sample.take(sample.labels < 2)
    two = Sample(two.content, two.labels, ("red", "green"))
    placebo = next(p for p in PLACEBOS if p.name == "placebo-merged-class")
    with pytest.raises(UsageError, match="three classes"):
        placebo().poison(two, np.random.default_rng(5))
