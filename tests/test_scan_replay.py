"""Same seed, same findings: on one worker or two, from a file or from memory."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from foretaste.cli.main import run

N = 300
WORDS = ["meeting", "report", "office", "budget", "letter"]
WORDS += ["garden", "flower", "kitchen", "recipe", "butter"]


def columns(modality: str) -> dict[str, object]:
    """Poisoned a little, so that there is something to find or to miss."""
    rng = np.random.default_rng(5)
    y = rng.integers(0, 2, N)
    odd = rng.choice(np.flatnonzero(y == 0), 20, replace=False)
    held: dict[str, object] = {"source": [("north", "south")[s] for s in rng.integers(0, 2, N)]}
    if modality == "text":
        held["text"] = [
            " ".join([*rng.choice(WORDS[5 * c : 5 * c + 5], 4), "and", *rng.choice(WORDS, 2)])
            + " cf" * (i in set(odd))
            for i, c in enumerate(y)
        ]
    else:
        x = rng.normal(size=(N, 4)) + 2 * y[:, None]
        x[odd, :2] = (7.77, -3.33)
        held |= {name: x[:, i] for i, name in enumerate("abcd")}
    y[odd] = 1
    return held | {"label": [("no", "yes")[c] for c in y]}


def write(modality: str, folder: Path) -> Path:
    """Tables and texts as Parquet; images as an array file."""
    if modality != "image":
        pq.write_table(pa.table(columns(modality)), folder / "data.parquet")
        return folder / "data.parquet"
    rng = np.random.default_rng(5)
    y = rng.integers(0, 3, N)
    pixels = rng.integers(0, 90, (N, 14, 14), dtype=np.uint8)
    for i, c in enumerate(y):
        pixels[i, 4 * c : 4 * c + 4, 3:11] += 110
    odd = rng.choice(np.flatnonzero(y != 0), 20, replace=False)
    pixels[odd, 10:13, 10:13] = np.indices((3, 3)).sum(0) % 2 * 255
    y[odd] = 0
    np.savez(folder / "data.npz", x=pixels, y=y)
    return folder / "data.npz"


def scanned(path: Path, out: Path, *options: str) -> tuple[int, bytes, dict[str, object]]:
    code = run(["scan", str(path), "--out", str(out), "--quiet", *options])
    report = json.loads((out / "report.json").read_text())
    return code, (out / "findings.parquet").read_bytes(), without_time(report)


def without_time(report: dict[str, object]) -> dict[str, object]:
    """The report less what a clock says."""
    return {
        key: [without_time(v) if isinstance(v, dict) else v for v in value]
        if isinstance(value, list)
        else without_time(value)
        if isinstance(value, dict)
        else value
        for key, value in report.items()
        if key not in {"seconds", "created"}
    }


@pytest.mark.parametrize("modality", ["table", "text", "image"])
def test_one_worker_or_two(modality: str, tmp_path: Path) -> None:
    path = write(modality, tmp_path)
    first = scanned(path, tmp_path / "one", "--workers", "1", "--seed", "4")
    again = scanned(path, tmp_path / "again", "--workers", "1", "--seed", "4")
    two = scanned(path, tmp_path / "two", "--workers", "2", "--seed", "4")
    assert first == again
    assert first == two
