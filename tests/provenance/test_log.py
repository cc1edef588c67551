"""The log: grows, proves, survives kills; rewritten, cut and replayed logs are named."""

from __future__ import annotations

import datetime as dt
import os
import shutil
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest
from tests.provenance.signed_data import NOW, new_key, trusted

from foretaste.errors import InvalidProvenanceError, UsageError
from foretaste.provenance import (
    Log,
    LogEntry,
    SigningKey,
    Trust,
    append,
    check_log,
    copy_log,
    make_log,
    open_log,
)
from foretaste.provenance.log_copies import read_copies
from foretaste.provenance.merkle import leaf_hash, leaf_hashes, root
from foretaste.provenance.note import Checkpoint, Note, sign_checkpoint
from foretaste.provenance.tiles import pack

SIZES = (1, 2, 255, 256, 257, 600)


def entry(number: int) -> LogEntry:
    return LogEntry("manifest", "train", number + 1, f"{number:064x}", NOW)


@pytest.fixture
def key() -> SigningKey:
    return new_key()


@pytest.fixture
def trust(key: SigningKey) -> Trust:
    return Trust((trusted(key),))


def grown(folder: Path, key: SigningKey, trust: Trust, *sizes: int) -> Log:
    log = make_log(folder, "example.org/data", key)
    for size in sizes:
        log = append(folder, [entry(n) for n in range(log.size, size)], key, trust)
    return log


def told(log: Log, trust: Trust, *copies: Path) -> list[str]:
    return [change.sentence for change in check_log(log, trust, copies, at=NOW)]


def forge(log: Log, key: SigningKey, number: int) -> Log:
    """What somebody with the folder and the key can do: write all of it anew, with a lie."""
    entries = [e.to_bytes() for e in log.entries()]
    entries[number] = replace(entry(number), sha256="f" * 64).to_bytes()
    shutil.rmtree(log.folder / "tile")
    log.tiles.append(0, entries)
    point = Checkpoint(log.checkpoint.origin, len(entries), root(leaf_hashes(entries)))
    (log.folder / "checkpoint").write_bytes(sign_checkpoint(point, key).to_bytes())
    return open_log(log.folder)


def test_a_log_gives_back_what_was_appended_in_any_steps(
    tmp_path: Path, key: SigningKey, trust: Trust
) -> None:
    log = grown(tmp_path, key, trust, *SIZES)
    assert list(log.entries()) == [entry(number) for number in range(600)]
    assert log.checkpoint.root == root(leaf_hashes([e.to_bytes() for e in log.entries()]))
    assert told(log, trust) == []
    assert log.newest("manifest", "train") == entry(599)


def test_every_size_goes_on_from_every_smaller_one(
    tmp_path: Path, key: SigningKey, trust: Trust
) -> None:
    points = [make_log(tmp_path, "x", key).checkpoint]
    for size in (1, 3, 7, 255, 256, 260, 513):
        held = [entry(number) for number in range(points[-1].size, size)]
        log = append(tmp_path, held, key, trust)
        assert all(log.goes_on_from(older) for older in points)
        points.append(log.checkpoint)
    assert not log.goes_on_from(replace(points[3], root=bytes(32)))


def test_an_entry_is_proven_with_the_checkpoint_alone(
    tmp_path: Path, key: SigningKey, trust: Trust
) -> None:
    log = grown(tmp_path, key, trust, 300)
    for index in (0, 255, 256, 299):
        proof = log.prove(index)
        assert proof.holds(log.checkpoint)
        assert not replace(proof, index=(index + 1) % 300).holds(log.checkpoint)
        assert not replace(proof, entry=b"{}").holds(log.checkpoint)


def test_files_are_laid_out_as_tlog_tiles_says(
    tmp_path: Path, key: SigningKey, trust: Trust
) -> None:
    log = grown(tmp_path, key, trust, 300)
    files = {str(path.relative_to(tmp_path)) for path in tmp_path.rglob("*") if path.is_file()}
    assert files - {".lock"} == {
        "checkpoint",
        "tile/entries/000",
        "tile/entries/001.p/44",
        "tile/0/000",
        "tile/0/001.p/44",
        "tile/1/000.p/1",
    }
    first = (tmp_path / "tile/0/000").read_bytes()
    assert first[:32] == leaf_hash(entry(0).to_bytes())
    lines = log.note.to_bytes().decode().split("\n")
    assert lines[:2] == ["example.org/data", "300"]
    assert lines[4].startswith("— example.org/data ")


def test_a_rewritten_entry_is_named(tmp_path: Path, key: SigningKey, trust: Trust) -> None:
    log = grown(tmp_path, key, trust, 40)
    entries = [e.to_bytes() for e in log.entries()]
    entries[17] = replace(entry(17), sha256="f" * 64).to_bytes()
    (tmp_path / "tile/entries/000.p/40").write_bytes(pack(entries))
    assert told(log, trust) == ["entry 17 of the log was rewritten"]


def test_rewritten_hashes_are_named(tmp_path: Path, key: SigningKey, trust: Trust) -> None:
    log = grown(tmp_path, key, trust, 40)
    path = tmp_path / "tile/0/000.p/40"
    path.write_bytes(bytes(32) + path.read_bytes()[32:])
    assert told(log, trust) == ["entry 0 of the log was rewritten"]
    with pytest.raises(InvalidProvenanceError, match="nothing is appended"):
        append(tmp_path, [entry(40)], key, trust)


def test_a_checkpoint_of_another_key_does_not_count(
    tmp_path: Path, key: SigningKey, trust: Trust
) -> None:
    log = grown(tmp_path, key, trust, 3)
    (tmp_path / "checkpoint").write_bytes(sign_checkpoint(log.checkpoint, new_key()).to_bytes())
    (said,) = told(open_log(tmp_path), trust)
    assert "no key of the trust file has signed the checkpoint" in said
    with pytest.raises(InvalidProvenanceError, match="nothing is appended"):
        append(tmp_path, [entry(3)], key, trust)


def test_a_revoked_key_signs_no_checkpoint(tmp_path: Path, key: SigningKey, trust: Trust) -> None:
    log = grown(tmp_path, key, trust, 3)
    (said,) = told(log, trust.revoke("ci", NOW, "laptop lost"))
    assert said.endswith("key 'ci' was revoked on 2026-05-01T12:00:00Z (laptop lost)")


def test_an_older_checkpoint_put_back_is_a_truncation(
    tmp_path: Path, key: SigningKey, trust: Trust
) -> None:
    log = grown(tmp_path / "log", key, trust, 5)
    old = (tmp_path / "log/checkpoint").read_bytes()
    log = append(tmp_path / "log", [entry(5), entry(6)], key, trust)
    copy_log(log, tmp_path / "copy")
    (tmp_path / "log/checkpoint").write_bytes(old)
    cut = open_log(tmp_path / "log")
    assert told(cut, trust) == []  # alone, it looks like a younger log
    (said,) = told(cut, trust, tmp_path / "copy")
    assert said.startswith("the log was truncated: it has 5 entries, the copy in")
    with pytest.raises(InvalidProvenanceError, match="does not go on from its copy of 7"):
        copy_log(cut, tmp_path / "copy")


def test_cut_entries_are_named(tmp_path: Path, key: SigningKey, trust: Trust) -> None:
    log = grown(tmp_path, key, trust, 300)
    shutil.rmtree(tmp_path / "tile/entries/001.p")
    assert [said.split(" (")[0] for said in told(log, trust)] == [
        "the log was cut: entries 256 to 299 cannot be read"
    ]


def test_a_log_rewritten_with_its_key_is_seen_by_its_copy(
    tmp_path: Path, key: SigningKey, trust: Trust
) -> None:
    log = grown(tmp_path / "log", key, trust, 30)
    copy_log(log, tmp_path / "copy")
    log = append(tmp_path / "log", [entry(30)], key, trust)
    forged = forge(log, key, 12)
    assert told(forged, trust) == []
    assert told(forged, trust, tmp_path / "copy") == [
        f"entry 12 of the log was rewritten: the copy in {tmp_path / 'copy'} differs"
    ]


def test_copies_are_only_ever_created(tmp_path: Path, key: SigningKey, trust: Trust) -> None:
    log = grown(tmp_path / "log", key, trust, 3)
    assert copy_log(log, tmp_path / "copy")
    before = {path: path.stat().st_mtime_ns for path in (tmp_path / "copy/log").iterdir()}
    assert not copy_log(log, tmp_path / "copy")
    log = append(tmp_path / "log", [entry(3), entry(4)], key, trust)
    assert copy_log(log, tmp_path / "copy")
    assert (
        before.items()
        <= {p: p.stat().st_mtime_ns for p in (tmp_path / "copy/log").iterdir()}.items()
    )
    assert [part.start for part in read_copies(tmp_path / "copy")] == [0, 3]
    assert told(log, trust, tmp_path / "copy") == []


def test_a_damaged_copy_is_said(tmp_path: Path, key: SigningKey, trust: Trust) -> None:
    log = grown(tmp_path / "log", key, trust, 3)
    copy_log(log, tmp_path / "copy")
    (tmp_path / "copy/log/000000000003.entries").write_bytes(pack([b"{}"]))
    assert "the copy is damaged or was changed" in told(log, trust, tmp_path / "copy")[0]
    assert told(log, trust, tmp_path / "none") == [
        f"there is no copy of the log in {tmp_path / 'none'}"
    ]


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        (b"", "no signatures"),
        (b"x\n1\nAA==\n\n\xe2\x80\x94 x AAAAAAAA\n", "root of 32 bytes"),
        (b"x\n01\nAA==\n\n\xe2\x80\x94 x AAAAAAAA\n", "number of entries"),
        (b"x\n-1\nAA==\n\n\xe2\x80\x94 x AAAAAAAA\n", "number of entries"),
        (b"x\n1\nAA=\n\n\xe2\x80\x94 x AAAAAAAA\n", "broken base64"),
        (b"x\n1\nAA==\n\n- x AAAAAAAA\n", "signature line"),
        (b"x\x00\n1\n\n\n", "control characters"),
        (b"\xff\n", "not UTF-8"),
    ],
)
def test_malformed_checkpoints_are_one_clear_error(
    tmp_path: Path, content: bytes, problem: str
) -> None:
    (tmp_path / "checkpoint").write_bytes(content)
    with pytest.raises(InvalidProvenanceError, match=problem):
        open_log(tmp_path)


def test_a_note_reads_back_as_it_was_written(key: SigningKey) -> None:
    note = sign_checkpoint(Checkpoint("x", 1, bytes(32)), key)
    assert Note.from_bytes(note.to_bytes(), "note") == note


def test_a_log_is_begun_once(tmp_path: Path, key: SigningKey) -> None:
    make_log(tmp_path, "x", key)
    with pytest.raises(UsageError, match="holds a log already"):
        make_log(tmp_path, "x", key)
    with pytest.raises(UsageError, match="without spaces"):
        make_log(tmp_path / "other", "a b", key)


KILLED = """
import os, random, select, signal, sys, time
from pathlib import Path
from tests.provenance.signed_data import NOW, new_key, trusted
from tests.provenance.test_log import entry
from foretaste.provenance import Trust, append, check_log, make_log, open_log

folder, seed = Path(sys.argv[1]), int(sys.argv[2])
key, rng = new_key(), random.Random(seed)
trust = Trust((trusted(key),))
make_log(folder, "x", key)
start = time.monotonic()
for n in range(4):
    append(folder, [entry(n)], key, trust)
lasts = (time.monotonic() - start) / 4  # seconds an append takes here and now
for kill in range(60):
    told, tell = os.pipe()
    child = os.fork()
    if child == 0:
        size = open_log(folder).size
        os.write(tell, size.to_bytes(8))
        while True:
            step = 1 + size % 5
            size = append(folder, [entry(size + n) for n in range(step)], key, trust).size
            os.write(tell, size.to_bytes(8))
    said = os.read(told, 8)  # it has begun
    time.sleep(rng.uniform(0.0, 3 * lasts))
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)
    os.close(tell)
    while part := os.read(told, 65536):
        said += part
    os.close(told)
    acknowledged = int.from_bytes(said[-8:])
    log = open_log(folder)
    assert log.size >= acknowledged, (log.size, acknowledged)
    assert check_log(log, trust, at=NOW) == (), kill
    assert [e.version for e in log.entries()] == list(range(1, log.size + 1))
log = append(folder, [entry(log.size)], key, trust)
assert check_log(log, trust, at=NOW) == ()
left = [path for path in folder.rglob(".*.part")]
print(log.size, len(left))
"""


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs SIGKILL and fork")
def test_sixty_kills_lose_nothing(tmp_path: Path) -> None:
    """Killed at random moments; what was acknowledged stays, what was half done is not there."""
    done = subprocess.run(
        [sys.executable, "-c", KILLED, str(tmp_path / "log"), "1"],
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )
    assert done.returncode == 0, done.stderr
    size, left = map(int, done.stdout.split())
    assert size > 20  # most of them had appended something
    assert left <= 3  # what was written aside is swept by the next append


def test_times_are_whole_seconds() -> None:
    odd = replace(entry(0), time=dt.datetime(2026, 1, 1, 1, 2, 3, 400, tzinfo=dt.UTC))
    assert LogEntry.from_bytes(odd.to_bytes(), "entry").time.microsecond == 0
