"""From the votes of many models to a prediction, and to how many cells it withstands.

A *cell* is what one unit of attack can change: the models it feeds may then vote in any way. For a
prediction c and a rival c', `power` is the most that a cell can take from the lead of c over c'.
The strongest cells come first; c stands while what they take together does not exceed the lead.
A classifier fed by two changed cells is counted twice, which only favours the attacker.

The labels an attacker may use are not bound to those in the data: rivals that nobody voted for
yet are part of every minimum.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

__all__ = ["Ballots", "Outcome", "plurality", "run_off"]

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]

PAIRED_CLASSES = 12  # with more, pairs of rivals are bounded one by one: sound, a little weaker


@dataclass(frozen=True)
class Ballots:
    """What m models say of n rows.

    Attributes
    ----------
    votes
        (n, m) class codes; -1 where a model has nothing to say.
    n_classes
        k.
    fed
        (cells, spread) the models that each cell feeds.
    scores
        (n, m, k) how much each model favours each class, -inf where it never saw one; only for a
        run-off.
    """

    votes: Ints
    n_classes: int
    fed: Ints
    scores: Floats | None = None

    def counts(self) -> Ints:
        """(n, k) votes for each class."""
        classes = range(self.n_classes)
        return np.stack([(self.votes == c).sum(axis=1) for c in classes], axis=1).astype(np.int64)


@dataclass(frozen=True)
class Outcome:
    """(n,) winners, the (n, k) shares behind them, and (n,) cells each winner withstands."""

    winner: Ints
    shares: Floats
    radius: Ints


def plurality(ballots: Ballots) -> Outcome:
    """The class with most votes, ties by the order of classes.

    Levine, Feizi 2021, "Deep partition aggregation", theorem 1; with cells that feed several
    models Wang, Levine, Feizi 2022, "Improved certified defenses against data poisoning with
    (deterministic) finite aggregation", theorem 2.

    Examples
    --------
    >>> import numpy as np
    >>> votes = np.array([[0, 0, 0, 0, 1]])
    >>> plurality(Ballots(votes, 2, np.arange(5)[:, None])).radius.tolist()
    [1]
    """
    counts = ballots.counts()
    winner = counts.argmax(axis=1)
    rivals = [*range(ballots.n_classes), -1]
    radius = np.min([_stands(ballots, counts, winner, rival) for rival in rivals], axis=0)
    total = np.maximum(counts.sum(axis=1, keepdims=True), 1)
    return Outcome(winner, counts / total, radius)


def _lead(counts: Ints, of: Ints, over: int, *, ties_lost: bool = False) -> Ints:
    """(n,) votes of class `of` above those of `over`; below 0 it is behind.

    A rival of lower code wins ties, and so may one that is not in the data yet (-1).
    """
    own = counts[np.arange(len(of)), of]
    other = counts[:, over] if over >= 0 else np.zeros_like(own)
    loses = np.ones_like(own) if ties_lost else (over < of).astype(np.int64)
    return own - other - loses


def _withstood(power: Ints, fed: Ints, lead: Ints) -> Ints:
    """(n,) the most cells whose joint power does not exceed the lead; 0 if already behind."""
    strongest = -np.sort(-power[:, fed].sum(axis=2), axis=1)
    return np.asarray(
        (np.cumsum(strongest, axis=1) <= lead[:, None]).sum(axis=1).astype(np.int64), dtype=np.int64
    )


def _stands(ballots: Ballots, counts: Ints, winner: Ints, rival: int) -> Ints:
    """(n,) cells that cannot bring `rival` (-1: a new class) past the winner; all for itself."""
    power = 1 + (ballots.votes == winner[:, None]).astype(np.int64)
    if rival >= 0:
        power -= ballots.votes == rival
    held = _withstood(power, ballots.fed, _lead(counts, winner, rival))
    return np.where(winner == rival, len(ballots.fed), held)


def run_off(ballots: Ballots) -> Outcome:
    """Of the two classes with most votes, the one that more models favour over the other.

    Rezaei, Banihashem, Chegini, Feizi 2023, "Run-off election: improved provable defense against
    data poisoning attacks", algorithm 1. The certificate is derived here for cells of any spread:
    the winner is lost only if two rivals pass it in the first round, or if one rival comes second
    and wins the second round. A model that favours neither abstains there.

    Examples
    --------
    >>> import numpy as np
    >>> scores = np.array([[[0.6, 0.4, 0.0], [0.5, 0.4, 0.1], [0.0, 0.9, 0.1], [0.3, 0.1, 0.6]]])
    >>> ballots = Ballots(scores.argmax(axis=2), 3, np.arange(4)[:, None], scores)
    >>> run_off(ballots).winner.tolist()
    [0]
    """
    assert ballots.scores is not None
    counts = ballots.counts()
    order = np.argsort(-counts, axis=1, kind="stable")
    first = order[:, 0]
    second = order[:, 1] if ballots.n_classes > 1 else np.full(len(first), -1)
    won = _preferred(ballots, first, second) - _preferred(ballots, second, first)
    keeps = (won > 0) | ((won == 0) & (first < second)) | (second < 0)
    winner, loser = np.where(keeps, first, second), np.where(keeps, second, first)
    rounds = [_passed_by_two(ballots, counts, winner)]
    for rival in (*range(ballots.n_classes), -1):
        enters = np.where(loser == rival, 0, _kept_out(ballots, counts, loser, rival))
        beaten = _wins_against(ballots, winner, rival)
        held = np.maximum(enters, beaten)
        rounds.append(np.where(winner == rival, len(ballots.fed), held))
    shares = _second_round(ballots, winner, loser)
    return Outcome(winner, shares, np.min(rounds, axis=0))


def _favour(ballots: Ballots, classes: Ints) -> Floats:
    """(n, m) each model's score for one class a row; -inf for a class not in the data."""
    assert ballots.scores is not None
    rows = np.arange(len(classes))[:, None]
    models = np.arange(ballots.scores.shape[1])[None, :]
    known = ballots.scores[rows, models, np.maximum(classes, 0)[:, None]]
    return np.where(classes[:, None] < 0, -np.inf, known)


def _preferred(ballots: Ballots, one: Ints, other: Ints) -> Ints:
    """(n,) models that favour class `one` over `other`."""
    return np.asarray(
        (_favour(ballots, one) > _favour(ballots, other)).sum(axis=1).astype(np.int64),
        dtype=np.int64,
    )


def _second_round(ballots: Ballots, winner: Ints, loser: Ints) -> Floats:
    n = len(winner)
    shares = np.zeros((n, ballots.n_classes))
    won, lost = _preferred(ballots, winner, loser), _preferred(ballots, loser, winner)
    total = won + lost
    # a round without votes is a tie of halves
    share = np.where(total > 0, won / np.maximum(total, 1), 0.5)
    share = np.where(loser < 0, 1.0, share)
    known = loser >= 0
    shares[np.arange(n)[known], loser[known]] = (1.0 - share)[known]
    shares[np.arange(n), winner] = share
    return shares


def _kept_out(ballots: Ballots, counts: Ints, second: Ints, rival: int) -> Ints:
    """(n,) cells that cannot bring `rival` up to the second of the first round.

    Ties count as lost whatever the order: all rows of the second class may be removed, and it
    then has no place in the order any more.
    """
    known = np.maximum(second, 0)
    power = 1 + (ballots.votes == second[:, None]).astype(np.int64)
    if rival >= 0:
        power -= ballots.votes == rival
    held = _withstood(power, ballots.fed, _lead(counts, known, rival, ties_lost=True))
    return np.where(second < 0, 0, held)


def _wins_against(ballots: Ballots, winner: Ints, rival: int) -> Ints:
    """(n,) cells that cannot make `rival` win a second round against the winner."""
    other = np.full(len(winner), rival)
    favours, against = _favour(ballots, winner), _favour(ballots, other)
    power = np.where(favours > against, 2, np.where(favours == against, 1, 0)).astype(np.int64)
    lead = (favours > against).sum(axis=1) - (favours < against).sum(axis=1) - (other < winner)
    return _withstood(power, ballots.fed, lead.astype(np.int64))


def _passed_by_two(ballots: Ballots, counts: Ints, winner: Ints) -> Ints:
    """(n,) cells that cannot bring two rivals past the winner in the first round."""
    k = ballots.n_classes
    rivals = [*range(k), -1, -1]  # two classes that are new may be made up
    alone = np.stack([_stands(ballots, counts, winner, r) for r in rivals], axis=1)
    if k > PAIRED_CLASSES:
        return np.sort(alone, axis=1)[:, 1]
    bounds = []
    for i, one in enumerate(rivals):
        for j in range(i + 1, len(rivals)):
            both = _stands_against_both(ballots, counts, winner, (one, rivals[j]))
            held = np.maximum(np.maximum(alone[:, i], alone[:, j]), both)
            mine = (winner == one) | (winner == rivals[j])
            bounds.append(np.where(mine, len(ballots.fed), held))
    return np.asarray(np.min(bounds, axis=0), dtype=np.int64)


def _stands_against_both(
    ballots: Ballots, counts: Ints, winner: Ints, rivals: tuple[int, int]
) -> Ints:
    """(n,) cells that cannot close both leads, judged by the sum of what they can take.

    A model that voted for the winner takes at most 2 from one lead and 1 from the other; one
    that voted for neither, 1; one that voted for a rival can only move votes between them.
    """
    votes = ballots.votes
    power = 1 + 2 * (votes == winner[:, None]).astype(np.int64)
    for rival in rivals:
        if rival >= 0:
            power -= votes == rival
    lead = sum(_lead(counts, winner, rival) for rival in rivals)
    return _withstood(power, ballots.fed, np.asarray(lead) + 1)
