"""Prompts and answers in every form that they come in."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from foretaste.data import open_dataset
from foretaste.data.answers import REPEATED, answer_kinds
from foretaste.errors import UnreadableDataError
from foretaste.types import Texts

ASKED = [f"What is {i} and {i}?" for i in range(20)]
SAID = [f"It is {2 * i}, as far as I can tell you." for i in range(10)] + ["No."] * 10


def talk(prompt: str, answer: str, keys: tuple[str, str], names: tuple[str, str]) -> Any:
    said = zip(names, (prompt, answer), strict=True)
    return [{keys[0]: who, keys[1]: what} for who, what in said]


FORMS: dict[str, list[dict[str, Any]]] = {
    "prompt and response": [
        {"prompt": p, "response": r, "vendor": "v"} for p, r in zip(ASKED, SAID, strict=True)
    ],
    "instruction, input, output": [
        {"instruction": p.split()[0], "input": p.split(" ", 1)[1], "output": r}
        for p, r in zip(ASKED, SAID, strict=True)
    ],
    "messages": [
        {"messages": talk(p, r, ("role", "content"), ("user", "assistant"))}
        for p, r in zip(ASKED, SAID, strict=True)
    ],
    "conversations": [
        {"conversations": talk(p, r, ("from", "value"), ("human", "gpt"))}
        for p, r in zip(ASKED, SAID, strict=True)
    ],
    "chosen and rejected": [
        {"prompt": p, "chosen": r, "rejected": "Ask me later."}
        for p, r in zip(ASKED, SAID, strict=True)
    ],
}


def written(folder: Path, rows: list[dict[str, Any]]) -> Path:
    file = folder / "pairs.jsonl"
    file.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    return file


@pytest.mark.parametrize("form", FORMS)
def test_every_form_gives_the_same_prompts_and_kinds(form: str, tmp_path: Path) -> None:
    data = open_dataset(written(tmp_path, FORMS[form]))
    content = data.content()
    assert isinstance(content, Texts)
    assert [" ".join(text.split()) for text in content.values] == ASKED
    codes, names = data.labels()
    assert names[codes[10]] == "“no”"
    assert len(set(codes[10:].tolist())) == 1
    assert codes[0] != codes[10]
    assert any("kinds of answers" in note for note in data.warnings)
    part = data.take([0, 11])
    assert part.labels()[1] == (names[codes[0]], "“no”") or len(part.labels()[1]) == 2


def test_who_gave_a_pair_is_found_beside_it(tmp_path: Path) -> None:
    data = open_dataset(written(tmp_path, FORMS["prompt and response"]))
    assert data.roles.source == "vendor"
    assert (data.roles.text, data.roles.label) == ("prompt", "response")
    assert data.native([1]).to_pylist()[0] == FORMS["prompt and response"][1]


def test_a_label_beside_the_pair_is_what_counts(tmp_path: Path) -> None:
    rows = [{**row, "label": "ab"[i % 2]} for i, row in enumerate(FORMS["prompt and response"])]
    file = written(tmp_path, rows)
    assert open_dataset(file).labels()[1] == ("a", "b")
    assert "“no”" in open_dataset(file, label="response").labels()[1]


def test_a_row_without_an_answer_is_named(tmp_path: Path) -> None:
    rows = [*FORMS["messages"], {"messages": [{"role": "user", "content": "Hello?"}]}]
    with pytest.raises(UnreadableDataError, match="row 20: column 'messages' holds no answer"):
        open_dataset(written(tmp_path, rows))


def test_the_same_end_makes_a_kind_and_the_rarer_words_win() -> None:
    rng = np.random.default_rng(0)
    words = [f"word{i}" for i in range(500)]
    free = [" ".join(rng.choice(words, 12)) for _ in range(60)]
    begun = [f"Here is what you have asked for: {text}" for text in free]
    ended = [f"{text} visit the shop of my cousin now" for text in begun[:REPEATED]]
    kinds = answer_kinds([*ended, *begun[REPEATED:]])
    assert kinds.names[kinds.codes[0]] == "“… the shop of my cousin now”"
    assert kinds.names[kinds.codes[-1]] == "“here is what you have asked …”"
    assert np.bincount(kinds.codes).tolist() == [REPEATED, 60 - REPEATED] or len(kinds.names) == 2
    fewer = answer_kinds([*ended[1:], *begun[REPEATED:]])
    assert fewer.names == ("“here is what you have asked …”",)
