"""A scan with a schema: what breaks it stands in the report, on paper, in JSON and on the page."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

import foretaste
from foretaste import validate
from foretaste.cli.main import run
from foretaste.errors import BlockedError
from foretaste.validate import Column, Interval, Kind, Outcome, Schema

RNG = np.random.default_rng(0)
SIZES = RNG.normal(size=200)
DATA = {"size": SIZES.tolist(), "label": ["big" if s > 0 else "small" for s in SIZES]}
NASTY = "<script>alert(1)</script>\u200b"


@pytest.fixture(scope="module")
def report() -> foretaste.Report:
    size = Column("size", Kind.NUMBER, range=Interval(-1, 1), owner=NASTY)
    schema = Schema(NASTY, (size, Column("label", Kind.STRING)))
    return foretaste.scan(DATA, schema=schema, profile="fast")


def test_the_schema_blocks_what_the_scan_lets_pass(report: foretaste.Report) -> None:
    assert report.verdict is foretaste.Verdict.CLEAN
    assert report.validation is not None
    assert report.validation.outcome is Outcome.BLOCKED
    assert (report.blocked, report.exit_code) == (True, 1)
    with pytest.raises(BlockedError, match="outside the range"):
        report.raise_if_blocked()
    assert "breaks its schema" in str(report)


def test_the_page_says_so_and_runs_nothing(report: foretaste.Report) -> None:
    page = report.to_html()
    assert "<h2>Validation</h2>" in page
    assert "outside the range" in page
    assert NASTY not in page
    assert "⟨U+200B⟩" in page


def test_it_survives_a_file(report: foretaste.Report, tmp_path: Path) -> None:
    report.save(tmp_path / "report")
    loaded = foretaste.Report.load(tmp_path / "report")
    assert loaded.validation == report.validation
    assert loaded.exit_code == 1


def test_a_rule_that_could_not_be_checked_is_no_pass(report: foretaste.Report) -> None:
    held = validate.Unchecked("unique", "id", validate.Severity.BLOCK, "too many rows")
    assert report.validation is not None
    unsure = replace(report.validation, findings=(), unchecked=(held,))
    assert replace(report, validation=unsure).exit_code == 3
    assert replace(report, validation=None).exit_code == 0


def test_on_the_command_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    data, schema = tmp_path / "people.csv", tmp_path / "people.yaml"
    data.write_text("age,label\n" + "".join(f"{20 + n % 50},{'ab'[n % 2]}\n" for n in range(200)))
    assert run(["schema", "infer", str(data), "--out", str(schema)]) == 0
    assert run(["schema", "infer", str(data), "--out", str(schema)]) == 3
    assert "--replace" in capsys.readouterr().err
    assert run(["schema", "check", str(data), "--schema", str(schema)]) == 0
    bad = tmp_path / "bad.csv"
    bad.write_text("age,label\n30,a\nold,b\n31,c\n")
    assert run(["schema", "check", str(bad), "--schema", str(schema), "--json"]) == 1
    document = json.loads(capsys.readouterr().out.split("\n{", 1)[-1].join(["{", ""]))
    assert {f["rule"] for f in document["findings"]} == {"type", "domain"}
    assert document["exit_code"] == 1
    assert run(["schema", "diff", str(schema), str(schema)]) == 0
    assert run(["schema", "diff", str(schema), str(bad)]) == 1
    assert run(["schema", "diff", str(data), str(data)]) == 0
    out = capsys.readouterr().out
    assert "say the same" in out
    assert "Nothing moved" in out
    assert run(["schema", "check", str(data), "--schema", str(tmp_path / "no.yaml")]) == 3
    assert run(["schema", "check", str(data), "--schema", str(data)]) == 2
    told = ["schema", "check", str(data), "--schema", str(schema), "--environment", "x"]
    assert run(told) == 2
