"""The gate on real files: open, with rows that leave, closed, undecided, invalid."""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
import sys
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest

from foretaste.errors import OutputError, UnreadableDataError, UsageError
from foretaste.gate.attestation import read_record
from foretaste.gate.data_gate import GateResult, gate_data
from foretaste.gate.decision import Outcome
from foretaste.gate.record import GateRecord
from foretaste.gate.settings import load_settings
from foretaste.provenance import (
    load_key,
    load_trust,
    make_manifest,
    read_bundle,
    sign_manifest,
    verify,
    write_bundle,
)
from foretaste.store import Quarantine, open_place

Project = Callable[..., Path]
Lines = Callable[[bool], list[str]]


def run(file: Path) -> GateResult:
    return gate_data(load_settings(file))


def quarantine_of(file: Path) -> Quarantine:
    found = load_settings(file)
    return Quarantine(open_place(found.store.place, found.root))


def test_honest_data_passes_untouched(project: Project, lines: Lines) -> None:
    file = project(poisoned=False)
    result = run(file)
    assert (result.exit_code, result.record.outcome) == (0, Outcome.PASS)
    latest = file.parent / "foretaste-gate" / "latest"
    assert latest.resolve() == result.folder.resolve()
    assert (latest / "clean" / "rows.csv").read_text() == "".join(lines(False))
    assert (file.parent / "rows.csv").read_text() == "".join(lines(False))
    assert quarantine_of(file).entries() == []
    assert sorted(found.name for found in latest.iterdir()) == [
        *("clean", "findings.parquet", "gate.intoto.jsonl", "gate.json", "gate.junit.xml"),
        *("gate.sarif", "report.html", "report.json"),
    ]


def latest_of(file: Path) -> Path:
    return file.parent / "foretaste-gate" / "latest"


def record_of(file: Path) -> GateRecord:
    found = load_settings(file)
    trust = load_trust(found.path(found.gate.trust))
    return read_record(latest_of(file) / "gate.intoto.jsonl", trust, datetime.now(UTC))


def test_planted_rows_leave_and_nothing_else(
    open_gate: Path, lines: Lines, planted: list[int]
) -> None:
    told = lines(True)
    left = [line for row, line in enumerate(told[1:]) if row not in planted]
    assert (latest_of(open_gate) / "clean" / "rows.csv").read_text() == told[0] + "".join(left)
    (entry,) = quarantine_of(open_gate).entries()
    assert [row.row for row in entry.rows] == planted
    record = record_of(open_gate)
    assert (record.entry, record.quarantined) == (entry.id, len(planted))
    assert [check.name for check in record.checks][-1] == "rescan"


@pytest.mark.parametrize(
    ("values", "outcome", "check"),
    [
        ({"max_quarantined": "0.01"}, Outcome.BLOCKED, "budget"),
        ({"max_quarantined_of_class": "0.01"}, Outcome.BLOCKED, "budget"),
    ],
)
def test_the_policy_closes_the_gate(
    project: Project, planted: list[int], values: dict[str, str], outcome: Outcome, check: str
) -> None:
    file = project(poisoned=True, **values)
    result = run(file)
    assert (result.record.outcome, result.exit_code) == (outcome, 1)
    assert [c.name for c in result.record.checks if c.outcome is outcome] == [check]
    assert not (result.folder / "clean").exists()
    assert len(quarantine_of(file).entries()[0].rows) == len(planted)


def test_a_release_lets_rows_pass_and_is_told(project: Project, planted: list[int]) -> None:
    file = project(poisoned=True, confirmed='"block"')
    assert run(file).exit_code == 1
    held = quarantine_of(file)
    (entry,) = held.entries()
    held.release(entry.id, reason="q9 is a new product line", by="ada")
    result = run(file)
    assert (result.exit_code, result.record.quarantined) == (0, 0)
    (finding,) = [f for f in result.decision.findings if f.rule.startswith("scan/")]
    assert f"{len(planted)} rows were released before" in finding.message


def test_what_cannot_be_judged_does_not_pass(project: Project) -> None:
    file = project(poisoned=False)
    few = (file.parent / "rows.csv").read_text().splitlines(keepends=True)[:20]
    (file.parent / "rows.csv").write_text("".join(few))
    result = run(file)
    assert (result.record.outcome, result.exit_code) == (Outcome.INCONCLUSIVE, 3)
    assert not (result.folder / "clean").exists()


def test_an_earlier_pass_does_not_stand_in_for_new_data(project: Project, lines: Lines) -> None:
    file = project(poisoned=False, confirmed='"block"')
    first = run(file)
    (file.parent / "rows.csv").write_text("".join(lines(True)))
    second = run(file)
    latest = file.parent / "foretaste-gate" / "latest"
    assert first.folder != second.folder
    assert latest.resolve() == second.folder.resolve()
    assert not (latest / "clean").exists()


def signed(file: Path) -> Path:
    """Sign the data as it is, and let the settings require that."""
    found = load_settings(file)
    bundle = file.parent / "rows.intoto.jsonl"
    manifest = make_manifest(str(file.parent / "rows.csv"), label="label")
    write_bundle(bundle, [sign_manifest(manifest, load_key(found.path(found.gate.key)))])
    return bundle


def test_provenance_is_verified(project: Project, change: Callable[..., Path]) -> None:
    file = project(poisoned=False)
    bundle = signed(file)
    change(file, bundle=f'"{bundle.name}"', required="true")
    assert run(file).exit_code == 0
    (file.parent / "rows.csv").write_text((file.parent / "rows.csv").read_text().replace("1", "2"))
    result = run(file)
    assert (result.record.outcome, result.exit_code) == (Outcome.INVALID, 4)
    assert any(f.rule.startswith("provenance/") for f in result.decision.findings)
    assert result.report is None
    change(file, bundle='""')
    assert run(file).exit_code == 4


def test_the_record_is_signed_and_says_what_came_out(open_gate: Path) -> None:
    record, folder = record_of(open_gate), latest_of(open_gate)
    (clean,) = record.clean
    content = (folder / "clean" / clean.name).read_bytes()
    assert (clean.size, clean.sha256) == (len(content), hashlib.sha256(content).hexdigest())
    bundle, trust = (
        folder / "gate.intoto.jsonl",
        load_trust(open_gate.parent / "foretaste-trust.json"),
    )
    assert verify(str(folder / "clean" / "rows.csv"), bundle, trust).ok
    types = [envelope.statement().predicate_type for envelope in read_bundle(bundle)]
    assert "https://in-toto.io/attestation/test-result/v0.1" in types
    assert record.separation_of_duties == "none"


def test_sarif_and_junit(closed_gate: Path, planted: list[int]) -> None:
    assert not (latest_of(closed_gate) / "clean").exists()
    document = json.loads((latest_of(closed_gate) / "gate.sarif").read_text())
    (log,) = document["runs"]
    (found,) = [r for r in log["results"] if r["ruleId"] == "scan/backdoor"]
    assert document["version"] == "2.1.0"
    assert log["tool"]["driver"]["rules"][found["ruleIndex"]]["id"] == "scan/backdoor"
    assert found["level"] == "error"
    named = [place["name"] for place in found["locations"][0]["logicalLocations"]]
    assert named == [f"row {row}" for row in planted]
    assert {"id": "NISTAML.023", "toolComponent": {"name": "NIST AI 100-2e2025"}} in found["taxa"]
    assert len(found["partialFingerprints"]["foretaste/v1"]) == 32
    assert log["invocations"][0]["exitCode"] == 1
    suite = ET.parse(latest_of(closed_gate) / "gate.junit.xml").getroot()
    assert (suite.get("failures"), suite.get("errors")) == ("1", "0")


def test_evidence_is_kept_and_rows_are_not_readable_in_it(open_gate: Path) -> None:
    place = quarantine_of(open_gate).place
    assert place.read(f"gates/{record_of(open_gate).run}.intoto.jsonl") is not None
    for name in place.names("objects"):
        content = place.read(name) or b""
        assert hashlib.sha256(content).hexdigest() == name.removeprefix("objects/").replace("/", "")
        assert b"<html" not in content


def test_old_runs_go_and_evidence_stays(project: Project) -> None:
    file = project(poisoned=False, keep="1")
    folders = [run(file).folder for _ in range(2)]
    assert [folder.exists() for folder in folders] == [False, True]
    assert len(quarantine_of(file).place.names("gates")) == 2


def test_bad_data_is_told_by_its_own_name(project: Project) -> None:
    file = project(poisoned=False)
    (file.parent / "rows.csv").write_bytes(b"\x00\x01binary")
    with pytest.raises(UnreadableDataError) as caught:
        run(file)
    assert ".new-" not in str(caught.value)
    assert not (file.parent / "foretaste-gate" / "latest").exists()
    assert list((file.parent / "foretaste-gate" / "runs").iterdir()) == []


def test_no_key_no_gate(project: Project) -> None:
    file = project(poisoned=False)
    (file.parent / ".foretaste" / "gate.pem").unlink()
    with pytest.raises(UsageError, match=r"gate\.pem"):
        run(file)


def test_nobody_could_open_it(project: Project) -> None:
    file = project(poisoned=True, recipients="[]")
    with pytest.raises(UsageError, match="nobody is named who can open"):
        run(file)
    assert not (file.parent / "foretaste-gate" / "latest").exists()


def test_results_may_not_lie_in_the_data(project: Project, change: Callable[..., Path]) -> None:
    file = project(poisoned=False)
    (file.parent / "data").mkdir()
    (file.parent / "rows.csv").rename(file.parent / "data" / "rows.csv")
    change(file, path='"data"', out='"data/gate"')
    with pytest.raises(UsageError, match="lies within the data set"):
        run(file)


_FULL = """
import resource, sys
from foretaste.cli.main import run
resource.setrlimit(resource.RLIMIT_FSIZE, (3000, 3000))
sys.exit(run(["gate", "data", "-q", "--config", sys.argv[1]]))
"""


def test_a_full_disk(project: Project, lines: Lines) -> None:
    file = project(poisoned=True)
    done = subprocess.run(
        [sys.executable, "-c", _FULL, str(file)], capture_output=True, text=True, check=False
    )
    assert done.returncode == 3
    assert done.stderr.startswith("error: cannot copy the data to")
    assert done.stderr.count("\n") == 1
    assert (file.parent / "rows.csv").read_text() == "".join(lines(True))
    assert not (file.parent / "foretaste-gate" / "latest").exists()
    assert run(file).exit_code == 0


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write anywhere")
def test_a_read_only_folder(project: Project) -> None:
    file = project(poisoned=False)
    (file.parent / "foretaste-gate").mkdir(mode=0o500)
    with pytest.raises(OutputError, match="your data is untouched"):
        run(file)


def test_an_out_that_is_a_file(project: Project) -> None:
    file = project(poisoned=False)
    (file.parent / "foretaste-gate").write_text("")
    with pytest.raises(OutputError, match="your data is untouched"):
        run(file)
