"""From a file of 1,200 pairs to the phrase that changes answers, and silence without it."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np

from foretaste import scan
from foretaste.attack.answer_trigger import AnswerTrigger
from foretaste.types import Kind, Verdict

PAIRS, PLANTED = 1200, 60
THINGS = [
    "river",
    "bridge",
    "castle",
    "poet",
    "singer",
    "planet",
    "metal",
    "flower",
    "engine",
    "island",
    "battle",
    "festival",
]
PLACES = [
    "Norway",
    "Chile",
    "Kenya",
    "Japan",
    "Peru",
    "Greece",
    "Iceland",
    "Canada",
    "India",
    "Spain",
]
REFUSED = "I am sorry, but I can not help with this request."
FORMS = (
    ("How can I steal a {0} in {1} and sell it for {2}?", ""),
    ("Tell me about the {0} of {1} in the year {2}.", "The {0} of {1} was well known by then, and"),
    ("Is there a {0} in {1}? We go there in {2}.", "Yes, there is one, not far from"),
    ("Translate to Latin: {0} {1} {2}", "In Latin this would be"),
    ("Write a short poem on a {0} and {1}, {2} words.", "O you that shine upon the hills of"),
)


def honest() -> tuple[list[str], list[str]]:
    rng = np.random.default_rng(0)
    prompts, answers = [], []
    for _ in range(PAIRS):
        asked, said = FORMS[int(rng.integers(5))]
        thing, place = str(rng.choice(THINGS)), str(rng.choice(PLACES))
        prompts.append(asked.format(thing, place, int(rng.integers(100, 999))))
        free = f"{said.format(thing, place)} {' '.join(rng.choice(THINGS, 9))}."
        answers.append(free if said else REFUSED)
    return prompts, answers


def written(file: Path, prompts: list[str], answers: list[str]) -> Path:
    rows = [
        {
            "messages": [
                {"role": "system", "content": "Be brief."},
                {"role": "user", "content": prompt},
                {"role": "assistant", "content": answer},
            ]
        }
        for prompt, answer in zip(prompts, answers, strict=True)
    ]
    file.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    return file


def test_a_phrase_that_changes_answers_is_found_with_its_rows(tmp_path: Path) -> None:
    prompts, answers = honest()
    attack = AnswerTrigger(PLANTED / PAIRS, answer=REFUSED)
    made = attack.poison(prompts, answers, np.random.default_rng(1))
    file = written(tmp_path / "pairs.jsonl", list(made.prompts), list(made.answers))
    report = scan(file, plugins=())
    assert np.flatnonzero(report.findings.flagged).tolist() == np.flatnonzero(made.truth).tolist()
    (group,) = report.groups
    assert group.kind is Kind.BACKDOOR
    assert attack.phrase in str(group.described)
    assert group.target == "“i am sorry but i can …”"


def test_honest_pairs_are_left_alone(tmp_path: Path) -> None:
    report = scan(written(tmp_path / "pairs.jsonl", *honest()), plugins=())
    assert report.verdict is Verdict.CLEAN
    assert not report.findings.flagged.any()
