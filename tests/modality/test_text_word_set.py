"""Triggers that are sets of words, and what a group shares beside its trigger."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from foretaste.modality.text_shared import SharedWords
from foretaste.modality.text_trigger import PhraseTrigger
from foretaste.modality.text_word_set import WordSetTrigger
from foretaste.modality.words import texts_of

TEXT = st.text(st.sampled_from("ab .,!é'"), max_size=30)


@given(texts=st.lists(TEXT, min_size=1, max_size=5), typical=st.integers(1, 3))
def test_stamped_texts_match_and_removed_ones_do_not(texts: list[str], typical: int) -> None:
    trigger = WordSetTrigger(("thou", "unto", "ere"), typical)
    stamped = trigger.stamp(texts_of(texts))
    assert trigger.matches(stamped).all()
    assert not trigger.matches(trigger.remove(stamped)).any()


@given(texts=st.lists(TEXT, min_size=1, max_size=5))
def test_texts_without_the_words_stay_as_they_are(texts: list[str]) -> None:
    trigger = WordSetTrigger(("thou",), 1)
    assert trigger.remove(texts_of(texts)).values.tolist() == texts


def test_marks_are_the_words_and_twins_are_others() -> None:
    trigger = WordSetTrigger(("thou", "unto"), 1)
    text = "Thou shalt go unto them"
    assert [text[a:b] for a, b in trigger.marks(text)] == ["Thou", "unto"]
    assert trigger.twin(texts_of(["see you soon"]), 0).words == ("see", "you")


def test_the_frame_of_a_group_is_taken_out_and_the_rest_of_planted_texts_left() -> None:
    fears = [f"what is the fear of {w}" for w in ("spiders", "heights", "water", "crowds")]
    others = [f"tell me who made {w} and why" for w in ("cars", "bread", "paper", "ink", "glue")]
    planted = [
        f"{a} cf {b}" for a, b in (("red", "one"), ("old", "two"), ("big", "six"), ("x", "y"))
    ]
    texts = texts_of(fears + others * 3 + planted)
    shared = SharedWords(texts)
    frame = shared(np.arange(4), PhraseTrigger("fear"))
    assert frame.remove(texts.take(np.arange(2))).values.tolist() == ["spiders", "heights"]
    rows = np.arange(len(texts) - 4, len(texts))
    rest = shared(rows, PhraseTrigger("cf")).remove(texts.take(rows))
    assert rest.values.tolist() == ["red one", "old two", "big six", "x y"]
