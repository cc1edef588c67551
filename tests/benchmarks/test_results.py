"""Measured lines survive the disk, and tables tell the worst cell."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from benchmarks.measuring import Case, measure
from benchmarks.results import Line, append, read
from benchmarks.tables import OWN, cells, page, summary

from foretaste.attack.contract import Poisoned, Sample
from foretaste.attack.victim import train
from foretaste.types import Table


@pytest.fixture(scope="module")
def lines() -> list[Line]:
    rng = np.random.default_rng(0)
    labels = rng.integers(0, 2, 240)
    x = rng.normal(size=(240, 4)) + 4 * labels[:, None]
    truth = np.zeros(240, dtype=np.bool_)
    truth[rng.choice(240, 24, replace=False)] = True
    flipped = np.where(truth, 1 - labels, labels)
    names = ("a", "b", "c", "d")
    clean = Sample(Table(names, x), labels, ("no", "yes"))
    done = Poisoned(replace(clean, labels=flipped), truth, "flips")
    case = Case("blobs", "flips", "flip", 0, done, lambda: train(clean, 0), clean)
    return measure(case, retrain_all=False)


def test_foretaste_and_the_peers_that_need_nothing_judge_the_same_rows(lines: list[Line]) -> None:
    names = {line.method.name for line in lines}
    assert {OWN, "deep-kNN", "SCAn (own)", "SPECTRE (own)", "STRIP (own)"} <= names
    assert len({line.cell for line in lines}) == 1
    own = next(line.method for line in lines if line.method.name == OWN)
    assert own.precision is not None
    assert own.precision > 0.9


def test_the_best_setting_is_never_worse_than_the_default(lines: list[Line]) -> None:
    for line in lines:
        if line.method.best_precision is not None and line.method.precision is not None:
            assert line.method.best_precision >= line.method.precision


def test_lines_come_back_from_the_disk(lines: list[Line], tmp_path: Path) -> None:
    path = tmp_path / "results" / "lines.jsonl"
    append(path, lines)
    assert [(x.cell, x.method) for x in read(path)] == [(x.cell, x.method) for x in lines]


def test_the_summary_shows_the_worst_cell(lines: list[Line]) -> None:
    bad = [
        Line(
            replace(x.cell, seed=1),
            replace(x.method, precision=0.125) if x.method.name == OWN else x.method,
            x.run,
        )
        for x in lines
    ]
    row = next(line for line in summary([*lines, *bad]).splitlines() if line.startswith("| fore"))
    assert " 0.125 " in row
    assert len(cells([*lines, *bad])) == 2


def test_an_attack_that_does_not_work_does_not_count(lines: list[Line]) -> None:
    idle = [replace(x, cell=replace(x.cell, works="no")) for x in lines]
    assert not any(cell.attacked for cell in cells(idle))
    assert "| no |" in page(idle)


def test_a_page_of_nothing_says_so() -> None:
    assert "Nothing is measured" in page([])
