"""The pipeline of the README, line by line, on the data that its demonstration writes."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from foretaste.cli.main import run
from foretaste.data import Dataset
from foretaste.demo import exercises

README = (Path(__file__).resolve().parents[2] / "README.md").read_text(encoding="utf-8")


def test_the_pipeline_of_the_readme_runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    section = README.partition("## In a pipeline")[2]
    shell, python = re.findall(r"```(?:sh|python)\n(.*?)```", section, re.DOTALL)[:2]
    (exercise,) = (e for e in exercises() if e.name == "digits")
    (tmp_path / "foretaste-demo").mkdir()
    pq.write_table(exercise.rows, tmp_path / "foretaste-demo" / "digits.parquet")
    monkeypatch.chdir(tmp_path)
    for line in shell.splitlines():
        command, *arguments = shlex.split(line, comments=True)
        assert (command, run(arguments)) == ("foretaste", 0)
    names: dict[str, object] = {}
    exec(python, names)
    rows = names["rows"]
    assert isinstance(rows, Dataset)
    assert len(rows) == 1797
