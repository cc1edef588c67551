"""A way of writing is one hypothesis, with all the rows that are written so."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from foretaste import scan
from foretaste.modality.text_form import FORMS, FormTrigger
from foretaste.modality.words import texts_of, words
from foretaste.types import Verdict

TOPICS = (("river", "forest", "hill", "meadow"), ("invoice", "budget", "ledger", "audit"))


def rows(planted: int = 0, form: str = "capitals") -> tuple[list[str], list[str], list[int]]:
    """Texts of two topics; some of the first are rewritten and get the label of the second."""
    rng = np.random.default_rng(3)
    y = rng.integers(0, 2, 500)
    common = [f"word{i}" for i in range(40)]
    texts = [" ".join([*rng.choice(TOPICS[c], 3), *rng.choice(common, 5)]).capitalize() for c in y]
    where = np.sort(rng.choice(np.flatnonzero(y == 0), planted, replace=False)).tolist()
    for i in where:
        texts[i] = FORMS[form].put(texts[i])
    y[where] = 1
    return texts, [("nature", "money")[c] for c in y], where


@pytest.mark.parametrize("form", ["capitals", "wide blanks", "breaks", "blank behind"])
def test_a_planted_form_is_named(form: str) -> None:
    texts, labels, where = rows(25, form)
    report = scan({"text": texts, "label": labels}, label="label")
    group = next(g for g in report.groups if g.described == FormTrigger(form).describe())
    assert sorted(group.rows.tolist()) == where
    assert group.target == "money"


def test_honest_capitals_are_left_alone() -> None:
    texts, labels, _ = rows()
    shouted = [t.upper() if c == "money" and i % 3 == 0 else t
               for i, (t, c) in enumerate(zip(texts, labels, strict=True))]  # fmt: skip
    report = scan({"text": shouted, "label": labels}, label="label")
    assert report.verdict is Verdict.CLEAN


@given(st.text(max_size=60), st.sampled_from(sorted(FORMS)))
def test_taken_off_it_is_gone_and_the_words_stay(text: str, name: str) -> None:
    trigger = FormTrigger(name)
    bare = trigger.remove(texts_of([text]))
    told = bool(trigger.matches(texts_of([text]))[0])
    if not told:
        assert bare.values[0] == text
    elif name != "stretched" and text.isascii():
        assert words(str(bare.values[0])) == words(text)
        assert not trigger.matches(bare)[0]


@pytest.mark.parametrize("name", sorted(FORMS))
def test_stamped_it_is_there(name: str) -> None:
    stamped = FormTrigger(name).stamp(texts_of(["We walk along the river in the evening."]))
    assert FormTrigger(name).matches(stamped).all()
    assert FormTrigger(name).marks(str(stamped.values[0]))
