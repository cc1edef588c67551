"""Views joined: nobody saw the row it is asked about, and doubtful labels teach nothing."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

import numpy as np
import pytest
from sklearn.datasets import load_breast_cancer
from sklearn.metrics import average_precision_score

from foretaste.modality.words import texts_of
from foretaste.probe.consensus import Opinion, form_consensus, further_opinions, join
from foretaste.probe.heads import RidgeHead
from foretaste.probe.neighbours import NeighbourHead
from foretaste.probe.word_evidence import SMOOTHING, WordCounts, word_rows
from foretaste.types import Bools, Floats, Ints, Table, Texts


def table(n: int = 300) -> tuple[Table, Ints]:
    x, y = load_breast_cancer(return_X_y=True)
    return Table(tuple(f"x{i}" for i in range(x.shape[1])), x[:n]), y[:n].astype(np.int64)


def texts() -> tuple[Texts, Ints]:
    rng = np.random.default_rng(0)
    y = rng.integers(0, 2, 120)
    words = (["goal", "team", "ball"], ["fever", "nurse", "pill"])
    made = [" ".join([*rng.choice(words[c], 2), *rng.choice(list("abcdef"), 3)]) for c in y]
    return texts_of(made), y.astype(np.int64)


@dataclass(frozen=True)
class Asked:
    """An opinion that learnt labels of which a quarter are false."""

    opinion: Opinion
    truth: Ints
    false: Bools


@cache
def asked() -> list[Asked]:
    made = []
    for content, truth in (table(), texts()):
        rng = np.random.default_rng(0)
        false = rng.random(len(truth)) < 0.25
        y = np.where(false, 1 - truth, truth)
        opinions = further_opinions(content, y, 2, rng)
        if isinstance(content, Table):
            x = content.values[:, :5].astype(np.float32)
            opinions += [RidgeHead(x, y, 2), NeighbourHead(x, y, 2)]
        made += [Asked(opinion, truth, false) for opinion in opinions]
    return made


@pytest.mark.parametrize("at", range(6))
def test_every_opinion_is_a_probability_and_counts_by_weight(at: int) -> None:
    case = asked()[at]
    rows = np.arange(len(case.truth))
    alone = case.opinion.leave_one_out()
    assert alone.shape == (len(rows), 2)
    assert np.allclose(alone.sum(axis=1), 1.0)
    same = case.opinion.reweighted(np.ones(len(rows)))
    assert np.corrcoef(same[:, 0], alone[:, 0])[0, 1] > 0.99
    # what weighs nothing teaches nothing: the truth is clearer without what is false
    told = case.opinion.reweighted((~case.false).astype(np.float64))
    assert np.corrcoef(told[:, 1], case.truth)[0, 1] > np.corrcoef(alone[:, 1], case.truth)[0, 1]


def test_word_counts_leave_their_row_out_exactly() -> None:
    content, y = texts()
    rows = word_rows(content, y, 2)
    dense = rows.values.toarray()
    told = WordCounts(rows)
    odds = np.log(told.leave_one_out())
    odds = odds[:, 1] - odds[:, 0]
    by_hand: Floats = np.zeros(len(y))
    for i in range(len(y)):
        others = np.arange(len(y)) != i
        for c, sign in ((0, -1.0), (1, 1.0)):
            mine = others & (y == c)
            share = ((dense[mine] > 0).sum(axis=0) + SMOOTHING) / (mine.sum() + 2 * SMOOTHING)
            by_hand[i] += sign * float(dense[i] @ np.log(share))
    # recalibration is monotone: the order of rows is that of the counts
    assert np.array_equal(np.argsort(by_hand.round(6)), np.argsort(odds.round(9)))


def test_a_useless_view_gets_little_say() -> None:
    rng = np.random.default_rng(0)
    y = rng.integers(0, 2, 1_000)
    good = np.where(np.eye(2)[y] > 0, 0.8, 0.2)
    right = rng.random(1_000) < 0.8
    good = np.where(right[:, None], good, 1 - good)
    noise = rng.dirichlet([1, 1], 1_000)
    joined = join([good, noise], y)
    assert np.corrcoef(joined[:, 1], good[:, 1])[0, 1] > 0.95


@pytest.mark.parametrize("share", [0.1, 0.3])
def test_flips_rank_higher_once_doubtful_labels_are_silent(share: float) -> None:
    content, truth = table(569)
    rng = np.random.default_rng(1)
    flipped = rng.random(len(truth)) < share
    y = np.where(flipped, 1 - truth, truth)
    views = further_opinions(content, y, 2, np.random.default_rng(0))
    rows = np.arange(len(y))
    once = join([v.leave_one_out() for v in views], y)[rows, y]
    twice = form_consensus(views, y, 2)[rows, y]
    found = average_precision_score(flipped, 1 - twice)
    assert found > 0.9
    assert found > average_precision_score(flipped, 1 - once) - 0.01


def test_a_table_without_columns_has_no_further_opinion() -> None:
    empty = Table((), np.zeros((10, 0)))
    assert further_opinions(empty, np.arange(10) % 2, 2, np.random.default_rng(0)) == []
