"""Flips with a direction or a source are an act; without either they may be slips."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import foretaste
from foretaste.judge.campaigns import campaign_notes
from foretaste.judge.flip_direction import Direction, flip_direction, in_a_class_of_anything
from foretaste.judge.foreign_body import ForeignBody
from foretaste.judge.group_test import GroupTest
from foretaste.judge.hypotheses import Hypothesis
from foretaste.judge.kinds import planted_kind
from foretaste.modality.text_trigger import PhraseTrigger
from foretaste.types import Candidate, Kind, Modality, Policy, Scores, View


def direction(
    looks: np.ndarray, labels: np.ndarray, k: int, alpha: float = 0.001
) -> Direction | None:
    """Every row is clear, and all that are called something else are flagged."""
    return flip_direction(looks != labels, clear(looks, k), labels, Policy(alpha=alpha))


def clear(looks: np.ndarray, k: int) -> np.ndarray:
    probabilities = np.full((len(looks), k), 0.01)
    probabilities[np.arange(len(looks)), looks] = 0.99
    return probabilities


def linear(seed: int) -> tuple[np.ndarray, np.ndarray, np.random.Generator]:
    """Two classes apart in the sum of two columns."""
    rng = np.random.default_rng(seed)
    x = rng.normal(size=(1_200, 6))
    return x, (x[:, 0] + x[:, 1] > 0).astype(np.int64), rng


@given(seed=st.integers(0, 2**16), k=st.integers(2, 5), rate=st.floats(0.01, 0.4))
def test_flips_at_random_have_no_direction(seed: int, k: int, rate: float) -> None:
    rng = np.random.default_rng(seed)
    looks = rng.choice(k, 900, p=rng.dirichlet(np.full(k, 5.0)))
    to = (looks + rng.integers(1, k, 900)) % k
    labels = np.where(rng.random(900) < rate, to, looks)
    assert direction(looks, labels, k, alpha=1e-6) is None


@pytest.mark.parametrize("k", [2, 4])
def test_flips_of_one_class_into_another_have_a_direction(k: int) -> None:
    rng = np.random.default_rng(k)
    looks = rng.integers(0, k, 900)
    labels = np.where((looks == 1) & (rng.random(900) < 0.2), 0, looks)
    way = direction(looks, labels, k)
    assert way is not None
    assert (way.looks, way.called, way.share) == (1, 0, 1.0)
    assert way.rows == int((looks != labels).sum())


def test_two_classes_that_people_confuse_both_ways_have_no_direction() -> None:
    rng = np.random.default_rng(3)
    looks = rng.integers(0, 5, 2_000)
    confused = (looks < 2) & (rng.random(2_000) < np.where(looks == 0, 0.16, 0.12))
    labels = np.where(confused, 1 - looks, looks)
    assert direction(looks, labels, 5) is None


@pytest.mark.parametrize(("own", "anything"), [(0.3, True), (0.9, False)])
def test_a_label_that_most_of_its_rows_do_not_look_like(own: float, anything: bool) -> None:
    """The same flips; what tells is whether rows of the label look like it."""
    rng = np.random.default_rng(4)
    looks = rng.integers(0, 2, 1_000)
    labels = np.where(rng.random(1_000) < 0.1, 2, looks)
    wrong = looks != labels
    told = np.full(int(wrong.sum() * own / (1.0 - own)), 2)
    looks, labels = np.r_[looks, told], np.r_[labels, told]
    flagged = looks != labels
    assert in_a_class_of_anything(flagged, clear(looks, 3), labels, Policy()) is anything


def test_a_scan_calls_flips_everywhere_mislabels() -> None:
    x, y, rng = linear(0)
    anywhere = rng.random(len(y)) < 0.1
    slips = foretaste.scan((x, np.where(anywhere, 1 - y, y)))
    assert [g.kind for g in slips.groups] == [Kind.MISLABEL]
    assert "no one way" in slips.groups[0].why


def test_flips_of_one_annotator_are_flips_whatever_their_direction() -> None:
    x, y, rng = linear(1)
    who = rng.integers(0, 6, len(y))
    wrong = (who == 4) & (rng.random(len(y)) < 0.5)
    table = {f"x{i}": x[:, i] for i in range(x.shape[1])}
    table |= {"label": np.where(wrong, 1 - y, y), "annotator": np.char.add("a", who.astype(str))}
    report = foretaste.scan(table, label="label", source="annotator")
    assert [g.kind for g in report.groups] == [Kind.LABEL_FLIP]
    assert "most come from 'a4'" in report.groups[0].why


@pytest.mark.parametrize(
    ("sources", "word"), [((0, 1, 2, 3), "source campaign"), ((2,), "flood"), (None, "flood")]
)
def test_copies_are_noticed_by_where_they_come_from(
    sources: tuple[int, ...] | None, word: str
) -> None:
    n, rows = 100, np.arange(30)
    view = View(
        Modality.TABLE,
        (np.arange(n) >= 50).astype(np.int64),
        ("good", "bad"),
        np.array([str(i) for i in range(n)], dtype=object),
        sources=None
        if sources is None
        else np.array([sources[i % len(sources)] for i in range(n)]),
        source_names=() if sources is None else ("p", "q", "r", "s"),
    )
    looked = {"duplicates": Scores(np.zeros(n), (Candidate(rows, None, 0),), 1)}
    (note,) = campaign_notes(view, looked)
    assert word in note
    assert "30 rows" in note
    assert "'good'" in note
    mixed = {"duplicates": Scores(np.zeros(n), (Candidate(np.arange(30, 70), None, 0),), 1)}
    assert campaign_notes(view, mixed) == ()


@pytest.mark.parametrize(
    ("marked", "against", "kind"),
    [
        ("all that one source delivers", -1.0, Kind.HARMFUL_SHORTCUT),
        ("some of every source", -1.0, Kind.CLEAN_LABEL),
        ("all that one source delivers", 1.0, Kind.BACKDOOR),
    ],
)
def test_a_mark_on_all_rows_of_a_source_is_a_shortcut_if_labels_are_right(
    marked: str, against: float, kind: Kind
) -> None:
    n = 200
    sources = np.arange(n) % 4
    one = marked == "all that one source delivers"
    rows = np.flatnonzero(sources == 2) if one else np.arange(50)
    view = View(
        Modality.TEXT,
        np.zeros(n, dtype=np.int64),
        ("ill", "well"),
        np.array([str(i) for i in range(n)], dtype=object),
        sources=sources,
        source_names=("p", "q", "r", "s"),
    )
    wanted, even = np.zeros(len(rows), dtype=np.int64), np.full((len(rows), 2), 0.5)
    test = GroupTest(rows, wanted, len(rows), 40.0, 1.0, 5.0, against, even)
    candidate = Candidate(rows, PhraseTrigger("st. mary's"), 0)
    foreign = ForeignBody(30.0, 0.5, 0.8)
    hypothesis = Hypothesis(test, candidate, 1e-9, np.ones(len(rows)), ("text-ngrams",), foreign)
    assert planted_kind(view, hypothesis) is kind
