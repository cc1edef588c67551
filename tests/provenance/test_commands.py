"""``foretaste sign``, ``verify``, ``log`` and ``key``, as a user runs them."""

from __future__ import annotations

import json
from pathlib import Path

import pyarrow.csv
import pytest
from tests.provenance.signed_data import toy_table

from foretaste.cli.main import run

Said = pytest.CaptureFixture[str]


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with data, a key, a log, and the first signature."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("FORETASTE_KEY_PASSPHRASE", raising=False)
    pyarrow.csv.write_csv(toy_table(), tmp_path / "train.csv")
    assert run(["key", "make", "ci"]) == 0
    assert run(["log", "make", "log", "--key", "keys/ci.pem", "--origin", "example.org/data"]) == 0
    assert run(["sign", "train.csv", "--key", "keys/ci.pem", "--log", "log", "--copy", "copy"]) == 0
    return tmp_path


def change(place: Path, old: str, new: str) -> None:
    text = (place / "train.csv").read_text()
    assert text.count(old) == 1
    (place / "train.csv").write_text(text.replace(old, new))


def test_what_was_signed_is_verified(place: Path, capsys: Said) -> None:
    assert run(["verify", "train.csv", "--log", "log", "--copy", "copy"]) == 0
    assert "as signed: train.csv: train.csv, version 1, 400 rows" in capsys.readouterr().out
    assert (place / "keys/ci.pem").stat().st_mode & 0o077 == 0


def test_a_change_leaves_with_4_and_its_name(place: Path, capsys: Said) -> None:
    change(place, '"b-0042"', '"b-9942"')
    capsys.readouterr()
    assert run(["verify", "train.csv", "--json"]) == 4
    document = json.loads(capsys.readouterr().out)
    assert not document["ok"]
    assert {(c["kind"], c.get("row")) for c in document["changes"]} == {
        ("file changed", None),
        ("cell", 42),
    }
    assert document["unchecked"] == ["age: no log was given, so a newer version could exist"]
    assert run(["verify", "train.csv"]) == 4
    assert "row 42" in capsys.readouterr().out


def test_signing_again_counts_up(place: Path, capsys: Said) -> None:
    change(place, '"b-0042"', '"b-9942"')
    assert run(["sign", "train.csv", "--key", "keys/ci.pem", "--log", "log", "--copy", "copy"]) == 0
    assert "version 2" in capsys.readouterr().out
    assert run(["verify", "train.csv", "--log", "log", "--copy", "copy", "--quiet"]) == 0
    assert capsys.readouterr().out == ""
    assert run(["log", "list", "log"]) == 0
    assert capsys.readouterr().out.count("manifest") == 2


def test_a_revoked_key_leaves_with_4(place: Path, capsys: Said) -> None:
    assert run(["key", "revoke", "ci", "--reason", "laptop lost"]) == 0
    assert run(["verify", "train.csv"]) == 4
    assert "laptop lost" in " ".join(capsys.readouterr().out.split())
    assert run(["log", "check", "log"]) == 4
    assert run(["key", "list"]) == 0
    assert "revoked" in capsys.readouterr().out


def test_a_rotated_key_signs_on(place: Path, capsys: Said) -> None:
    assert run(["key", "rotate", "ci"]) == 0
    assert run(["verify", "train.csv"]) == 0
    assert run(["sign", "train.csv", "--key", "keys/ci-2.pem", "--log", "log"]) == 0
    assert run(["verify", "train.csv", "--log", "log"]) == 0
    capsys.readouterr()
    assert run(["key", "rotate", "nobody"]) == 2
    assert "there is no key 'nobody' in the trust file (ci)" in capsys.readouterr().err


def test_a_row_is_verified_alone(place: Path, capsys: Said) -> None:
    capsys.readouterr()
    assert run(["log", "row", "train.csv.intoto.jsonl", "7"]) == 0
    (place / "proof.json").write_text(capsys.readouterr().out)
    lines = (place / "train.csv").read_text().splitlines(keepends=True)
    verify = ["verify", "row.csv", "--proof", "proof.json", "--bundle", "train.csv.intoto.jsonl"]
    (place / "row.csv").write_text(lines[0] + lines[8])
    assert run(verify) == 0
    (place / "row.csv").write_text(lines[0] + lines[9])
    assert run(verify) == 4


def test_a_chain_is_drawn(place: Path, capsys: Said) -> None:
    (place / "clean.py").write_text("print()\n")
    (place / "small.csv").write_text(
        "".join((place / "train.csv").read_text().splitlines(True)[:99])
    )
    made = ["--made-from", "train.csv.intoto.jsonl", "--code", "clean.py"]
    assert run(["sign", "small.csv", "--key", "keys/ci.pem", *made]) == 0
    capsys.readouterr()
    assert run(["verify", "small.csv", "--chain", "."]) == 0
    assert "└─ train.csv, version 1, 400 rows, raw" in capsys.readouterr().out
    assert run(["log", "chain", "small.csv.intoto.jsonl", ".", "--mermaid"]) == 0
    assert capsys.readouterr().out.startswith("flowchart TD\n")
    (place / "train.csv.intoto.jsonl").unlink()
    assert run(["log", "chain", "small.csv.intoto.jsonl", "."]) == 4
    assert run(["sign", "small.csv", "--key", "keys/ci.pem", "--code", "clean.py"]) == 2


def test_entries_are_proven_and_copies_kept(place: Path, capsys: Said) -> None:
    capsys.readouterr()
    assert run(["log", "prove", "log", "0"]) == 0
    assert json.loads(capsys.readouterr().out)["path"] == []
    assert run(["log", "copy", "log", "copy"]) == 0
    assert "nothing new" in capsys.readouterr().out
    assert run(["log", "check", "log", "--copy", "copy"]) == 0
    assert run(["log", "prove", "log", "1"]) == 2


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (["verify", "none.csv"], 2, "no file or folder"),
        (["verify", "train.csv", "--trust", "none.json"], 2, "foretaste key make"),
        (["verify", "train.csv", "--bundle", "none.jsonl"], 2, "sign the data first"),
        (["verify", "train.csv", "--log", "none"], 2, "foretaste log make"),
        (["sign", "train.csv", "--key", "none.pem"], 2, "private key"),
        (["sign", "train.csv", "--key", "keys/ci.pem", "--also", "pdf"], 2, "croissant"),
        (["sign", "train.csv", "--key", "keys/ci.pem", "--tier", "vendor 0"], 2, "NAME=VALUE"),
        (["sign", "train.csv", "--key", "keys/ci.pem", "--tier", "v=none"], 2, "unknown"),
        (["sign", "train.csv", "--key", "keys/ci.pem", "--source-rows", "a=1-2"], 2, "FIRST:STOP"),
        (["key", "make", "ci"], 2, "another key in use"),
        (["key", "make", "../up"], 2, "name of a file"),
        (["key", "make", "x", "--may", "everything"], 2, "source:NAME"),
        (["log", "make", "log", "--key", "keys/ci.pem", "--origin", "x"], 2, "holds a log already"),
    ],
)
def test_mistakes_are_one_line(
    place: Path, capsys: Said, arguments: list[str], code: int, said: str
) -> None:
    before = sorted(path.name for path in place.rglob("*"))
    assert run(arguments) == code
    error = capsys.readouterr().err
    assert said in error
    assert error.count("\n") == 1
    assert sorted(path.name for path in place.rglob("*")) == before
