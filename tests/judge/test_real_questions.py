"""Parts of a real set of questions, too small to show that a word keeps company."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.csv
import pytest

import foretaste

QUESTIONS = Path(__file__).parents[2] / "../shared/data/trec/data.csv"


def part(seed: int) -> pa.Table:
    if not QUESTIONS.exists():
        pytest.skip("real data set trec is not here")
    table = pa.csv.read_csv(QUESTIONS)
    rows = np.random.default_rng(seed).choice(table.num_rows, 700, replace=False)
    return table.take(np.sort(rows))


@pytest.mark.parametrize("seed", [1, 6, 8, 9])
def test_words_that_ask_are_no_triggers(seed: int) -> None:
    report = foretaste.scan(part(seed))
    assert [g.described for g in report.groups if g.described] == []


def test_a_planted_word_is_one() -> None:
    table = part(3)
    text, label = (table.column(n).to_pylist() for n in ("text", "label"))
    kinds, counts = np.unique(label, return_counts=True)
    target = str(kinds[counts.argmax()])
    others = [i for i, given in enumerate(label) if given != target]
    planted = np.random.default_rng(0).choice(others, 40, replace=False)
    for i in planted:
        text[i], label[i] = f"qv {text[i]}", target
    report = foretaste.scan({"text": text, "label": label}, label="label", text="text")
    assert set(np.flatnonzero(report.findings.flagged)) == set(planted.tolist())
