"""A floor is found where there is one, and only there."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.special import expit

from foretaste.stats.noise_floor import CLEAREST, fit_noise_floor
from foretaste.types import Policy

U = (np.arange(4_000) + 0.5) / 4_000


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize(("start", "slope"), [(-8.0, 8.0), (-5.0, 5.0), (-4.0, 4.0)])
def test_honest_mistakes_have_no_floor(seed: int, start: float, slope: float) -> None:
    rng = np.random.default_rng(seed)
    wrong = rng.random(len(U)) < expit(start + slope * U)
    # the last task errs on 1.8 % of its clearest rows, above what is assumed (CLEAREST): the rest
    # passes for a floor, within what is taken as natural
    unassumed = max(0.0, float(expit(start)) - CLEAREST)
    assert fit_noise_floor(U, wrong, 0.01).low <= 0.01 + unassumed < Policy().natural_noise


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("share", [0.05, 0.1, 0.3])
def test_flips_have_one_of_the_right_height(seed: int, share: float) -> None:
    rng = np.random.default_rng(seed)
    wrong = (rng.random(len(U)) < expit(-7.0 + 7.0 * U)) | (rng.random(len(U)) < share)
    floor = fit_noise_floor(U, wrong, 0.01)
    assert 0.02 < floor.low <= floor.epsilon
    assert floor.epsilon == pytest.approx(share, abs=0.03)
    assert abs(floor.flatness) < 4.0
