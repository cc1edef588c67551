"""The real drill of a tiny file, from the command line."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from foretaste.cli.main import run

Capture = pytest.CaptureFixture[str]


def test_a_drill_writes_its_report(table_csv: Path, tmp_path: Path, capsys: Capture) -> None:
    out = tmp_path / "drill"
    told = ["--attacks", "table-missingness, placebo-duplicates", "--sizes", "8,10%"]
    command = ["drill", str(table_csv), *told, "--workers", "1", "--out", str(out)]
    assert run(command) == 0
    said, progress = capsys.readouterr()
    assert "You would have noticed" in said
    assert "False alarms: 0 of 1" in said
    assert progress.startswith("foretaste: scanning the rows as they are\n")
    assert "foretaste: table-missingness, 30 rows (2 of 3)\n" in progress
    assert sorted(p.name for p in out.iterdir()) == ["drill.html", "drill.json", "trials.jsonl"]
    first = json.loads((out / "drill.json").read_text())
    assert run([*command, "--quiet"]) == 0
    assert capsys.readouterr() == ("", "")
    again = json.loads((out / "drill.json").read_text())
    assert again["trials"] == first["trials"]
    assert len((out / "trials.jsonl").read_text().splitlines()) == 3


def test_poisoned_data_are_called_so_first(
    poisoned_csv: Path, tmp_path: Path, capsys: Capture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    told = ["--attacks", "text-sentence", "--sizes", "30", "--no-removal", "--json"]
    assert run(["drill", str(poisoned_csv), "--source", "vendor", *told]) == 1
    document = json.loads(capsys.readouterr().out)
    assert document["blocked"]
    assert document["flagged"] >= 36
    (trial,) = document["trials"]
    assert trial["source"] in {"north", "south", "east"}
    assert trial["hits"] <= 30
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("told", "says"),
    [
        (["--sizes", "ten"], "'ten'"),
        (["--sizes", "2.5"], "'2.5'"),
        (["--sizes", "150%"], "'150%'"),
        (["--sizes", ","], "--sizes"),
        (["--attacks", "image-patch"], "image-patch"),
        (["--seeds", "0"], "--seeds"),
    ],
)
def test_bad_options_are_usage_errors(
    told: list[str], says: str, table_csv: Path, tmp_path: Path, capsys: Capture
) -> None:
    assert run(["drill", str(table_csv), "--out", str(tmp_path / "drill"), *told]) == 2
    assert says in capsys.readouterr().err
    assert not (tmp_path / "drill").exists()


def test_nothing_is_begun_where_a_file_stands(
    table_csv: Path, tmp_path: Path, capsys: Capture
) -> None:
    (tmp_path / "drill").write_text("")
    assert run(["drill", str(table_csv), "--out", str(tmp_path / "drill")]) == 3
    assert "a file stands where" in capsys.readouterr().err
