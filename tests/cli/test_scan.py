"""The real scan of tiny files, from the command line."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from foretaste.cli.main import run
from foretaste.report import Report

Capture = pytest.CaptureFixture[str]


def test_a_clean_file_passes(clean_csv: Path, tmp_path: Path, capsys: Capture) -> None:
    out = tmp_path / "report"
    assert run(["scan", str(clean_csv), "--source", "vendor", "--out", str(out)]) == 0
    said, progress = capsys.readouterr()
    assert "No sign of poison found" in said
    assert "report.html" in said.replace("\n", "")
    assert progress.startswith("foretaste: reading\n")
    assert sorted(p.name for p in out.iterdir()) == [
        "findings.parquet",
        "report.html",
        "report.json",
    ]
    assert Report.load(out).exit_code == 0


def test_a_poisoned_file_blocks(poisoned_csv: Path, tmp_path: Path, capsys: Capture) -> None:
    out = tmp_path / "report"
    code = run(["scan", str(poisoned_csv), "--label", "label", "--out", str(out), "--quiet"])
    assert capsys.readouterr() == ("", "")
    assert code == 1
    report = Report.load(out)
    rows = poisoned_csv.read_text().splitlines()[1:]
    flagged = [rows[row] for row in report.findings.flagged.nonzero()[0]]
    assert len(flagged) >= 36
    assert all("cf" in line.split(",")[0].split() for line in flagged)


def test_json_is_all_that_is_printed(
    table_csv: Path, tmp_path: Path, capsys: Capture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    code = run(["scan", str(table_csv), "--json", "--seed", "3", "--features", "a, b,c"])
    said, other = capsys.readouterr()
    document = json.loads(said)
    assert document["schema"] == "foretaste/report/v1"
    assert (document["exit_code"], document["seed"]) == (code, 3)
    assert document["roles"]["features"] == ["a", "b", "c"]
    assert other == ""
    assert list(tmp_path.iterdir()) == []


def test_too_few_rows_are_no_pass(short_csv: Path, tmp_path: Path, capsys: Capture) -> None:
    assert run(["scan", str(short_csv), "--out", str(tmp_path / "report")]) == 3
    assert "No sign of poison" not in capsys.readouterr().out


@pytest.mark.parametrize(
    ("arguments", "code", "says"),
    [
        (["missing.csv"], 3, "missing.csv"),
        (["clean.csv", "--label", "nolabel"], 2, "nolabel"),
        (["clean.csv", "--source", "nobody"], 2, "nobody"),
        (["clean.csv", "--out", "clean.csv"], 3, "a file stands where the folder should be"),
    ],
)
def test_what_cannot_be_scanned_is_one_line(
    clean_csv: Path,
    tmp_path: Path,
    capsys: Capture,
    monkeypatch: pytest.MonkeyPatch,
    arguments: list[str],
    code: int,
    says: str,
) -> None:
    (tmp_path / "clean.csv").write_bytes(clean_csv.read_bytes())
    monkeypatch.chdir(tmp_path)
    assert run(["scan", *arguments]) == code
    said, err = capsys.readouterr()
    assert said == ""
    assert err.splitlines()[-1].startswith("error: ")
    assert says in err.splitlines()[-1]
    assert [p.name for p in tmp_path.iterdir()] == ["clean.csv"]


def start(*arguments: str, cwd: Path) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "foretaste", *arguments],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        cwd=cwd,
        env={**os.environ, "PYTHONUNBUFFERED": "1"},
    )


def test_a_reader_that_leaves_does_not_change_the_verdict(clean_csv: Path, tmp_path: Path) -> None:
    scan = start("scan", str(clean_csv), cwd=tmp_path)
    assert scan.stdout is not None
    assert scan.stderr is not None
    scan.stdout.close()
    errors = scan.stderr.read()
    scan.stderr.close()
    assert scan.wait(120) == 0
    assert "error" not in errors
    assert "Traceback" not in errors


def test_an_interrupt_writes_nothing(clean_csv: Path, tmp_path: Path) -> None:
    scan = start("scan", str(clean_csv), cwd=tmp_path)
    assert scan.stderr is not None
    first = scan.stderr.readline()  # it has begun
    time.sleep(0.05)
    scan.send_signal(signal.SIGINT)
    _, errors = scan.communicate(timeout=120)
    assert first.startswith("foretaste: ")
    assert scan.returncode == 130
    assert errors.splitlines()[-1] == "interrupted, no report was written"
    assert "Traceback" not in errors
    assert list(tmp_path.iterdir()) == []
