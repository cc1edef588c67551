"""Attacks of other packages: found by entry point, listed where they cannot be used."""

from __future__ import annotations

import dataclasses
from importlib.metadata import EntryPoint

import numpy as np

from foretaste.attack.contract import Poisoned, Sample
from foretaste.attack.plugins import GROUP, installed
from foretaste.types import Modality


def run() -> None:
    """No attack."""


@dataclasses.dataclass(frozen=True)
class Foreign:
    """An attack of another package."""

    rate: float = 0.1
    name = "foreign"
    family = "flip"
    modalities = frozenset(Modality)
    paper = "none"

    def poison(self, sample: Sample, rng: np.random.Generator) -> Poisoned:
        raise NotImplementedError


class Namesake(Foreign):
    name = "label-flip-random"


def test_attacks_of_other_packages_are_listed_whether_they_load_or_not() -> None:
    points = [
        EntryPoint("a", f"{__name__}:Foreign", GROUP),
        EntryPoint("b", f"{__name__}:Namesake", GROUP),
        EntryPoint("c", f"{__name__}:Missing", GROUP),
        EntryPoint("d", f"{__name__}:run", GROUP),
    ]
    found = installed(points)
    assert list(found.attacks) == ["foreign"]
    assert sorted(found.failed) == ["b", "c", "d"]
    assert "another attack" in found.failed["b"]
