"""Training loads what passed, or nothing: swaps, replays and forgeries at every moment."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

import foretaste
from foretaste.cli.main import run
from foretaste.errors import (
    BlockedError,
    ForetasteError,
    InvalidProvenanceError,
    UsageError,
)
from foretaste.gate.attestation import read_record, sign_record
from foretaste.gate.decision import Outcome
from foretaste.gate.guarding import require_gate
from foretaste.gate.settings import load_settings
from foretaste.provenance import load_key, load_trust, make_key, save_trust, write_bundle

Change = Callable[..., Path]


@pytest.fixture
def passed(open_gate: Path, tmp_path: Path) -> Path:
    """A copy of a project whose gate is open."""
    shutil.copytree(open_gate.parent, tmp_path / "project", symlinks=True)
    return tmp_path / "project" / "foretaste.toml"


def clean(file: Path) -> Path:
    return file.parent / "foretaste-gate" / "latest" / "clean" / "rows.csv"


def load(file: Path) -> bytes:
    with foretaste.guard("train", config=file) as vetted:
        return vetted.read()


def test_what_passed_is_handed_over(passed: Path, planted: list[int]) -> None:
    with foretaste.guard("train", config=passed) as vetted:
        assert vetted.files == ("rows.csv",)
        with vetted.open("rows.csv") as file:
            assert file.read() == vetted.read() == clean(passed).read_bytes()
        assert len(vetted.dataset()) == 240 - len(planted)
        assert vetted.dataset().roles.label == "label"
        folder = vetted.folder
        assert folder.stat().st_mode & 0o077 == 0
        with pytest.raises(UsageError, match="not part of what passed"):
            vetted.open("../foretaste.toml")
    assert not folder.exists()


def test_a_file_replaced_after_the_gate_is_named(passed: Path) -> None:
    target = clean(passed)
    target.chmod(0o600)
    content = target.read_bytes()
    target.write_bytes(content.replace(b"yes", b"no ", 1))
    with pytest.raises(
        InvalidProvenanceError, match=r"train: rows\.csv is not the file that passed"
    ):
        load(passed)
    assert run(["verify", "--require", "gate.data", "--config", str(passed)]) == 4


def test_a_file_replaced_while_training_is_not_read(passed: Path) -> None:
    before = clean(passed).read_bytes()
    with foretaste.guard("train", config=passed) as vetted:
        clean(passed).unlink()
        clean(passed).write_text("u,v,w,code,label\n1,1,1,q9,yes\n")
        assert vetted.read() == vetted.path.read_bytes() == before


def test_a_link_instead_of_the_file(passed: Path, tmp_path: Path) -> None:
    other = tmp_path / "other.csv"
    other.write_text("u,label\n1,yes\n")
    clean(passed).unlink()
    clean(passed).symlink_to(other)
    with pytest.raises(InvalidProvenanceError, match="is not the file that passed"):
        load(passed)


def test_a_pipe_instead_of_the_file_does_not_hang(passed: Path) -> None:
    clean(passed).unlink()
    os.mkfifo(clean(passed))
    with pytest.raises(InvalidProvenanceError, match="not a regular file"):
        load(passed)


def test_a_file_that_is_gone(passed: Path) -> None:
    clean(passed).unlink()
    with pytest.raises(InvalidProvenanceError, match="passed the gate and"):
        load(passed)


def test_a_file_that_nobody_vetted_is_not_loaded(passed: Path) -> None:
    (clean(passed).parent / "more.csv").write_text("u,label\n")
    with foretaste.guard("train", config=passed) as vetted:
        assert vetted.files == ("rows.csv",)
        assert [found.name for found in vetted.folder.iterdir()] == ["rows.csv"]


@pytest.mark.parametrize("part", ["outcome", "sha256", "payload"])
def test_an_altered_record_does_not_count(passed: Path, part: str) -> None:
    bundle = clean(passed).parents[1] / "gate.intoto.jsonl"
    lines = [json.loads(line) for line in bundle.read_bytes().splitlines()]
    payload = lines[0]["payload"]
    at = {"outcome": 40, "sha256": 200, "payload": len(payload) // 2}[part]
    lines[0]["payload"] = payload[:at] + ("A" if payload[at] != "A" else "B") + payload[at + 1 :]
    bundle.write_text("\n".join(map(json.dumps, lines)) + "\n")
    with pytest.raises(InvalidProvenanceError):
        load(passed)


def test_a_record_signed_by_another_key_does_not_count(passed: Path, tmp_path: Path) -> None:
    bundle = clean(passed).parents[1] / "gate.intoto.jsonl"
    trust = load_trust(passed.parent / "foretaste-trust.json")
    record = read_record(bundle, trust, datetime.now(UTC))
    write_bundle(bundle, sign_record(record, make_key(tmp_path / "other.pem")))
    with pytest.raises(InvalidProvenanceError, match="signature of the gate does not count"):
        load(passed)


def test_a_key_that_may_not_sign_gates_does_not_count(passed: Path) -> None:
    file = passed.parent / "foretaste-trust.json"
    trust = load_trust(file)
    save_trust(file, replace(trust, keys=tuple(replace(k, uses=("data",)) for k in trust.keys)))
    with pytest.raises(InvalidProvenanceError, match="may sign data, not gate"):
        load(passed)


def test_a_revoked_key_does_not_count(passed: Path) -> None:
    file = passed.parent / "foretaste-trust.json"
    trust = load_trust(file)
    save_trust(file, trust.revoke(trust.keys[0].name, datetime.now(UTC), "laptop lost"))
    with pytest.raises(InvalidProvenanceError, match="laptop lost"):
        load(passed)


def test_a_name_that_leads_out_is_refused(passed: Path) -> None:
    settings = load_settings(passed)
    bundle = clean(passed).parents[1] / "gate.intoto.jsonl"
    record = read_record(bundle, load_trust(settings.path(settings.gate.trust)), datetime.now(UTC))
    for name in ("../../../rows.csv", "/etc/hostname", "a/../../b", "a\\b"):
        moved = replace(record, clean=(replace(record.clean[0], name=name),))
        write_bundle(bundle, sign_record(moved, load_key(settings.path(settings.gate.key))))
        with pytest.raises(ForetasteError, match=r"leads out of the folder|name"):
            load(passed)


def test_new_input_asks_for_a_new_gate(passed: Path) -> None:
    rows = passed.parent / "rows.csv"
    rows.write_text(rows.read_text() + "1,1,1,a,yes\n")
    with pytest.raises(InvalidProvenanceError, match=r"rows\.csv was changed since the gate"):
        load(passed)


def test_other_settings_ask_for_a_new_gate(passed: Path, change: Change) -> None:
    change(passed, rescan="false")
    with pytest.raises(InvalidProvenanceError, match="by other settings"):
        load(passed)


def test_an_old_pass_does_not_count(passed: Path) -> None:
    assert require_gate(passed).record.outcome is Outcome.PASS
    for days in (31, -1):
        with pytest.raises(InvalidProvenanceError, match="counts for 30 days"):
            require_gate(passed, at=datetime.now(UTC) + timedelta(days=days))


def test_a_closed_gate_stops_training(closed_gate: Path) -> None:
    with pytest.raises(BlockedError, match=r"train: the gate .* says blocked"):
        load(closed_gate)
    assert run(["verify", "--require", "gate.data", "--config", str(closed_gate)]) == 1


def test_without_a_gate_there_is_no_training(project: Callable[..., Path]) -> None:
    file = project(poisoned=False)
    with pytest.raises(InvalidProvenanceError, match="no gate has decided"):
        load(file)


def test_an_unknown_gate(passed: Path) -> None:
    with (
        pytest.raises(UsageError, match=r"one of gate\.data"),
        foretaste.guard("train", require="gate.dta", config=passed),
    ):
        pass
