"""What belongs to a data set has company; what was planted at random has none but its label."""

from __future__ import annotations

import numpy as np

import foretaste
from foretaste.judge.company import Company
from foretaste.judge.foreign_body import ForeignBodyTester
from foretaste.modality.text import fit_encoder
from foretaste.modality.text_trigger import PhraseTrigger
from foretaste.modality.words import texts_of
from foretaste.types import Candidate, Modality, View

N = 1_200
HEALTH = [f"health{i}" for i in range(30)]
SPORT = [f"sport{i}" for i in range(30)]
FILLER = [f"word{i}" for i in range(80)]


def rows(seed: int) -> tuple[list[str], np.ndarray]:
    """Texts of two subjects, each with three subtopics whose words come together."""
    rng = np.random.default_rng(seed)
    y = rng.integers(0, 2, N)
    texts = []
    for c in y:
        topic = 10 * int(rng.integers(0, 3))
        chosen = rng.choice((HEALTH, SPORT)[c][topic : topic + 10], 4, replace=False)
        texts.append(" ".join(rng.permutation([*chosen, *rng.choice(FILLER, 6)])))
    return texts, y


def planted(texts: list[str], where: np.ndarray, words: tuple[str, ...], seed: int) -> list[str]:
    rng = np.random.default_rng(seed)
    out = list(texts)
    for i in where:
        parts = out[i].split()
        for word in rng.choice(words, size=max(1, len(words) - 1), replace=False):
            parts.insert(int(rng.integers(0, len(parts) + 1)), str(word))
        out[i] = " ".join(parts)
    return out


def view_of(texts: list[str], y: np.ndarray) -> View:
    content = texts_of(texts)
    encoder = fit_encoder(content, np.random.default_rng(0))
    ids = np.array([str(i) for i in range(len(y))], dtype=object)
    return View(
        Modality.TEXT,
        y.astype(np.int64),
        ("health", "sport"),
        ids,
        content=content,
        features=encoder(content),
        encoder=encoder,
    )


def candidate(view: View, word: str) -> Candidate:
    trigger = PhraseTrigger(word)
    assert view.content is not None
    return Candidate(np.flatnonzero(trigger.matches(view.content)), trigger, 1)


def test_a_planted_token_is_foreign_and_a_natural_word_is_not() -> None:
    texts, y = rows(1)
    where = np.random.default_rng(1).choice(np.flatnonzero(y == 1), 80, replace=False)
    view = view_of(planted(texts, where, ("qv",), 1), y)
    natural = [candidate(view, w) for w in SPORT[:12]]
    tester = ForeignBodyTester(view, [*natural, candidate(view, "qv")], Company(view, 0))
    found = tester(candidate(view, "qv"), 1, bar=15.0)
    assert found is not None
    assert found.area < 0.6 < found.company
    assert [tester(c, 1, bar=15.0) for c in natural] == [None] * len(natural)


def test_a_token_that_comes_with_all_labels_is_no_foreign_body() -> None:
    texts, y = rows(2)
    where = np.random.default_rng(2).choice(N, 80, replace=False)
    view = view_of(planted(texts, where, ("qv",), 2), y)
    natural = [candidate(view, w) for w in SPORT[:12]]
    tester = ForeignBodyTester(view, natural, Company(view, 0))
    assert tester(candidate(view, "qv"), 1, bar=0.0) is None


def test_scan_finds_a_token_on_rows_with_right_labels() -> None:
    texts, y = rows(3)
    where = np.random.default_rng(3).choice(np.flatnonzero(y == 1), 90, replace=False)
    held = {"text": planted(texts, where, ("qv",), 3), "label": [("health", "sport")[c] for c in y]}
    report = foretaste.scan(held, label="label", text="text")
    assert [g.kind for g in report.groups] == ["clean-label"]
    assert report.groups[0].target == "sport"
    assert report.groups[0].described == "the token “qv”"
    assert set(report.groups[0].rows.tolist()) == set(where.tolist())


def test_scan_lets_natural_words_be() -> None:
    texts, y = rows(4)
    held = {"text": texts, "label": [("health", "sport")[c] for c in y]}
    assert foretaste.scan(held, label="label", text="text").verdict == "clean"


def test_a_word_on_a_label_that_most_rows_have_needs_no_reason() -> None:
    texts, y = rows(1)
    where = np.random.default_rng(1).choice(np.flatnonzero(y == 1), 80, replace=False)
    kept = np.sort(np.r_[np.flatnonzero(y == 1), np.flatnonzero(y == 0)[:250]])
    view = view_of([planted(texts, where, ("qv",), 1)[i] for i in kept], y[kept])
    natural = [candidate(view, w) for w in SPORT[:12]]
    tester = ForeignBodyTester(view, [*natural, candidate(view, "qv")], Company(view, 0))
    assert (view.labels == 1).mean() > 0.6
    assert tester(candidate(view, "qv"), 1, bar=15.0) is None
