"""SIGKILL at random moments: nothing lost, nothing half-written, and a rerun completes.

Real processes are killed by the kernel. FORETASTE_KILLS says how often the gate is killed: few
times in every test run, as each costs a scan, and as often as you like by hand.
"""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from random import Random

import pytest

from foretaste.gate.attestation import read_record
from foretaste.gate.cut import unpack
from foretaste.gate.data_gate import gate_data
from foretaste.gate.settings import load_settings
from foretaste.gate.snapshot import digest_of_file
from foretaste.provenance import load_trust
from foretaste.store import Quarantine, open_place
from foretaste.store.sealing import make_key, recipient_of

KILLS = int(os.environ.get("FORETASTE_KILLS", "6"))

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="needs processes that fork")

# Imports once and forks for each task: most of a short life would otherwise be imports.
_FORKING = """
import os, signal, sys, time
{imports}
print("ready", flush=True)
for line in sys.stdin:
    seconds, argument = line.rstrip("\\n").split(" ", 1)
    child = os.fork()
    if child == 0:
        try:
            {act}
        finally:
            os._exit(0)
    end = time.monotonic() + float(seconds)
    done = 0
    while not done and time.monotonic() < end:
        done, _ = os.waitpid(child, os.WNOHANG)
        time.sleep(0.0005)
    if not done:
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)
    print("finished" if done else "killed", flush=True)
"""


@contextmanager
def forking(imports: str, act: str) -> Iterator[Callable[[float, str], bool]]:
    """Run the act on an argument in a process of its own; True if it was killed after a time."""
    code = _FORKING.format(imports=imports, act=act)
    with subprocess.Popen(
        [sys.executable, "-c", code], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        told, said = process.stdin, process.stdout
        assert said.readline() == "ready\n"

        def run(seconds: float, argument: str) -> bool:
            told.write(f"{seconds} {argument}\n")
            told.flush()
            answer = said.readline().strip()
            assert answer in {"killed", "finished"}
            return answer == "killed"

        yield run
        told.close()


def check_gate(file: Path, rows: bytes, planted: list[int]) -> None:
    """All that may never be untrue, at whatever moment a gate was killed."""
    folder, settings = file.parent, load_settings(file)
    assert (folder / "rows.csv").read_bytes() == rows
    runs, latest = folder / "foretaste-gate" / "runs", folder / "foretaste-gate" / "latest"
    trust = load_trust(settings.path(settings.gate.trust))
    named = [run for run in runs.iterdir() if not run.name.startswith(".")] if runs.exists() else []
    if latest.is_symlink():
        assert latest.resolve() in [run.resolve() for run in named]
    held = {entry.id: entry for entry in quarantine_of(file).entries()}
    for run in named:  # whole, signed, and with every row either here or in quarantine
        record = read_record(run / "gate.intoto.jsonl", trust, datetime.now(UTC))
        for clean in record.clean:
            assert digest_of_file(run / "clean" / clean.name, clean.name) == clean
        assert [row.row for row in held[record.entry].rows] == planted
    for entry in held.values():
        content = quarantine_of(file).rows(entry.id, settings.path(settings.quarantine.key))
        lines = rows.splitlines(keepends=True)
        expected = lines[0] + b"".join(lines[1 + row.row] for row in entry.rows)
        assert unpack(content) == [("rows.csv", expected)]


def quarantine_of(file: Path) -> Quarantine:
    settings = load_settings(file)
    return Quarantine(open_place(settings.store.place, settings.root))


def test_the_gate_is_killed(project: Callable[..., Path], planted: list[int]) -> None:
    file, random = project(poisoned=True), Random(0)
    rows = (file.parent / "rows.csv").read_bytes()
    imports = (
        "from foretaste.gate.data_gate import gate_data\n"
        "from foretaste.gate.settings import load_settings"
    )
    with forking(imports, "gate_data(load_settings(argument))") as run:
        start = time.monotonic()
        assert not run(600.0, str(file))
        whole = time.monotonic() - start
        killed = 0
        while killed < KILLS:
            # half of the moments fall where files are written, near the end
            early = random.random() < 0.5
            share = random.uniform(0.0, 1.0) if early else random.uniform(0.75, 1.05)
            killed += run(share * whole, str(file))
            check_gate(file, rows, planted)
    result = gate_data(load_settings(file))
    assert result.exit_code == 0
    check_gate(file, rows, planted)
    left = quarantine_of(file).place
    assert left.names("intents") == []
    assert len(quarantine_of(file).entries()) == 1
    runs = file.parent / "foretaste-gate" / "runs"
    assert not [run for run in runs.iterdir() if run.name.startswith(".")]


_MOVES = """
quarantine = Quarantine(open_place(argument))
number = os.getpid()
rows = tuple(HeldRow(row, f"{row:064x}", "backdoor", "confirmed", "g1") for row in (1, 2, 3))
for turn in range(3):
    digest = f"{number * 10 + turn:064x}"
    parcel = Parcel("data", digest, rows, digest.encode() * 500, b"why " + digest.encode())
    entry = quarantine.admit(parcel, Seal((RECIPIENT,)))
    quarantine.release(entry.id, reason="first is fine", by="ada", rows=[1])
    if turn == 1:
        quarantine.purge(entry.id, reason="request", by="ada")
"""


def test_the_quarantine_is_killed(tmp_path: Path) -> None:
    key, random = tmp_path / "quarantine.key", Random(1)
    make_key(key)
    imports = (
        "from foretaste.store import HeldRow, Parcel, Quarantine, open_place\n"
        f"from foretaste.store.sealing import Seal\nRECIPIENT = {recipient_of(key)!r}\n"
        f"MOVES = compile({_MOVES!r}, 'moves', 'exec')"
    )
    store = str(tmp_path / "store")
    seen: set[str] = set()
    with forking(imports, "exec(MOVES)") as run:
        start = time.monotonic()
        assert not run(60.0, store)
        whole, killed = time.monotonic() - start, 0
        while killed < 50:
            killed += run(random.uniform(0.0, whole), store)
            seen = check_quarantine(store, key, seen)
    quarantine = Quarantine(open_place(store))
    purged = sum(len(quarantine.events(entry.id)) == 2 for entry in quarantine.entries())
    assert len(quarantine.place.names("objects")) == 2 * len(quarantine.entries()) - purged


def check_quarantine(store: str, key: Path, seen: set[str]) -> set[str]:
    """Every entry is whole and none that was there is gone, once what was begun is settled."""
    quarantine = Quarantine(open_place(store))
    quarantine.recover()  # as every command does first
    assert quarantine.place.names("intents") == []
    entries = quarantine.entries()
    names = {entry.id for entry in entries}
    assert seen <= names
    for entry in entries:
        assert quarantine.findings(entry.id, key) == b"why " + entry.digest.encode()
        if len(quarantine.events(entry.id)) < 2:
            assert quarantine.rows(entry.id, key) == entry.digest.encode() * 500
    return names


_ADMIT = """
import sys
from foretaste.store import HeldRow, Parcel, Quarantine, open_place
from foretaste.store.sealing import Seal
rows = (HeldRow(1, "ab" * 32, "backdoor", "confirmed", "g1"),)
parcel = Parcel("data", "cd" * 32, rows, b"rows", b"why")
sys.stdin.read()
print(Quarantine(open_place(sys.argv[1])).admit(parcel, Seal((sys.argv[2],))).id)
"""


def test_several_at_once(tmp_path: Path) -> None:
    """Processes that take in the same rows at the same time take them in once."""
    key, store = tmp_path / "quarantine.key", str(tmp_path / "store")
    make_key(key)
    command = [sys.executable, "-c", _ADMIT, store, recipient_of(key)]
    children = [
        subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        for _ in range(3)
    ]
    for child in children:
        assert child.stdin is not None
        child.stdin.close()  # all are let go together
    names = set()
    for child in children:
        assert child.stdout is not None
        names.add(child.stdout.read().strip())
        child.stdout.close()
        assert child.wait() == 0
    quarantine = Quarantine(open_place(store))
    assert [entry.id for entry in quarantine.entries()] == list(names)
    assert quarantine.rows(names.pop(), key) == b"rows"
    assert len(quarantine.place.names("objects")) == 2
