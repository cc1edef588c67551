"""The arithmetic of votes, against every ballot that changed cells could cast."""

from __future__ import annotations

import itertools
from collections.abc import Callable

import numpy as np
import numpy.typing as npt
import pytest

from foretaste.train.ballots import Ballots, Outcome, plurality, run_off
from foretaste.train.partition import models_fed

Floats = npt.NDArray[np.float64]

# scores of a model over two known classes and, where they are attacked, new ones around them
ORDERS = [np.array(order, dtype=float) for order in itertools.permutations(range(4))]


def ballots_of(scores: Floats, fed: npt.NDArray[np.int64]) -> Ballots:
    silent = np.isneginf(scores).all(axis=2)
    votes = np.where(silent, -1, scores.argmax(axis=2)).astype(np.int64)
    return Ballots(votes, scores.shape[2], fed, scores)


def attacked(scores: Floats, fed: npt.NDArray[np.int64], r: int) -> Floats:
    """Every way r cells can vote: each model they feed says anything about four classes."""
    m = len(fed)
    found = []
    for cells in itertools.combinations(range(m), r):
        models = np.unique(fed[list(cells)])
        said = np.array(list(itertools.product(ORDERS, repeat=len(models))))
        all_scores = np.repeat(scores[None], len(said), axis=0)
        all_scores[:, models] = said
        found.append(all_scores)
    return np.concatenate(found)


def random_scores(rng: np.random.Generator, m: int) -> Floats:
    """(m, 4): votes for classes 1 to 3; class 0 is a label that the attacker may make up."""
    scores = rng.integers(0, 4, size=(m, 4)).astype(float)
    scores[:, 0] = -np.inf
    clear = rng.random(m) < 0.6
    scores[clear, 1] = 5.0
    scores[rng.random(m) < 0.1] = -np.inf
    if np.isneginf(scores).all():
        scores[0, 1] = 1.0
    return scores


@pytest.mark.parametrize("vote", [plurality, run_off])
@pytest.mark.parametrize(("m", "spread", "most"), [(3, 1, 1), (5, 1, 2), (6, 1, 2), (6, 2, 1)])
def test_no_ballots_break_a_radius(
    vote: Callable[[Ballots], Outcome], m: int, spread: int, most: int
) -> None:
    """The winner among all ballots of r changed cells, r up to the radius, is the winner."""
    rng, fed = np.random.default_rng(m + spread), models_fed(m, spread)
    certified = 0
    for _ in range(12):
        scores = random_scores(rng, m)
        outcome = vote(ballots_of(scores[None, :, 1:], fed))
        winner, radius = int(outcome.winner[0]) + 1, int(outcome.radius[0])
        for r in range(1, min(radius, most) + 1):
            after = vote(ballots_of(attacked(scores, fed, r), fed))
            assert (after.winner == winner).all()
            certified += 1
    assert certified


@pytest.mark.parametrize("m", [3, 4, 5])
def test_the_radius_of_a_plurality_is_exact(m: int) -> None:
    """One cell more than the radius flips some prediction: nothing is given away."""
    rng, fed = np.random.default_rng(m), models_fed(m, 1)
    for _ in range(15):
        scores = random_scores(rng, m)
        outcome = plurality(ballots_of(scores[None, :, 1:], fed))
        r = int(outcome.radius[0]) + 1
        if r > 2:
            continue
        after = plurality(ballots_of(attacked(scores, fed, r), fed))
        assert (after.winner != int(outcome.winner[0]) + 1).any()


def test_ties_go_to_the_first_class_and_cost_the_others_a_vote() -> None:
    fed = models_fed(4, 1)
    even = plurality(Ballots(np.array([[0, 0, 1, 1]]), 2, fed))
    assert (even.winner[0], even.radius[0]) == (0, 0)
    lead = plurality(Ballots(np.array([[0, 0, 0, 1], [1, 1, 1, 0]]), 2, fed))
    assert lead.radius.tolist() == [1, 0]  # class 1 needs one vote more than class 0


def test_spread_one_is_deep_partition_aggregation() -> None:
    """The published radius, floor((lead - tie) / 2), where no new label is at stake."""
    rng = np.random.default_rng(0)
    votes = rng.choice(3, p=[0.5, 0.3, 0.2], size=(300, 15))
    outcome = plurality(Ballots(votes, 3, models_fed(15, 1)))
    counts = np.stack([(votes == c).sum(axis=1) for c in range(3)], axis=1)
    for row, c in enumerate(outcome.winner):
        leads = [counts[row, c] - counts[row, o] - (o < c) for o in range(3) if o != c]
        new_label = counts[row, c] - 1
        assert outcome.radius[row] == min(*leads, new_label) // 2


def test_a_run_off_certifies_at_least_where_all_models_agree() -> None:
    scores = np.tile(np.array([0.1, 0.8, 0.1]), (1, 9, 1))
    outcome = run_off(ballots_of(scores, models_fed(9, 1)))
    assert (outcome.winner[0], outcome.radius[0]) == (1, 4)
    assert outcome.shares[0].argmax() == 1
