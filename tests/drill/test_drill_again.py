"""A real drill on a small table: the same whoever runs it, however often it was cut short."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import foretaste
from foretaste.errors import ForetasteError, UsageError
from foretaste.report.drill_report import DrillReport
from foretaste.types import Verdict

ATTACKS = ["label-flip-random", "table-value-combination", "label-annotator", "placebo-duplicates"]


def rows() -> dict[str, list[Any]]:
    rng = np.random.default_rng(0)
    y = rng.integers(0, 2, 400)
    x = rng.normal(size=(400, 4)) + 2.5 * y[:, None]
    return {**{f"x{i}": x[:, i].tolist() for i in range(4)}, "label": [f"c{k}" for k in y]}


def drilled(**options: Any) -> DrillReport:
    chosen = {"attacks": ATTACKS, "sizes": [20, 60], "profile": "fast", "workers": 2}
    return foretaste.drill(rows(), **{**chosen, **options})  # type: ignore[operator]


@pytest.fixture(scope="module")
def whole() -> DrillReport:
    return drilled()


def test_it_says_what_was_noticed_what_was_not_and_what_does_not_apply(whole: DrillReport) -> None:
    assert whole.verdict is Verdict.CLEAN
    assert (whole.complete, whole.exit_code, whole.planned) == (True, 0, 7)
    assert (len(whole.placebos), whole.alarms) == (1, 0)
    answers = {answer.attack: answer for answer in whole.answers}
    assert answers["label-annotator"].outcome == "not applicable"
    assert "source" in answers["label-annotator"].sentence
    flips = [t for t in whole.trials if t.attack == "label-flip-random"]
    assert [t.planted for t in flips] == [60, 20]
    assert all(t.hits <= min(t.planted, t.flagged) for t in whole.trials)
    combination = [t for t in whole.trials if t.attack == "table-value-combination"]
    assert all(t.harm is not None and t.harm.tested > 0 for t in combination)


def test_removal_is_measured_on_rows_the_attack_never_touched(whole: DrillReport) -> None:
    for trial in whole.trials:
        if trial.harm is None:
            continue
        assert trial.harm.tested <= 80  # a fifth of the rows
        if trial.flagged == 0:
            assert trial.harm.after == trial.harm.before
            assert trial.harm.accuracy_after == trial.harm.accuracy_before


def test_one_worker_finds_what_two_find(whole: DrillReport) -> None:
    assert same(drilled(workers=1), whole)


def test_cut_short_and_resumed_it_ends_the_same(whole: DrillReport, tmp_path: Path) -> None:
    journal = tmp_path / "trials.jsonl"
    drilled(journal=journal, attacks=ATTACKS[:1], sizes=[60])
    begun = journal.read_bytes()
    journal.write_bytes(begun + begun[:40])  # a crash in the middle of a line

    class CutError(Exception):
        """Stands for whatever ends a run."""

    def stop(stage: str, _done: float) -> None:
        if stage.startswith("label-annotator"):
            raise CutError

    with pytest.raises(CutError):
        drilled(journal=journal, workers=1, progress=stop)
    kept = journal.read_bytes()
    assert kept.startswith(begun)
    assert 1 < kept.count(b"\n") < whole.planned

    assert same(drilled(journal=journal), whole)
    content = journal.read_bytes()
    assert content.startswith(kept)
    assert content.count(b"\n") == whole.planned
    assert same(drilled(journal=journal), whole)
    assert journal.read_bytes() == content  # nothing was run again


def test_without_time_nothing_is_begun_and_the_report_says_so() -> None:
    report = drilled(budget=1e-9)
    assert (report.trials, report.complete, report.exit_code) == ((), False, 3)
    assert "0 of 7 trials were run" in str(report)


def test_a_sample_of_many_rows_is_said() -> None:
    report = drilled(limit=200, attacks=["label-flip-random"], sizes=[20], removal=False)
    assert (report.rows, report.rows_used) == (400, 200)
    assert "a random sample of 200 of the 400 rows" in " ".join(report.notes)
    assert report.trials[0].harm is None


@pytest.mark.parametrize(
    ("options", "says"),
    [
        ({"seeds": 0}, "seeds must be at least 1, got 0"),
        ({"workers": 0}, "workers must be at least 1"),
        ({"limit": 0}, "limit must be at least 1"),
        ({"budget": -1.0}, "budget must be above 0"),
        ({"budget": float("nan")}, "budget must be above 0"),
        ({"attacks": ["no-such"]}, "got 'no-such'"),
        ({"sizes": [0.0]}, "sizes: a size is"),
    ],
)
def test_bad_options_are_named(options: dict[str, Any], says: str) -> None:
    with pytest.raises(UsageError, match=says):
        drilled(**options)


def test_rows_that_cannot_be_judged_are_no_ground() -> None:
    few = {name: column[:8] for name, column in rows().items()}
    with pytest.raises(ForetasteError, match="needs rows that can be judged"):
        foretaste.drill(few)  # type: ignore[operator]


def same(one: DrillReport, other: DrillReport) -> bool:
    return replace(one, seconds=0.0).to_json() == replace(other, seconds=0.0).to_json()
