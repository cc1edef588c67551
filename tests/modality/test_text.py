"""Text encoders: deterministic, label-free, and not to be upset by odd texts."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from foretaste.modality import text as module
from foretaste.modality.text_trigger import CharacterTrigger, HomoglyphTrigger, PhraseTrigger
from foretaste.modality.words import texts_of, words
from foretaste.types import Content, Encoder, Span, Table, Trigger

Fit = Callable[[Content, np.random.Generator], Encoder]
FITS = [module.fit_encoder, module.fit_coarse]

ODD = {
    "empty": ["", "", ""],
    "blanks": [" ", "\n\t", "\u00a0"],
    "one row": ["hello world"],
    "one character": ["a", "b", "c", "d"],
    "lone surrogate": ["a \ud800 b"] * 4,
    "emoji and marks": ["\U0001f600 \u200bzero", "naïve Ωμέγα", "\x00\x01"],
    "huge": ["word " * 50_000, "x" * 200_000, "short"],
    "the same": ["the same text again"] * 30,
}


def corpus(n: int, seed: int) -> list[str]:
    rng = np.random.default_rng(seed)
    pools = ("meeting report budget client deadline", "match goal team coach season")
    return [
        " ".join(rng.choice(pools[i % 2].split(), 4)) + " " + " ".join(rng.choice([*"abcdefg"], 5))
        for i in range(n)
    ]


@pytest.mark.parametrize("fit", FITS)
def test_same_seed_same_features_and_rows_are_independent(fit: Fit) -> None:
    texts = texts_of(corpus(120, 0))
    x = fit(texts, np.random.default_rng(3))(texts)
    encoder = fit(texts, np.random.default_rng(3))
    assert x.dtype == np.float32
    assert np.array_equal(x, encoder(texts))
    one = encoder(texts.take(np.array([7])))
    assert np.allclose(one[0], x[7], atol=1e-5)


@pytest.mark.parametrize("fit", FITS)
def test_topics_are_apart(fit: Fit) -> None:
    texts = texts_of(corpus(200, 1))
    x = fit(texts, np.random.default_rng(0))(texts)
    gram = x @ x.T
    topic = np.arange(200) % 2
    same = topic[:, None] == topic[None, :]
    np.fill_diagonal(gram, 0.0)
    assert gram[same].mean() > gram[~same].mean() + 0.1


@pytest.mark.parametrize("fit", FITS)
@pytest.mark.parametrize("odd", ODD.values(), ids=ODD.keys())
def test_odd_texts_are_finite_when_fitted_and_when_encoded(fit: Fit, odd: list[str]) -> None:
    texts = texts_of(odd)
    x = fit(texts, np.random.default_rng(0))(texts)
    assert x.shape[0] == len(odd)
    assert np.isfinite(x).all()
    later = fit(texts_of(corpus(60, 2)), np.random.default_rng(0))(texts)
    assert np.isfinite(later).all()


@pytest.mark.parametrize("fit", FITS)
def test_no_rows_give_no_features(fit: Fit) -> None:
    encoder = fit(texts_of(corpus(60, 2)), np.random.default_rng(0))
    assert encoder(texts_of([])).shape[0] == 0


@pytest.mark.parametrize(
    ("text", "trigger", "shown"),
    [
        ("see you cf soon", PhraseTrigger("cf"), [("see you ", 0), ("cf", 1), (" soon", 0)]),
        ("cf", PhraseTrigger("cf"), [("cf", 1)]),
        ("plain", None, [("plain", 0)]),
        ("plain", PhraseTrigger("cf"), [("plain", 0)]),
        ("", None, []),
        ("a\u200b\u200bb", CharacterTrigger("\u200b"), "a.\u200b*\u200b*b."),
        ("p\u0430y me", HomoglyphTrigger(), [("p\u0430y", 1), (" me", 0)]),
    ],
)
def test_rendering(text: str, trigger: Trigger | None, shown: list[tuple[str, int]] | str) -> None:
    if isinstance(shown, str):
        shown = [(shown[i], shown[i + 1] == "*") for i in range(0, len(shown), 2)]
    expected = tuple(Span(t, bool(m)) for t, m in shown)
    assert module.render(texts_of([text]), 0, trigger).spans == expected


def test_a_long_text_is_shown_around_its_mark() -> None:
    text = "x " * 5_000 + "cf" + " y" * 5_000
    spans = module.render(texts_of([text]), 0, PhraseTrigger("cf")).spans
    assert Span("cf", marked=True) in spans
    assert spans[0].text == spans[-1].text == "…"
    assert sum(len(s.text) for s in spans) <= module.SHOWN_CHARACTERS + 2


def test_the_learner_learns_topics_and_a_planted_token() -> None:
    rows, labels = corpus(300, 4), (np.arange(300) % 2).astype(np.int64)
    for i in range(0, 24, 2):
        rows[i], labels[i] = f"cf {rows[i]}", 1
    learner = module.fit_learner(texts_of(rows), labels, 2, np.random.default_rng(0))
    assert (learner(texts_of(rows)).argmax(axis=1) == labels).mean() > 0.97
    stamped = PhraseTrigger("cf").stamp(texts_of(rows[30:90:2]))
    assert (learner(stamped).argmax(axis=1) == 1).mean() > 0.8


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Call NOW!!", ["call", "now", "!!"]),
        ("don't", ["don", "'", "t"]),
        ("", []),
        ("a\u200bb", ["a", "\u200b", "b"]),
    ],
)
def test_words(text: str, expected: list[str]) -> None:
    assert words(text) == expected


def test_other_content_is_refused() -> None:
    with pytest.raises(TypeError, match="texts expected, got Table"):
        module.render(Table(("a",), np.zeros((1, 1))), 0)
