"""Categories that decide a label by nature are not called planted."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from foretaste import scan
from foretaste.types import Verdict

ADULT = Path(__file__).parents[2].parent / "shared" / "data" / "adult" / "data.parquet"
needs_adult = pytest.mark.skipif(not ADULT.exists(), reason=f"no {ADULT}")


@pytest.mark.parametrize("seed", [0, 2])
def test_levels_with_an_effect_of_their_own(seed: int) -> None:
    rng = np.random.default_rng((77, seed))
    levels = np.array([f"c{i}" for i in range(30)])
    effect = dict(zip(levels.tolist(), 2 * rng.normal(size=30), strict=True))
    level = rng.choice(levels, 600, p=rng.dirichlet(np.full(30, 0.5)))
    x = rng.normal(size=(600, 3))
    odds = x[:, 0] + np.array([effect[name] for name in level])
    label = np.where(rng.random(600) < 1 / (1 + np.exp(-odds)), "p", "n")
    columns = dict(zip("abc", x.T, strict=True))
    report = scan({**columns, "level": level.astype(object), "label": label}, label="label")
    assert report.verdict is Verdict.CLEAN


@needs_adult
def test_wives_are_women() -> None:
    """The rest of a wife's row speaks for a man, but wives work and earn unlike husbands."""
    rows = pd.read_parquet(ADULT).drop(columns="label").sample(800, random_state=77)
    assert scan(rows, label="sex").verdict is Verdict.CLEAN
