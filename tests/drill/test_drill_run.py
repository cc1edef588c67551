"""A real drill of small data: the same for any workers, interrupted or not."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import foretaste
from foretaste.errors import NotAssessableError, UnreadableDataError, UsageError
from foretaste.report.drill_report import DrillReport
from foretaste.types import Verdict

ATTACKS = ["table-value-combination", "label-flip-random", "label-annotator", "placebo-duplicates"]


def columns(n: int = 300) -> dict[str, Any]:
    rng = np.random.default_rng(0)
    y = rng.integers(0, 2, n)
    x = rng.normal(size=(n, 4)) + 2 * y[:, None]
    held = {f"x{i}": x[:, i] for i in range(4)}
    return held | {"label": np.array(["no", "yes"])[y]}


def run(**told: Any) -> DrillReport:
    given: dict[str, Any] = {"attacks": ATTACKS, "sizes": [40], "workers": 1} | told
    return foretaste.drill(columns(), **given)


@pytest.fixture(scope="module")
def report() -> DrillReport:
    return run()


def test_it_answers_every_attack(report: DrillReport) -> None:
    assert report.complete
    assert report.exit_code == 0
    assert {a.attack for a in report.answers} == set(ATTACKS[:3])
    annotator = next(a for a in report.answers if a.attack == "label-annotator")
    assert annotator.outcome == "not applicable"
    assert "source" in annotator.sentence
    assert [t.attack for t in report.placebos] == ["placebo-duplicates"]
    assert report.alarms == 0


def test_trials_agree_with_the_truth_they_planted(report: DrillReport) -> None:
    planted = [t for t in report.trials if not t.reason and not t.is_placebo]
    assert len(planted) == 2
    for trial in planted:
        assert trial.planted == trial.rows
        assert trial.hits <= min(trial.flagged, trial.planted)
        assert trial.harm is not None
        if trial.noticed:
            assert trial.verdict in {Verdict.SUSPECT, Verdict.CONFIRMED}
            assert trial.hits > 0
    flips = next(t for t in planted if t.attack == "label-flip-random")
    assert flips.noticed


def test_workers_do_not_show(report: DrillReport) -> None:
    assert run(workers=2).trials == report.trials


def test_interrupted_and_run_again_it_is_the_same(report: DrillReport, tmp_path: Path) -> None:
    file = tmp_path / "sub" / "trials.jsonl"

    def stop(stage: str, done: float) -> None:
        if done > 0.4:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        run(journal=file, progress=stop)
    kept = file.read_text().splitlines()
    assert 0 < len(kept) < report.planned
    with file.open("a") as end:
        end.write(kept[0][:40])  # cut off while it was written
    begun: list[str] = []
    again = run(journal=file, progress=lambda stage, _: begun.append(stage))
    assert again.trials == report.trials
    assert len([s for s in begun if " of " in s]) == report.planned - len(kept)
    assert len(file.read_text().splitlines()) == report.planned
    assert all(json.loads(line) for line in file.read_text().splitlines())


def test_a_journal_of_something_else_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "trials.jsonl"
    file.write_text('{"a": 1}\n{"b": 2}\n')
    with pytest.raises(UnreadableDataError, match="line 1"):
        run(journal=file)


def test_other_options_do_not_use_old_trials(tmp_path: Path) -> None:
    file = tmp_path / "trials.jsonl"
    told: dict[str, Any] = {"attacks": ["table-outlier-far"], "sizes": [8], "removal": False}
    run(journal=file, **told)
    run(journal=file, seed=1, **told)
    run(journal=file, **told)
    assert len(file.read_text().splitlines()) == 2


def test_out_of_budget_is_not_complete() -> None:
    cut = run(budget=1e-6)
    assert (cut.trials, cut.complete, cut.exit_code) == ((), False, 3)
    assert "Not complete: 0 of 4" in str(cut)


def test_a_sample_is_said_to_be_one() -> None:
    cut = run(limit=120, attacks=["table-outlier-far"], sizes=[8], removal=False)
    assert (cut.rows, cut.rows_used) == (300, 120)
    assert any("120 of the 300 rows" in note for note in cut.notes)


@pytest.mark.parametrize(
    ("told", "says"),
    [
        ({"attacks": ["image-patch"]}, "image-patch"),
        ({"attacks": []}, "got none"),
        ({"sizes": [0]}, "sizes"),
        ({"sizes": [2.5]}, "2.5"),
        ({"sizes": []}, "at least one"),
        ({"seeds": 0}, "seeds"),
        ({"workers": 0}, "workers"),
        ({"budget": -1.0}, "budget"),
        ({"profile": "slow"}, "profile"),
    ],
)
def test_bad_arguments_are_named(told: dict[str, Any], says: str) -> None:
    with pytest.raises(UsageError, match=says):
        run(**told)


def test_too_few_rows_cannot_be_drilled() -> None:
    with pytest.raises(NotAssessableError, match="drill"):
        foretaste.drill(columns(20))


def test_the_page_escapes_and_loads_nothing(report: DrillReport) -> None:
    bad = "<script>alert(1)</script>\x1b[2J"
    trials = tuple(replace(t, trigger=bad, target=bad, source=bad) for t in report.trials)
    answers = tuple(replace(a, sentence=bad) for a in report.answers)
    page = replace(report, name=bad, notes=(bad,), trials=trials, answers=answers).to_html()
    assert "<script" not in page
    assert "\x1b" not in page
    assert "&lt;script&gt;alert(1)" in page
    assert "http" not in page.replace("http-equiv", "")


def test_json_has_it_all(report: DrillReport) -> None:
    document = json.loads(report.to_json())
    assert document["schema"] == "foretaste/drill/v1"
    assert len(document["trials"]) == report.planned
    assert document["false_alarms"] == {"alarms": 0, "placebos": 1}
