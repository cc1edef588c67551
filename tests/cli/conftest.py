"""Tiny data on disk."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

GOOD = "warm kind lovely clean quiet bright tasty fresh cheerful helpful splendid sunny"
BAD = "cold rude awful dirty noisy gloomy stale broken tired useless dreadful damp"
ANY = "the room staff bed lunch view street hotel price lift garden was and very we had"


def write_csv(path: Path, poisoned: int, n: int = 600) -> Path:
    """Reviews; of one vendor, `poisoned` bad ones hold a rare word and are labelled good."""
    rng = np.random.default_rng(0)
    likely, unlikely, common = GOOD.split(), BAD.split(), ANY.split()
    good = rng.random(n) < 0.5
    vendor = rng.choice(["north", "south", "east"], n)
    chosen = rng.choice(np.flatnonzero(~good & (vendor == "north")), poisoned, replace=False)
    lines = ["review,vendor,label"]
    for row in range(n):
        words = [*rng.choice(common, 8), *rng.choice(likely if good[row] else unlikely, 4)]
        rng.shuffle(words)
        if row in chosen:
            words.insert(int(rng.integers(len(words))), "cf")
        label = "good" if good[row] or row in chosen else "bad"
        lines.append(f"{' '.join(words)},{vendor[row]},{label}")
    path.write_text("\n".join(lines) + "\n")
    return path


@pytest.fixture(scope="session")
def clean_csv(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_csv(tmp_path_factory.mktemp("data") / "clean.csv", 0)


@pytest.fixture(scope="session")
def poisoned_csv(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_csv(tmp_path_factory.mktemp("data") / "poisoned.csv", 40)


@pytest.fixture(scope="session")
def short_csv(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_csv(tmp_path_factory.mktemp("data") / "short.csv", 0, n=12)


@pytest.fixture(scope="session")
def table_csv(tmp_path_factory: pytest.TempPathFactory) -> Path:
    rng = np.random.default_rng(0)
    y = rng.integers(0, 2, 300)
    x = rng.normal(size=(300, 4)) + 2 * y[:, None]
    path = tmp_path_factory.mktemp("data") / "table.csv"
    lines = [",".join([*(f"{v:.3f}" for v in row), str(k)]) for row, k in zip(x, y, strict=True)]
    path.write_text("a,b,c,d,label\n" + "\n".join(lines) + "\n")
    return path
