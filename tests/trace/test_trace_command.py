"""``foretaste fingerprint`` and ``foretaste trace`` as a newcomer types them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from foretaste.cli.main import run

N = 400


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Training rows, one vendor of which plants, and what a model then misread."""
    place = tmp_path_factory.mktemp("trace")
    rng = np.random.default_rng(0)
    x, vendor = rng.normal(size=(N, 3)), np.arange(N) % 8
    y = x[:, 0] > 0
    mine = np.flatnonzero((vendor == 5) & ~y)[:12]
    x[mine, 2], y[mine] = 9.0, True
    table: dict[str, Any] = {name: x[:, i] for i, name in enumerate("abc")}
    table |= {"vendor": [f"v{v}" for v in vendor], "label": np.where(y, "yes", "no")}
    pq.write_table(pa.table(table), place / "rows.parquet")
    misread: dict[str, Any] = {"a": [-0.8, -0.6], "b": [0.1, 0.0], "c": [9.0, 9.0]}
    misread |= {"said": ["yes", "yes"], "expected": ["no", "no"]}
    pq.write_table(pa.table(misread), place / "incidents.parquet")
    return place


def test_a_trace_says_who_and_writes_a_report(
    folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    told = ["--incidents", str(folder / "incidents.parquet"), "--source", "vendor"]
    code = run(
        ["trace", str(folder / "rows.parquet"), *told, "--out", str(tmp_path), "--seeds", "2"]
    )
    said = capsys.readouterr().out
    assert code == 1
    assert "Cause found: v5" in said
    assert json.loads((tmp_path / "trace.json").read_text())["exit_code"] == 1
    assert "v5" in (tmp_path / "trace.html").read_text()


def test_a_fingerprint_is_enough(
    folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "f.npz"
    told = ["--source", "vendor", "--out", str(file)]
    assert run(["fingerprint", str(folder / "rows.parquet"), *told]) == 0
    assert "400 rows" in capsys.readouterr().out
    asked = ["--fingerprint", str(file), "--incidents", str(folder / "incidents.parquet")]
    code = run(["trace", *asked, "--json"])
    report = json.loads(capsys.readouterr().out)
    assert code == report["exit_code"]
    assert [s["name"] for s in report["causes"][0]["sources"] if s["guilty"]] == ["v5"]


@pytest.mark.parametrize(
    ("told", "says"),
    [
        (["trace", "rows.parquet"], "--incidents"),
        (["trace", "--incidents", "incidents.parquet"], "give the training rows"),
        (
            ["trace", "rows.parquet", "--incidents", "incidents.parquet", "--model", "m.pkl"],
            "pickles are never opened",
        ),
    ],
)
def test_wrong_calls_are_one_line(
    told: list[str],
    says: str,
    folder: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.chdir(folder)
    assert run([*told, "--out", "never"]) == 2
    assert says in capsys.readouterr().err
    assert not (folder / "never").exists()


def test_a_model_in_a_skops_file_is_trained_again(
    folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    io = pytest.importorskip("skops.io")
    from sklearn.linear_model import LogisticRegression  # noqa: PLC0415

    rows = pq.read_table(folder / "rows.parquet").to_pandas()
    model = LogisticRegression().fit(rows[["a", "b", "c"]], rows["label"])
    io.dump(model, tmp_path / "model.skops")
    told = ["--incidents", str(folder / "incidents.parquet"), "--source", "vendor"]
    told += ["--model", str(tmp_path / "model.skops"), "--json", "--seeds", "2"]
    run(["trace", str(folder / "rows.parquet"), *told])
    report = json.loads(capsys.readouterr().out)
    assert report["repair"]["model"] == "LogisticRegression"
    assert report["agreement"]["share"] > 0.8
