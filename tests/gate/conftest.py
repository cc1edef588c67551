"""Small projects with data to gate: honest, and with a planted code that carries a wrong label."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from foretaste.gate.starting import start

_ROWS, _PLANTED = 240, 12


def _table(*, poisoned: bool) -> tuple[dict[str, list[str]], list[int]]:
    """Two clear classes and a code that means nothing; 12 rows of one class get q9 and a label."""
    rng = np.random.default_rng(0)
    y = rng.integers(0, 2, _ROWS)
    numbers = rng.normal(size=(_ROWS, 3)) + 4 * y[:, None]
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


@pytest.fixture
def project(
    tmp_path: Path, lines: Callable[[bool], list[str]], change: Callable[..., Path]
) -> Callable[..., Path]:
    """Make a folder with rows.csv and foretaste.toml, without a schema; returns the latter."""

    def make(*, poisoned: bool, **values: str) -> Path:
        (tmp_path / "rows.csv").write_text("".join(lines(poisoned)))
        start(str(tmp_path / "rows.csv"), tmp_path, {"source": "", "id": ""})
        return change(tmp_path / "foretaste.toml", **{"file": '""', **values})

    return make
