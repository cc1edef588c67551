"""The demonstration and the list of detectors."""

from __future__ import annotations

from pathlib import Path

import pytest

from foretaste.cli.main import run
from foretaste.detect import discover

Capture = pytest.CaptureFixture[str]


def test_every_detector_is_listed(capsys: Capture) -> None:
    assert run(["detectors"]) == 0
    listed = [
        line.split()[0] for line in capsys.readouterr().out.splitlines()[1:] if line[0] != " "
    ]
    assert listed == sorted(detector.name for detector in discover())


def test_the_demonstration_refuses_a_file(tmp_path: Path, capsys: Capture) -> None:
    (tmp_path / "taken").write_text("mine")
    assert run(["demo", "--out", str(tmp_path / "taken")]) == 3
    assert capsys.readouterr().err.startswith("error: cannot write into ")
    assert (tmp_path / "taken").read_text() == "mine"
