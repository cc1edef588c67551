"""Text encoders: deterministic, label-free, and not to be upset by odd texts."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from foretaste.modality import text as module
from foretaste.modality.words import texts_of, words
from foretaste.types import Content, Encoder, Span, Table

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
    ("text", "marks", "shown"),
    [
        ("see you cf soon", [(8, 10)], [("see you ", 0), ("cf", 1), (" soon", 0)]),
        ("cf", [(0, 2)], [("cf", 1)]),
        ("plain", [], [("plain", 0)]),
        ("", [], []),
        ("ab", [(0, 1), (1, 2)], [("a", 1), ("b", 1)]),
    ],
)
def test_rendering(text: str, marks: list[tuple[int, int]], shown: list[tuple[str, int]]) -> None:
    expected = tuple(Span(t, bool(m)) for t, m in shown)
    assert module.render(texts_of([text]), 0, marks).spans == expected


def test_a_long_text_is_shown_around_its_mark() -> None:
    text = "x " * 5_000 + "cf" + " y" * 5_000
    spans = module.render(texts_of([text]), 0, [(10_000, 10_002)]).spans
    assert Span("cf", marked=True) in spans
    assert spans[0].text == spans[-1].text == "…"
    assert sum(len(s.text) for s in spans) <= module.SHOWN_CHARACTERS + 2


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
