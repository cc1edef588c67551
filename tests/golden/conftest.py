"""A small project with trusted rows, and a golden set made of them."""

from __future__ import annotations

import csv
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from foretaste.cli.main import run
from foretaste.gate.settings import Settings, load_settings

_COLUMNS = ("id", "u", "v", "w", "code", "vendor", "label")


def write_rows(file: Path, seed: int, rows: int, start: int) -> None:
    """Two clear classes, a code that means nothing, three vendors."""
    rng = np.random.default_rng(seed)
    y = rng.integers(0, 2, rows)
    numbers = rng.normal(size=(rows, 3)) + 3 * y[:, None]
    code, vendor = rng.choice(list("abcd"), rows), rng.choice(["north", "south", "west"], rows)
    with file.open("w", newline="") as stream:
        writer = csv.writer(stream, lineterminator="\n")
        writer.writerow(_COLUMNS)
        for at in range(rows):
            cells = [f"{x:.3f}" for x in numbers[at]]
            name = "yes" if y[at] else "no"
            writer.writerow([f"r{start + 7 * at}", *cells, code[at], vendor[at], name])


def set_up(folder: Path) -> Path:
    """Training rows, trusted rows, sentinels, settings and a golden set; returns the settings."""
    write_rows(folder / "train.csv", 1, 500, 10_000)
    write_rows(folder / "trusted.csv", 2, 240, 50_000)
    lines = (folder / "train.csv").read_text().splitlines()
    (folder / "agreed.csv").write_text("\n".join([lines[0], *lines[1:400:40]]) + "\n")
    config, secret = folder / "foretaste.toml", folder / ".foretaste" / "golden.secret"
    secret.parent.mkdir()
    secret.write_text("5a" * 32 + "\n")  # the same rows are planted in every run
    secret.chmod(0o600)
    told = [str(folder / "train.csv"), "--folder", str(folder), "--source", "vendor", "--id", "id"]
    assert run(["init", *told, "-q"]) == 0
    text = config.read_text().replace('file = "foretaste-schema.yaml"', 'file = ""')
    text = text.replace("rescan = true", "rescan = false")
    golden = '[golden]\npath = "golden"'
    head, _, _ = text.partition("[golden]")
    config.write_text(head + golden + "\n")
    made = ["golden", "make", str(folder / "trusted.csv"), "--folder", str(folder / "golden")]
    more = ["--slice", "vendor", "--sentinels", str(folder / "agreed.csv")]
    assert run([*made, *more, "--config", str(config)]) == 0
    return config


@pytest.fixture(scope="session")
def set_up_golden() -> Callable[[Path], Path]:
    """`set_up`, for projects that a test changes."""
    return set_up


@pytest.fixture(scope="session")
def golden_project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """foretaste.toml of a project with a golden set; only to be looked at."""
    return set_up(tmp_path_factory.mktemp("golden"))


@pytest.fixture
def golden_settings(golden_project: Path) -> Settings:
    """Its settings."""
    return load_settings(golden_project)
