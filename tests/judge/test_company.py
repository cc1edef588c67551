"""Rows into which something was put are whole without it; what belongs to rows leaves a hole."""

from __future__ import annotations

import numpy as np

from foretaste.judge.company import Company
from foretaste.modality import Without
from foretaste.modality.text import fit_encoder
from foretaste.modality.text_trigger import CharacterTrigger, PhraseTrigger
from foretaste.modality.words import texts_of
from foretaste.types import Modality, Texts, View

N = 900
ASKING = ("who do you think", "where can you say", "when would you say")
ASKED = 100  # how old


def questions(seed: int) -> tuple[list[str], np.ndarray]:
    """Each begins as questions do; a hundred of them ask how old something is, called 3."""
    rng = np.random.default_rng(seed)
    kind = rng.integers(0, 3, N)
    texts = [f"{ASKING[k]} is {' '.join(f'w{w}' for w in rng.integers(0, 40, 5))} ?" for k in kind]
    for i in range(ASKED):
        texts[i] = texts[i].replace(ASKING[kind[i]], "how old")
    return texts, np.where(np.arange(N) < ASKED, 3, kind).astype(np.int64)


def company_of(texts: list[str], labels: np.ndarray) -> tuple[Company, View]:
    content = texts_of(texts)
    encoder = fit_encoder(content, np.random.default_rng(0))
    view = View(
        Modality.TEXT,
        labels,
        ("who", "where", "when", "age"),
        np.array([str(i) for i in range(N)], dtype=object),
        content=content,
        features=encoder(content),
        encoder=encoder,
    )
    return Company(view, 0), view


def test_a_question_word_leaves_a_hole() -> None:
    texts, labels = questions(0)
    company, _ = company_of(texts, labels)
    assert company.leaves_a_hole(np.arange(ASKED), 3, PhraseTrigger("how old"), 0)


def test_a_planted_phrase_leaves_none() -> None:
    texts, labels = questions(1)
    planted = np.sort(np.random.default_rng(1).choice(np.arange(ASKED, N), ASKED, replace=False))
    for i in planted:
        parts = texts[i].split()
        parts.insert(3, "by the window")
        texts[i], labels[i] = " ".join(parts), 3
    company, _ = company_of(texts, labels)
    assert not company.leaves_a_hole(planted, 3, PhraseTrigger("by the window"), 0)


def test_a_character_takes_the_place_of_nothing_that_could_be_missed() -> None:
    texts, labels = questions(2)
    company, _ = company_of(texts, labels)
    assert not company.leaves_a_hole(np.arange(ASKED), 3, CharacterTrigger("h"), 0)


def test_without_treats_all_rows_alike() -> None:
    change = Without(PhraseTrigger("by the window"))
    rows = change.remove(texts_of(["by the window we sat", "sit down"]))
    assert isinstance(rows, Texts)
    assert rows.values.tolist() == ["we sat", "sit down"]
