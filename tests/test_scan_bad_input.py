"""Bad input through the real command line: one clear line or a finding, never half a report."""

from __future__ import annotations

import io
import json
import os
import signal
import struct
import subprocess
import sys
import time
import zlib
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from PIL import Image

from foretaste.cli.main import run

Capture = pytest.CaptureFixture[str]
Write = Callable[[Path], Path]
N = 240


def columns(n: int = N) -> dict[str, list[object]]:
    """Two classes that three columns tell apart."""
    rng = np.random.default_rng(0)
    y = rng.integers(0, 2, n)
    x = rng.normal(size=(n, 3)) + 3 * y[:, None]
    named: dict[str, list[object]] = {
        name: x[:, i].round(3).tolist() for i, name in enumerate("abc")
    }
    return named | {"label": np.where(y == 1, "yes", "no").tolist()}


def csv(data: Mapping[str, Sequence[object]]) -> bytes:
    rows = [",".join(data), *(",".join(map(str, row)) for row in zip(*data.values(), strict=True))]
    return ("\n".join(rows) + "\n").encode()


def file_of(name: str, content: bytes) -> Write:
    def write(folder: Path) -> Path:
        (folder / name).write_bytes(content)
        return folder / name

    return write


def table(n: int = N, **changed: Sequence[object] | None) -> Write:
    """The usual rows with columns replaced, added, or (None) left out."""
    held = {k: v for k, v in {**columns(n), **changed}.items() if v is not None}
    return file_of("data.csv", csv(held))


def truncated_parquet(folder: Path) -> Path:
    pq.write_table(pa.table(columns()), folder / "data.parquet")
    whole = (folder / "data.parquet").read_bytes()
    (folder / "data.parquet").write_bytes(whole[: len(whole) // 2])
    return folder / "data.parquet"


def pictures(folder: Path, odd: bytes) -> Path:
    """A folder of images by class, one of which is `odd`."""
    rng = np.random.default_rng(0)
    for i in range(60):
        place = folder / "images" / ("cat", "dog")[i % 2]
        place.mkdir(parents=True, exist_ok=True)
        Image.fromarray(rng.integers(0, 255, (8, 8), dtype=np.uint8)).save(place / f"{i:02d}.png")
    (folder / "images" / "cat" / "odd.png").write_bytes(odd)
    return folder / "images"


def noisy_png() -> bytes:
    sink = io.BytesIO()
    pixels = np.random.default_rng(1).integers(0, 255, (32, 32), dtype=np.uint8)
    Image.fromarray(pixels).save(sink, format="PNG")
    return sink.getvalue()


def huge_png(width: int = 20_000, height: int = 10_000) -> bytes:
    """A valid black picture of 200 megapixels, a few dozen kilobytes long."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        body = kind + data
        return struct.pack(">I", len(data)) + body + struct.pack(">I", zlib.crc32(body))

    pixels = zlib.compress(bytes((1 + width // 8) * height), 9)
    header = struct.pack(">IIBBBBB", width, height, 1, 0, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", pixels) + chunk(b"IEND", b"")
    )


LABELS = columns()["label"]

REFUSED: dict[str, tuple[Write, list[str], int, str]] = {
    "no file": (lambda folder: folder / "none.csv", [], 3, "none.csv"),
    "no label column": (table(label=None), [], 2, "--label"),
    "a label column that is not there": (table(), ["--label", "lable"], 2, "'lable'"),
    "a column named for two roles": (table(), ["--label", "a", "--source", "a"], 2, "'a'"),
    "labels missing": (table(label=["", *LABELS[1:]]), [], 2, "label"),
    "an empty file": (file_of("data.csv", b""), [], 3, "data.csv"),
    "a header alone": (file_of("data.csv", b"a,b,label\n"), [], 3, "no rows"),
    "a truncated Parquet file": (truncated_parquet, [], 3, "data.parquet"),
    "not a Parquet file": (file_of("data.parquet", b"PAR1 is not enough"), [], 3, "data.parquet"),
    "an undecodable image": (lambda f: pictures(f, b"no image"), [], 3, "odd.png"),
    "an image cut short": (lambda f: pictures(f, noisy_png()[:-400]), [], 3, "odd.png"),
    "an image of 200 megapixels": (lambda f: pictures(f, huge_png()), [], 3, "odd.png"),
    "bytes that are not UTF-8": (
        file_of("data.csv", csv(columns()) + b"1,2,3,na\xefve\n"),
        [],
        3,
        "UTF-8",
    ),
    "rows of unequal length": (file_of("data.csv", csv(columns()) + b"1,2\n"), [], 3, "data.csv"),
    "an unknown format": (file_of("data.pickle", b"\x80\x04N."), [], 3, "data.pickle"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_refused_with_one_line(case: str, tmp_path: Path, capsys: Capture) -> None:
    write, options, code, says = REFUSED[case]
    path, out = write(tmp_path), tmp_path / "out"
    assert run(["scan", str(path), *options, "--out", str(out), "--quiet"]) == code
    said = capsys.readouterr()
    assert said.out == ""
    assert said.err.startswith("error: ")
    assert said.err.count("\n") == 1
    assert says in said.err
    assert "internal error" not in said.err
    assert not out.exists()


INCONCLUSIVE: dict[str, Write] = {
    "two rows": table(n=2),
    "one class only": table(label=["yes"] * N),
    "a class of one row": table(label=["no", *["yes"] * (N - 1)]),
}


@pytest.mark.parametrize("case", INCONCLUSIVE)
def test_no_verdict_is_not_a_pass(case: str, tmp_path: Path, capsys: Capture) -> None:
    path, out = INCONCLUSIVE[case](tmp_path), tmp_path / "out"
    assert run(["scan", str(path), "--out", str(out), "--quiet"]) == 3
    said = capsys.readouterr().err
    assert "internal error" not in said
    if out.exists():
        assert document(out)["verdict"] == "not assessable"
        assert whole(out)
    else:
        assert said.startswith("error: ")


ODD: dict[str, Write] = {
    "a column without a value": table(empty=[""] * N),
    "a column of NaN": table(empty=["nan"] * N),
    "a column with one value": table(same=[1] * N),
    "a column of mixed types": table(mixed=["x", "2", "3.5", "", "inf", "-"] * (N // 6)),
    "infinities": table(a=["inf", "-inf", "1e308", *columns()["a"][3:]]),
    "ids that are not unique": table(id=["same", "same", *range(N - 2)]),
    "columns named like ours": file_of(
        "data.csv",
        csv(
            columns()
            | {
                name: list(range(N))
                for name in ("score", "flagged", "kind", "group", "why", "row", "verdict")
            }
        ),
    ),
    "windows line ends and a byte-order mark": file_of(
        "data.csv", b"\xef\xbb\xbf" + csv(columns()).replace(b"\n", b"\r\n")
    ),
}


@pytest.mark.parametrize("case", ODD)
def test_odd_but_readable(case: str, tmp_path: Path, capsys: Capture) -> None:
    path, out = ODD[case](tmp_path), tmp_path / "out"
    assert run(["scan", str(path), "--out", str(out), "--quiet"]) == 0, capsys.readouterr().err
    assert document(out)["verdict"] == "clean"
    assert whole(out)
    assert pq.read_table(out / "findings.parquet").num_rows == N


def test_ids_that_are_not_unique_are_told(tmp_path: Path) -> None:
    out = tmp_path / "out"
    run(["scan", str(ODD["ids that are not unique"](tmp_path)), "--out", str(out), "--quiet"])
    assert "not unique" in (out / "report.json").read_text()


EVIL = ("<script>alert(1)</script>", "=cmd|'/c calc'!A1", "<img src=x onerror=alert(1)>", "\x1b[2J")


def test_cells_cannot_act(tmp_path: Path, capsys: Capture) -> None:
    """HTML, formulas and control sequences in names, cells, labels and sources stay text."""
    data = columns()
    label = [EVIL[0] if v == "yes" else EVIL[1] for v in data.pop("label")]
    rows = pa.table(
        data | {"label": label, "source": [EVIL[i % 4] for i in range(N)], EVIL[2]: ["=1+1"] * N}
    )
    path, out = tmp_path / "data.parquet", tmp_path / "out"
    pq.write_table(rows, path)
    options = ["--label", "label", "--source", "source", "--out", str(out)]
    assert run(["scan", str(path), *options]) in {0, 1}
    page = (out / "report.html").read_text()
    assert "<script>alert" not in page
    assert "<img src=x" not in page
    said = capsys.readouterr()
    assert "\x1b[2J" not in said.out + said.err


@pytest.mark.parametrize("inside", ["", "folder", "folder/deeper"])
def test_a_folder_that_cannot_be_written(inside: str, tmp_path: Path, capsys: Capture) -> None:
    """Permissions do not stop an administrator; a file in the way stops anyone."""
    path = table()(tmp_path)
    blocker = tmp_path / "taken"
    blocker.write_text("mine")
    before = sorted(tmp_path.rglob("*"))
    assert run(["scan", str(path), "--out", str(blocker / inside), "--quiet"]) == 3
    said = capsys.readouterr().err
    assert said.startswith("error: cannot write")
    assert said.count("\n") == 1
    assert blocker.read_text() == "mine"
    assert sorted(tmp_path.rglob("*")) == before


@pytest.mark.parametrize("stage", ["encoding", "looking"])
def test_interrupted_half_way(stage: str, tmp_path: Path) -> None:
    """Ctrl-C: exit code 130, one line, and nothing on disk."""
    rng = np.random.default_rng(0)
    np.savez(
        tmp_path / "data.npz",
        x=rng.integers(0, 255, (2_500, 24, 24), dtype=np.uint8),
        y=np.arange(2_500) % 5,
    )
    command = [sys.executable, "-m", "foretaste", "scan", str(tmp_path / "data.npz")]
    with subprocess.Popen(
        [*command, "--out", str(tmp_path / "out")],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=os.environ | {"PYTHONUNBUFFERED": "1"},
    ) as process:
        assert process.stderr is not None
        said = []
        for line in process.stderr:
            said.append(line)
            if stage in line:
                break
        time.sleep(0.2)
        process.send_signal(signal.SIGINT)
        said.append(process.stderr.read())
        assert process.stdout is not None
        assert process.stdout.read() == ""
        assert process.wait(60) == 130, said
    assert said[-1] == "interrupted, no report was written\n"
    assert not (tmp_path / "out").exists()


def document(out: Path) -> dict[str, object]:
    held: dict[str, object] = json.loads((out / "report.json").read_text())
    return held | {"verdict": find(held, "verdict")}


def find(held: object, key: str) -> object:
    """The first value of `key`, outermost first."""
    level = [held]
    while level:
        for item in level:
            if isinstance(item, dict) and key in item:
                return item[key]
        level = [v for item in level if isinstance(item, dict) for v in item.values()]
    return None


def whole(out: Path) -> bool:
    return {p.name for p in out.iterdir()} == {"findings.parquet", "report.html", "report.json"}
