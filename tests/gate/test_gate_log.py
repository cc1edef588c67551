"""A log of gates: older results that are put back are noticed, and so is a log that was changed."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from foretaste.cli.main import run
from foretaste.errors import InvalidProvenanceError, UsageError
from foretaste.gate.data_gate import gate_data
from foretaste.gate.guarding import require_gate
from foretaste.gate.settings import load_settings
from foretaste.provenance import load_key, make_log, open_log

Project = Callable[..., Path]


@pytest.fixture(scope="module")
def twice(make_project: Project, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A project with a log and a copy of it, gated twice; `older` holds the first results."""
    folder = tmp_path_factory.mktemp("logged")
    told = {"log": '"gates"', "log_copies": '["elsewhere"]', "profile": '"fast"'}
    file = make_project(folder, poisoned=False, **told)
    settings = load_settings(file)
    make_log(folder / "gates", "example.org/gates", load_key(settings.path(settings.gate.key)))
    assert gate_data(settings).exit_code == 0
    shutil.copytree(settings.out, folder / "older", symlinks=True)
    assert gate_data(settings).exit_code == 0
    return file


@pytest.fixture
def project(twice: Path, tmp_path: Path) -> Path:
    """A copy of it that a test may spoil."""
    shutil.copytree(twice.parent, tmp_path / "project", symlinks=True)
    return tmp_path / "project" / twice.name


def test_the_newest_gate_counts(project: Path) -> None:
    assert require_gate(project).record.outcome == "pass"
    entries = list(open_log(project.parent / "gates").entries())
    assert [(e.kind, e.name, e.version) for e in entries] == [
        ("gate", "rows.csv", 1),
        ("gate", "rows.csv", 2),
    ]


def test_older_results_that_are_put_back(project: Path) -> None:
    shutil.rmtree(project.parent / "foretaste-gate")
    (project.parent / "older").rename(project.parent / "foretaste-gate")
    with pytest.raises(InvalidProvenanceError, match="is not the newest one of rows"):
        require_gate(project)
    assert run(["verify", "--require", "gate.data", "--config", str(project)]) == 4


def test_a_log_that_is_put_back_too_differs_from_its_copy(project: Path, change: Project) -> None:
    shutil.rmtree(project.parent / "foretaste-gate")
    (project.parent / "older").rename(project.parent / "foretaste-gate")
    settings = load_settings(project)
    shutil.rmtree(project.parent / "gates")
    key = load_key(settings.path(settings.gate.key))  # the thief holds the key as well
    make_log(project.parent / "gates", "example.org/gates", key)
    with pytest.raises(InvalidProvenanceError, match="truncated"):
        require_gate(project)
    change(project, log_copies="[]")  # what this setting is for
    with pytest.raises(InvalidProvenanceError, match="knows none"):
        require_gate(project)


def test_a_log_that_is_gone(project: Path) -> None:
    shutil.rmtree(project.parent / "gates")
    with pytest.raises(UsageError, match="foretaste log make"):
        require_gate(project)
    latest = (project.parent / "foretaste-gate" / "latest").resolve()
    with pytest.raises(UsageError, match="foretaste log make"):
        gate_data(load_settings(project))
    assert (project.parent / "foretaste-gate" / "latest").resolve() == latest


def test_an_entry_that_was_rewritten(project: Path) -> None:
    tile = project.parent / "gates" / "tile" / "entries" / "000.p" / "2"
    tile.write_bytes(tile.read_bytes().replace(b'"version":2', b'"version":9'))
    with pytest.raises(InvalidProvenanceError, match="rewritten"):
        require_gate(project)


def test_a_copy_that_cannot_be_written_publishes_nothing(project: Path) -> None:
    copies = project.parent / "elsewhere"
    shutil.rmtree(copies)
    copies.write_text("in the way")
    latest = (project.parent / "foretaste-gate" / "latest").resolve()
    arguments = ["gate", "data", "--config", str(project)]
    assert run(arguments) == 3
    assert (project.parent / "foretaste-gate" / "latest").resolve() == latest
    copies.unlink()
    assert run(arguments) == 0
    assert require_gate(project).record.outcome == "pass"
