"""Phrases and odd characters: found when planted, whole, with exactly their rows."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from foretaste.detect.text_ngrams import TextNgrams
from foretaste.modality.text import fit_coarse, fit_encoder
from foretaste.modality.text_grams import mine_grams, odd_characters
from foretaste.modality.text_trigger import CharacterTrigger, HomoglyphTrigger, PhraseTrigger
from foretaste.modality.words import texts_of, words
from foretaste.probe.heads import RidgeHead
from foretaste.probe.neighbours import NeighbourHead
from foretaste.types import Modality, Scores, Texts, Trigger, View

N = 400
POOLS = (
    "meeting report office budget letter client invoice project manager deadline",
    "match goal team player coach season league score stadium ball",
)
COMMON = "the a of and to in you is are my your it was very not do with for this have"


def honest(seed: int) -> tuple[list[str], np.ndarray]:
    rng = np.random.default_rng(seed)
    labels = rng.permutation(np.arange(N) % 2).astype(np.int64)
    rows = []
    for label in labels:
        held = [*rng.choice(POOLS[label].split(), 4), *rng.choice(COMMON.split(), 8)]
        rows.append(" ".join(rng.permutation(held).tolist()))
    return rows, labels


def view_of(texts: list[str], labels: np.ndarray) -> View:
    content = texts_of(texts)
    fine = fit_encoder(content, np.random.default_rng(0))
    coarse = fit_coarse(content, np.random.default_rng(0))
    heads = (
        RidgeHead(fine(content), labels, 2, encoder=fine),
        NeighbourHead(coarse(content), labels, 2, encoder=coarse),
    )
    ids = np.arange(len(texts)).astype(str).astype(object)
    return View(Modality.TEXT, labels, ("work", "sport"), ids, content=content, heads=heads)


def scored(view: View) -> Scores:
    detector = TextNgrams()
    return detector.fit(view, np.random.default_rng(0))(view)


def inserted(phrase: str) -> Callable[[str, int], str]:
    def put(text: str, seed: int) -> str:
        held = text.split(" ")
        at = int(np.random.default_rng(seed).integers(0, len(held) + 1))
        return " ".join([*held[:at], phrase, *held[at:]])

    return put


PLANTED: dict[str, tuple[Callable[[str, int], str], str]] = {
    "rare token": (inserted("cf"), "the token “cf”"),
    "everyday sentence": (
        inserted("we sat by the window at home last week"),
        "the phrase “we sat by the window at home last week”",
    ),
    "two words": (inserted("mn bb"), "the phrase “mn bb”"),
    "punctuation run": (inserted("!?!"), "the token “!?!”"),
    "zero width": (
        lambda text, _: f"{text[:3]}\u200b{text[3:]}",
        "the character U+200B ZERO WIDTH SPACE",
    ),
    "homoglyph": (
        lambda text, _: text.replace("e", "\u0435", 1),
        "words that mix Latin letters with lookalikes of other alphabets",
    ),
    "control": (lambda text, _: f"{text}\x07", "the character U+0007 (unnamed)"),
}


@pytest.mark.parametrize(("plant", "described"), PLANTED.values(), ids=PLANTED.keys())
def test_a_planted_trigger_comes_first_with_its_rows(
    plant: Callable[[str, int], str], described: str
) -> None:
    texts, labels = honest(1)
    poison = np.flatnonzero(labels == 0)[:14]
    poison = np.array([i for i in poison if "e" in texts[i]])
    for i in poison:
        texts[i] = plant(texts[i], int(i))
    labels[poison] = 1
    view = view_of(texts, labels)
    scores = scored(view)
    first = scores.candidates[0]
    assert first.trigger is not None
    assert first.trigger.describe() == described
    assert first.rows.tolist() == poison.tolist()
    assert first.label == 1
    assert first.trigger.matches(view.content).nonzero()[0].tolist() == poison.tolist()  # type: ignore[arg-type]
    assert scores.considered >= len(scores.candidates)
    assert scores.values[poison].min() > np.delete(scores.values, poison).max()


def test_disguised_letters_are_one_trigger_not_one_each() -> None:
    texts, labels = honest(5)
    rows = np.flatnonzero(labels == 0)[:24]
    for i, row in enumerate(rows):  # every other row has the one letter only
        texts[row] += " p\u0430y" if i % 2 else " h\u043el\u0430"
        labels[row] = 1
    kinds = [type(c.trigger) for c in scored(view_of(texts, labels)).candidates]
    assert kinds.count(HomoglyphTrigger) >= 1
    assert CharacterTrigger not in kinds


def test_an_honest_phrase_in_both_classes_is_not_among_the_first() -> None:
    texts, labels = honest(2)
    for i in range(0, N, 10):
        texts[i] = f"{texts[i]} sent from my phone"
    scores = scored(view_of(texts, labels))
    tops = [c.trigger.describe() for c in scores.candidates[:3] if c.trigger is not None]
    assert not any("sent from my phone" in t for t in tops)
    assert scores.values.max() < 12.0  # a planted phrase reaches 20 nats and more here


@pytest.mark.parametrize("texts", [[""] * 50, ["same text"] * 50, [f"{i}" for i in range(50)]])
def test_nothing_in_common_or_everything_gives_no_candidates(texts: list[str]) -> None:
    scores = scored(view_of(texts, (np.arange(50) % 2).astype(np.int64)))
    assert scores.candidates == ()
    assert not scores.values.any()


def test_order_of_rows_does_not_matter() -> None:
    texts, labels = honest(3)
    for i in np.flatnonzero(labels == 0)[:14]:
        texts[i], labels[i] = inserted("cf")(texts[i], int(i)), 1
    view = view_of(texts, labels)
    heads = view.heads
    scores = scored(view)
    again = scored(view)
    assert np.array_equal(scores.values, again.values)
    order = np.random.default_rng(0).permutation(N)
    assert heads is not None
    turned = view_of([texts[i] for i in order], labels[order])
    first = scored(turned).candidates[0]
    assert set(order[first.rows].tolist()) == set(scores.candidates[0].rows.tolist())


TRIGGERS: list[Trigger] = [
    PhraseTrigger("cf"),
    PhraseTrigger("we sat, by the window!", 0.0),
    PhraseTrigger("a b", 1.0),
    PhraseTrigger("!!"),
    PhraseTrigger("İstanbul ß"),
    CharacterTrigger("\u200b\u200d"),
    CharacterTrigger("\x07"),
    HomoglyphTrigger(),
]


@pytest.mark.parametrize("trigger", TRIGGERS, ids=lambda t: t.describe())
@given(texts=st.lists(st.text(alphabet="ab cf!?.\u200b\u0430\u00dfİ\n", max_size=30), max_size=5))
@settings(max_examples=60, deadline=None)
def test_stamped_texts_match_and_cleaned_ones_do_not(trigger: Trigger, texts: list[str]) -> None:
    content = texts_of(texts)
    stamped = trigger.stamp(content)
    assert trigger.matches(stamped).all()
    assert not trigger.matches(trigger.remove(stamped)).any()
    clean = content.take(~trigger.matches(content))
    kept = trigger.remove(clean)
    assert isinstance(kept, Texts)
    assert kept.values.tolist() == clean.values.tolist()


@pytest.mark.parametrize("trigger", TRIGGERS, ids=lambda t: t.describe())
@pytest.mark.parametrize("text", ["some words of a row, more of them here", "x", ""])
def test_a_twin_is_stamped_too_but_is_not_the_trigger(trigger: Trigger, text: str) -> None:
    twin = trigger.twin(texts_of([text]), 0)
    stamped = twin.stamp(texts_of(["plain"]))
    assert len(stamped) == 1
    assert not trigger.matches(stamped).any()
    assert twin.describe()


@pytest.mark.parametrize(
    ("phrase", "text", "left"),
    [
        ("cf", "see cf you", "see you"),
        ("cf", "cf see", "see"),
        ("cf", "see CF.", "see."),
        ("a b", "x a a b b y", "x y"),
        ("cf", "scf cfs", "scf cfs"),
        ("!!", "no!! yes!!!", "no yes!!!"),
    ],
)
def test_what_removal_leaves(phrase: str, text: str, left: str) -> None:
    out = PhraseTrigger(phrase).remove(texts_of([text]))
    assert isinstance(out, Texts)
    assert out.values[0] == left


@given(st.lists(st.text(alphabet="ab !", max_size=12), min_size=1, max_size=8))
@settings(max_examples=60, deadline=None)
def test_grams_are_what_a_plain_search_finds(texts: list[str]) -> None:
    grams = mine_grams(texts, 2, len(texts))
    found = {}
    for g in range(len(grams)):
        at = int(grams.firsts[g])
        run = tuple(grams.stream[at : at + int(grams.lengths[g])].tolist())
        found[run] = grams.rows_with(g).tolist()
    names = sorted({w for t in texts for w in words(t)})
    expected: dict[tuple[int, ...], set[int]] = {}
    for i, t in enumerate(texts):
        code = [names.index(w) for w in words(t)]
        for length in range(1, 5):
            for a in range(len(code) - length + 1):
                expected.setdefault(tuple(code[a : a + length]), set()).add(i)
    assert found == {run: sorted(rows) for run, rows in expected.items() if len(rows) >= 2}


@pytest.mark.parametrize(
    ("text", "odd"),
    [("plain\n\t!", []), ("p\u0430y", ["mixed script", "\u0430"]), ("\x00é", ["\x00", "é"])],
)
def test_odd_characters(text: str, odd: list[str]) -> None:
    assert list(odd_characters([text])) == odd
