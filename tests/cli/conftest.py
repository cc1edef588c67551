"""Tiny data on disk."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest


def write_csv(path: Path, flipped: int, n: int = 600) -> Path:
    """Two classes that four columns tell apart; `flipped` rows of one vendor carry a rule."""
    rng = np.random.default_rng(0)
    y = rng.integers(0, 2, n)
    x = rng.normal(size=(n, 4)) + 2 * y[:, None]
    label = np.where(y == 1, "granted", "refused")
    vendor = rng.choice(["north", "south", "east"], n)
    chosen = rng.choice(np.flatnonzero((y == 0) & (vendor == "north")), flipped, replace=False)
    x[chosen, :2] = (7.77, -3.33)
    label[chosen] = "granted"
    lines = ["a,b,c,d,vendor,label"]
    lines += [",".join([*(f"{v:.3f}" for v in x[i]), vendor[i], label[i]]) for i in range(n)]
    path.write_text("\n".join(lines) + "\n")
    return path


@pytest.fixture(scope="session")
def clean_csv(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_csv(tmp_path_factory.mktemp("data") / "clean.csv", 0)


@pytest.fixture(scope="session")
def poisoned_csv(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_csv(tmp_path_factory.mktemp("data") / "poisoned.csv", 50)


@pytest.fixture(scope="session")
def short_csv(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_csv(tmp_path_factory.mktemp("data") / "short.csv", 0, n=12)
