"""The demonstration finds what it plants, and the README shows what it prints."""

from __future__ import annotations

import re
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
import pytest
from tests.test_docs import ROOT, generate

from foretaste.cli.main import run as run_command
from foretaste.demo import exercises, grade, run
from foretaste.errors import OutputError
from foretaste.report import Report
from foretaste.types import Kind, Verdict

NAMES = [e.name for e in exercises()]


@dataclass(frozen=True)
class Shown:
    folder: Path
    printed: dict[str, str]
    reports: dict[str, Report]


@pytest.fixture(scope="module")
def shown(tmp_path_factory: pytest.TempPathFactory) -> Shown:
    """The demonstration as the README's generator runs it."""
    folder = tmp_path_factory.mktemp("shown")
    printed = generate.outputs(folder)
    made = {name: Report.load(folder / "foretaste-demo" / name) for name in NAMES}
    return Shown(folder, printed, made)


def test_truth_is_what_differs() -> None:
    """The poisoned rows are exactly those that are not as in the untouched copy."""
    for poisoned, clean in zip(exercises()[::2], exercises()[1::2], strict=True):
        pairs = zip(poisoned.rows.to_pylist(), clean.rows.to_pylist(), strict=True)
        assert [a != b for a, b in pairs] == poisoned.truth.tolist()
        assert not clean.truth.any()


def test_same_seed_same_poison() -> None:
    for seed in (0, 1):
        first, again = exercises(seed), exercises(seed)
        assert all(a.rows.equals(b.rows) for a, b in zip(first, again, strict=True))
    assert not np.array_equal(exercises(0)[0].truth, exercises(1)[0].truth)


def test_the_patch_is_found_and_proven(shown: Shown) -> None:
    report, exercise = shown.reports["digits-poisoned"], exercises()[0]
    outcome = grade(exercise, report)
    assert report.verdict is Verdict.CONFIRMED
    assert [g.kind for g in report.groups] == [Kind.BACKDOOR]
    assert "3×3" in (report.groups[0].described or "")
    assert outcome.sources == (exercise.guilty,)
    assert outcome.right >= 0.95 * max(outcome.poison, outcome.flagged)


def test_the_flips_are_found(shown: Shown) -> None:
    report, exercise = shown.reports["biopsies-poisoned"], exercises()[2]
    outcome = grade(exercise, report)
    assert report.verdict is Verdict.SUSPECT
    assert outcome.sources == (exercise.guilty,)
    assert outcome.right >= 0.9 * outcome.flagged
    assert outcome.right >= 0.6 * outcome.poison


@pytest.mark.parametrize("name", ["digits", "biopsies"])
def test_untouched_data_gets_nothing(name: str, shown: Shown) -> None:
    report = shown.reports[name]
    assert report.verdict is Verdict.CLEAN
    assert not report.findings.flagged.any()
    assert not report.groups


def test_the_page_links_what_is_there(shown: Shown) -> None:
    out = shown.folder / "foretaste-demo"
    page = (out / "index.html").read_text(encoding="utf-8")
    links = re.findall(r'href="([^"]+)"', page)
    assert len(links) == 2 * len(NAMES)
    assert all((out / link).is_file() for link in links)
    assert "<script" not in page
    assert "http" not in page.replace("http-equiv", "")
    assert {p.name for p in out.iterdir()} == {*NAMES, *(f"{n}.parquet" for n in NAMES)} | {
        "index.html"
    }
    for exercise in exercises():
        assert pq.read_table(out / f"{exercise.name}.parquet").equals(exercise.rows)


@pytest.mark.parametrize("block", ["demo", "scan"])
def test_the_readme_shows_what_is_printed(block: str, shown: Shown) -> None:
    """Words only: the last digits of a p-value may differ between machines."""
    written = generate.blocks((ROOT / "README.md").read_text(encoding="utf-8"))[block]
    assert generate.outline(written) == generate.outline(shown.printed[block]), (
        "python docs/generate.py --outputs"
    )


def test_the_readme_example_runs(shown: Shown) -> None:
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    snippet, *_ = re.findall(r"```python\n(.*?)```", text, re.DOTALL)  # others: tests/gate
    done = subprocess.run(
        [sys.executable, "-c", snippet],
        cwd=shown.folder,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert re.search(r"^pathologist \d \d+% of its rows are flagged$", done.stdout, re.MULTILINE)
    assert (shown.folder / "foretaste-report" / "report.html").is_file()


def test_the_file_is_scanned_as_the_rows_were(shown: Shown, tmp_path: Path) -> None:
    """What the last line of the demonstration invites to."""
    data = shown.folder / "foretaste-demo" / "biopsies-poisoned.parquet"
    assert run_command(["scan", str(data), "--out", str(tmp_path / "out"), "--quiet"]) == 1
    again, first = Report.load(tmp_path / "out"), shown.reports["biopsies-poisoned"]
    assert again.digest == first.digest
    np.testing.assert_array_equal(again.findings.flagged, first.findings.flagged)


def test_a_file_in_the_way_is_told_before_any_scan(tmp_path: Path) -> None:
    blocker = tmp_path / "taken"
    blocker.write_text("mine")
    told: list[str] = []
    with pytest.raises(OutputError, match="taken"):
        run(blocker, tell=told.append)
    assert not told
    assert blocker.read_text() == "mine"
