"""A source is guilty if its clear rows are contradicted; harder rows, or few, make none guilty."""

from __future__ import annotations

import numpy as np
import pytest

from foretaste.judge.source_labels import judge_source_labels
from foretaste.stats.clear_rows import rank_evidence
from foretaste.types import Bools, Floats, Ints, Policy

N, SOURCES = 3_000, 12


def rows(seed: int, hard: float = 0.0) -> tuple[Floats, Bools, Ints, np.random.Generator]:
    """Probabilities that mean what they say; source 0's rows are less clear by `hard`."""
    rng = np.random.default_rng(seed)
    sources = rng.integers(0, SOURCES, N)
    sure = np.clip(rng.beta(6, 1, N) / 2 + 0.5 - hard * (sources == 0), 0.5, 0.999)
    wrong = rng.random(N) < 1 - sure
    p = np.where(rng.random(N) < 0.5, sure, 1 - sure)
    return np.column_stack([p, 1 - p]), wrong, sources, rng


@pytest.mark.parametrize("hard", [0.0, 0.2])
def test_honest_sources_are_not_accused(hard: float) -> None:
    accused = 0
    for seed in range(200):
        p, wrong, sources, _ = rows(seed, hard)
        found = judge_source_labels(rank_evidence(p), wrong, sources, Policy())
        accused += any(s.guilty for s in found)
    assert accused <= 1


@pytest.mark.parametrize("guilty", [[3], [3, 7]])
def test_careless_sources_are_named(guilty: list[int]) -> None:
    for seed in range(5):
        p, wrong, sources, rng = rows(seed)
        flipped = np.isin(sources, guilty) & (rng.random(N) < 0.25)
        found = judge_source_labels(rank_evidence(p), wrong ^ flipped, sources, Policy())
        assert [s.source for s in found if s.guilty] == guilty
        assert all(s.p_value <= Policy().alpha for s in found if s.guilty)


def test_one_contradicted_row_accuses_nobody() -> None:
    p, _, sources, _ = rows(0)
    wrong = np.zeros(N, dtype=bool)
    wrong[np.flatnonzero(sources == 5)[0]] = True
    found = judge_source_labels(rank_evidence(p), wrong, sources, Policy())
    assert not any(s.guilty for s in found)


def test_a_lone_source_is_not_compared() -> None:
    p, wrong, sources, _ = rows(0)
    assert judge_source_labels(rank_evidence(p), wrong, np.zeros_like(sources), Policy()) == ()
