"""Structure that no head follows is not poison; a planted range is."""

from __future__ import annotations

import numpy as np

import foretaste

N = 3_000


def rows(seed: int) -> tuple[np.ndarray, np.ndarray]:
    """A class that lives in a narrow band of one column, beside a common linear rule."""
    rng = np.random.default_rng(seed)
    x = rng.lognormal(sigma=1.5, size=(N, 6))
    y = np.log(x[:, 1]) + np.log(x[:, 2]) > 0
    band = (x[:, 0] > 0.8) & (x[:, 0] < 1.25)
    return x, np.where(band, rng.random(N) < 0.05, y).astype(np.int64)


def test_a_band_in_which_a_class_lives_is_structure() -> None:
    assert foretaste.scan(rows(0)).verdict == "clean"


def test_a_planted_value_combination_in_the_same_data_is_poison() -> None:
    x, y = rows(1)
    rng = np.random.default_rng(1)
    sure = np.log(x[:, 1]) + np.log(x[:, 2]) > 1
    planted = np.sort(rng.choice(np.flatnonzero(sure & (y == 1)), 60, replace=False))
    x[planted, 4], x[planted, 5] = 1.75, 0.6
    y[planted] = 0
    report = foretaste.scan((x, y))
    assert [set(g.rows.tolist()) for g in report.groups] == [set(planted.tolist())]
