"""What the gate asks of others: schema, DVC, buckets; and the command line around it."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from pathlib import Path
from xml.etree import ElementTree as ET

import boto3
import pytest
from moto.server import ThreadedMotoServer

from foretaste.cli.main import run
from foretaste.errors import UnreadableDataError, UsageError
from foretaste.gate.data_gate import gate_data
from foretaste.gate.decision import Check, Decision, Finding, Level, Outcome
from foretaste.gate.dvc import check_dvc, data_of
from foretaste.gate.junit import to_junit
from foretaste.gate.sarif import MAX_RESULTS, to_sarif
from foretaste.gate.settings import load_settings
from foretaste.gate.snapshot import take_snapshot
from foretaste.gate.starting import start

Project = Callable[..., Path]


def test_the_schema_closes_the_gate(project: Project) -> None:
    file = project(poisoned=False, file='"foretaste-schema.yaml"')
    assert gate_data(load_settings(file)).exit_code == 0
    lines = (file.parent / "rows.csv").read_text().splitlines()
    cells = lines[3].split(",")
    lines[3] = ",".join([*cells[:-1], "maybe"])
    (file.parent / "rows.csv").write_text("\n".join(lines) + "\n")
    result = gate_data(load_settings(file))
    assert result.exit_code == 1
    (found,) = [f for f in result.decision.findings if f.rule.startswith("schema/") and f.rows]
    assert (found.part, found.rows) == ("label", (2,))


def test_the_command_line(
    project: Project, planted: list[int], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    told = ["--config", str(project(poisoned=True, confirmed='"block"'))]

    def said(*arguments: str, code: int = 0) -> str:
        capsys.readouterr()
        assert run([*arguments, *told]) == code
        return capsys.readouterr().out

    record = json.loads(said("gate", "data", "--json", code=1))
    assert (record["outcome"], record["quarantined"]) == ("blocked", len(planted))
    entry = record["entry"]
    assert entry in said("quarantine", "list")
    (listed,) = json.loads(said("quarantine", "list", "--json"))
    assert (listed["states"], listed["kinds"]) == ({"held": 16}, {"backdoor": 16})
    rows = tmp_path / "look"
    explained = json.loads(said("quarantine", "explain", entry[:6], "--rows", str(rows), "--json"))
    assert [row["row"] for row in explained["rows"]] == planted
    assert all("q9" in row["why"] or row["why"] for row in explained["rows"])
    assert (rows / "rows.csv").read_text().count("q9") == len(planted)
    said("quarantine", "explain", entry, "--rows", str(rows), code=3)  # never overwritten
    some = f"{planted[0]},{planted[1]}"
    said("quarantine", "release", entry, "--rows", some, "--reason", "seen", "--by", "ada")
    said("quarantine", "release", entry, "--rows", "x", "--reason", "seen", code=2)
    said("quarantine", "release", entry, "--rows", some, "--reason", "seen", code=2)
    said("quarantine", "purge", entry, "--reason", "a request", "--yes")
    assert "14 purged" in said("quarantine", "list")
    text = said("quarantine", "explain", entry)
    assert "by ada: seen" in text
    assert "a request" in text
    said("quarantine", "explain", "nothing", code=2)


def test_init_overwrites_nothing(project: Project) -> None:
    file = project(poisoned=False)
    with pytest.raises(UsageError, match="is there already"):
        start(str(file.parent / "rows.csv"), file.parent, {})
    key = (file.parent / ".foretaste" / "gate.pem").read_bytes()
    file.unlink()
    start(str(file.parent / "rows.csv"), file.parent, {})
    assert (file.parent / ".foretaste" / "gate.pem").read_bytes() == key
    assert (file.parent / ".foretaste" / ".gitignore").read_text() == "*\n"


@pytest.mark.parametrize("name", ['a"b', "a\\b", "a\nb", "ü", "a]\n[gate]\nkeep = 9"])
def test_init_writes_any_name(tmp_path: Path, name: str) -> None:
    rows = [json.dumps({"x": i, name: "uv"[i % 2]}) for i in range(60)]
    (tmp_path / "rows.jsonl").write_text("\n".join(rows))
    found = start(str(tmp_path / "rows.jsonl"), tmp_path, {"label": name})
    assert load_settings(found.settings).data.label == name
    assert load_settings(found.settings).gate.keep == 3


def dvc_file(data: Path, *, change: str = "") -> Path:
    """What `dvc add` writes: an MD5 of the file, or of a sorted listing of the folder."""
    if data.is_dir():
        files = sorted(file for file in data.rglob("*") if file.is_file())
        listing = [
            {
                "md5": hashlib.md5(file.read_bytes(), usedforsecurity=False).hexdigest(),
                "relpath": file.relative_to(data).as_posix(),
            }
            for file in files
        ]
        content, end = json.dumps(listing, sort_keys=True).encode(), ".dir"
    else:
        content, end = data.read_bytes(), ""
    digest = hashlib.md5(content + change.encode(), usedforsecurity=False).hexdigest() + end
    target = data.with_name(data.name + ".dvc")
    target.write_text(f"outs:\n- md5: {digest}\n  size: 3\n  hash: md5\n  path: {data.name}\n")
    return target


@pytest.mark.parametrize("folder", [False, True])
def test_dvc(tmp_path: Path, folder: bool) -> None:
    data = tmp_path / ("data" if folder else "rows.csv")
    if folder:
        (data / "deep").mkdir(parents=True)
        (data / "deep" / "a.csv").write_text("x,label\n1,u\n")
        (data / "b.csv").write_text("x,label\n2,v\n")
    else:
        data.write_text("x,label\n1,u\n")
    file = dvc_file(data)
    assert data_of(file) == data
    snapshot = take_snapshot(str(data), tmp_path / "copy")
    assert check_dvc(file, snapshot) == []
    (found,) = check_dvc(dvc_file(data, change="!"), snapshot)
    assert (found.rule, found.level, found.part) == ("provenance/dvc", Level.ERROR, data.name)


def test_dvc_in_the_gate(project: Project, change: Callable[..., Path]) -> None:
    file = project(poisoned=False)
    dvc_file(file.parent / "rows.csv", change="altered")
    change(file, path='"rows.csv.dvc"')
    result = gate_data(load_settings(file))
    assert (result.record.outcome, result.exit_code) == (Outcome.INVALID, 4)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "outs: 3",
        "outs: []",
        "outs:\n- path: x\n",
        "outs:\n- md5: zz\n  path: x\n",
        f"outs:\n- md5: {'0' * 32}\n  path: ../../etc/passwd\n",
        f"outs:\n- md5: {'0' * 32}\n  path: /etc/passwd\n",
        "outs: !!python/object/apply:os.system [id]",
        "a: &a [1]\nb: *a\nouts: []",
        "a: " + "[" * 3000,
        "\x00",
        "x" * 1_000_001,
    ],
)
def test_dvc_files_that_are_none(tmp_path: Path, text: str) -> None:
    (tmp_path / "x.dvc").write_text(text)
    with pytest.raises(UnreadableDataError):
        data_of(tmp_path / "x.dvc")


def test_a_store_in_a_bucket(
    project: Project, planted: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    file = project(poisoned=True, place='"s3://evidence-of-gates/gate"')
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    for name, value in {
        "AWS_ENDPOINT_URL": f"http://{host}:{port}",
        "AWS_ACCESS_KEY_ID": "test",
        "AWS_SECRET_ACCESS_KEY": "test",
        "AWS_REGION": "us-east-1",
        "AWS_DEFAULT_REGION": "us-east-1",
    }.items():
        monkeypatch.setenv(name, value)
    with pytest.raises(UnreadableDataError, match="nothing was lost"):  # no bucket yet
        gate_data(load_settings(file))
    assert not (file.parent / "foretaste-gate" / "latest").exists()
    boto3.client("s3").create_bucket(Bucket="evidence-of-gates")
    result = gate_data(load_settings(file))
    assert (result.exit_code, result.record.quarantined) == (0, len(planted))
    listed = boto3.client("s3").list_objects_v2(Bucket="evidence-of-gates")["Contents"]
    names = [entry["Key"] for entry in listed]
    assert f"gate/quarantine/{result.record.entry}/entry.json" in names
    server.stop()


HOSTILE = Finding(
    "scan/backdoor", Level.ERROR, "\x1b[31m<b>\ud800&]]>\x00", "a\x07", anchor="\udfff"
)


def test_hostile_cells_stay_text() -> None:
    decision = Decision((Check("scan", Outcome.BLOCKED, "\x00<x>\ud800", (HOSTILE,)),))
    document = json.loads(to_sarif(decision, "a b\x00?#ü.csv"))
    result = document["runs"][0]["results"][0]
    assert not set(result["message"]["text"]) & {"\x1b", "\x00"}
    (place,) = result["locations"]
    assert place["physicalLocation"]["artifactLocation"]["uri"] == "a%20b%00%3F%23%C3%BC.csv"
    assert ET.fromstring(to_junit(decision, "\x00")).get("failures") == "1"


def test_sarif_is_bounded() -> None:
    findings = tuple(Finding("schema/range", Level.NOTE, "m", str(i)) for i in range(1500))
    (log,) = json.loads(to_sarif(Decision((Check("schema", Outcome.PASS, "s", findings),)), "x"))[
        "runs"
    ]
    assert len(log["results"]) == MAX_RESULTS
    assert len({r["partialFingerprints"]["foretaste/v1"] for r in log["results"]}) == MAX_RESULTS
    assert "500 more" in log["invocations"][0]["toolExecutionNotifications"][-1]["message"]["text"]
