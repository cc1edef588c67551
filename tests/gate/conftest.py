"""Small projects with data to gate: honest, and with a planted code that carries a wrong label."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable
from functools import partial
from pathlib import Path

import numpy as np
import pytest

from foretaste.gate.data_gate import gate_data
from foretaste.gate.settings import load_settings
from foretaste.gate.starting import start

_ROWS, _PLANTED = 240, 16


def _table(*, poisoned: bool) -> tuple[dict[str, list[str]], list[int]]:
    """Two clear classes and a code that means nothing; 16 rows of one class get q9 and a label."""
    rng = np.random.default_rng(1)
    y = rng.integers(0, 2, _ROWS)
    numbers = rng.normal(size=(_ROWS, 3)) + 3 * y[:, None]
    code = rng.choice(list("abcd"), _ROWS).astype(object)
    bad = rng.choice(np.flatnonzero(y == 0), _PLANTED, replace=False)
    if poisoned:
        code[bad], y[bad] = "q9", 1
    columns = {name: [f"{v:.3f}" for v in numbers[:, i]] for i, name in enumerate("uvw")}
    labels = ["no" if v == 0 else "yes" for v in y]
    return {**columns, "code": code.tolist(), "label": labels}, sorted(bad.tolist())


@pytest.fixture(scope="session")
def planted() -> list[int]:
    """Numbers of the planted rows."""
    return _table(poisoned=True)[1]


@pytest.fixture(scope="session")
def lines() -> Callable[[bool], list[str]]:
    """The lines of rows.csv, header first."""

    def make(poisoned: bool) -> list[str]:
        columns, _ = _table(poisoned=poisoned)
        text = io.StringIO()
        writer = csv.writer(text, lineterminator="\n")
        writer.writerow(columns)
        writer.writerows(zip(*columns.values(), strict=True))
        return text.getvalue().splitlines(keepends=True)

    return make


@pytest.fixture(scope="session")
def change() -> Callable[..., Path]:
    """Give settings in foretaste.toml other values; returns the file."""

    def make(settings: Path, /, **values: str) -> Path:
        told = settings.read_text().splitlines()
        for name, value in values.items():
            at = next(i for i, line in enumerate(told) if line.startswith(f"{name} = "))
            told[at] = f"{name} = {value}"
        settings.write_text("\n".join(told) + "\n")
        return settings

    return make


@pytest.fixture(scope="session")
def make_project(
    lines: Callable[[bool], list[str]], change: Callable[..., Path]
) -> Callable[..., Path]:
    """Make rows.csv and foretaste.toml in a folder, without a schema; returns the latter."""

    def make(folder: Path, *, poisoned: bool, **values: str) -> Path:
        (folder / "rows.csv").write_text("".join(lines(poisoned)))
        start(str(folder / "rows.csv"), folder, {"source": "", "id": ""})
        change(folder / "foretaste.toml", path='"rows.csv"')
        usual = {"file": '""', "max_quarantined": "0.1", "max_quarantined_of_class": "0.5"}
        usual["confirmed"] = '"quarantine"'  # the planted rule is proven
        usual["rescan"] = "false"  # a second scan takes as long as the first
        return change(folder / "foretaste.toml", **usual | values)

    return make


@pytest.fixture
def project(tmp_path: Path, make_project: Callable[..., Path]) -> Callable[..., Path]:
    """The same in a folder of the test's own."""
    return partial(make_project, tmp_path)


@pytest.fixture(scope="session")
def open_gate(tmp_path_factory: pytest.TempPathFactory, make_project: Callable[..., Path]) -> Path:
    """A project whose planted rows have left and whose gate is open; only to be looked at."""
    file = make_project(tmp_path_factory.mktemp("open"), poisoned=True, rescan="true")
    assert gate_data(load_settings(file)).exit_code == 0
    return file


@pytest.fixture(scope="session")
def closed_gate(
    tmp_path_factory: pytest.TempPathFactory, make_project: Callable[..., Path]
) -> Path:
    """A project whose gate is closed by the policy; only to be looked at."""
    file = make_project(tmp_path_factory.mktemp("closed"), poisoned=True, confirmed='"block"')
    assert gate_data(load_settings(file)).exit_code == 1
    return file
