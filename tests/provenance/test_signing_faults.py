"""Signing that is killed, or that meets a full disk, leaves what was there."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork and resource limits")

KILLED = """
import os, random, signal, sys, time
from pathlib import Path
import pyarrow.csv
from tests.provenance.signed_data import new_key, toy_table, trusted
from foretaste.provenance import Trust, check_log, find_manifest, make_log, open_log
from foretaste.provenance import read_bundle, read_manifest, verify
from foretaste.provenance.signing import LogPlace, sign_data

folder, rng, key = Path(sys.argv[1]), random.Random(3), new_key()
data, trust = folder / "train.csv", Trust((trusted(key),))
bundle = folder / "train.csv.intoto.jsonl"
make_log(folder / "log", "x", key)
place = LogPlace(folder / "log", trust, [folder / "copy"])

def sign(rows):
    pyarrow.csv.write_csv(toy_table().slice(0, rows), folder / ".next")
    os.replace(folder / ".next", data)
    return sign_data(data, key, log=place).manifest.version

sign(30)
start = time.monotonic()
sign(30)
lasts = time.monotonic() - start
for kill in range(50):
    told, tell = os.pipe()
    child = os.fork()
    if child == 0:
        os.write(tell, b"x")
        while True:
            sign(31 + kill)
    os.read(told, 1)
    time.sleep(rng.uniform(0.0, 1.5 * lasts))
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)
    os.close(told), os.close(tell)
    envelope = find_manifest(read_bundle(bundle))
    logged = open_log(folder / "log").newest("manifest", "train.csv").version
    assert logged <= read_manifest(envelope).version  # the log is told after the bundle is there
    assert check_log(open_log(folder / "log"), trust) == (), kill
version = sign(20)
found = verify(data, bundle, trust, log=open_log(folder / "log"), copies=[folder / "copy"])
assert found.ok, found.changes
assert found.manifest.rows == 20
print(version)
"""

FULL = """
import resource, signal, sys
from pathlib import Path
from tests.provenance.signed_data import new_key, trusted
from tests.provenance.test_log import entry
from foretaste.errors import OutputError
from foretaste.provenance import Trust, append, check_log, make_log, open_log

folder, key = Path(sys.argv[1]), new_key()
trust = Trust((trusted(key),))
make_log(folder, "x", key)
append(folder, [entry(n) for n in range(10)], key, trust)
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (2000, resource.RLIM_INFINITY))
try:
    append(folder, [entry(10 + n) for n in range(90)], key, trust)
except OutputError as error:
    print(error.exit_code, error)
resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
assert open_log(folder).size == 10
assert check_log(open_log(folder), trust) == ()
log = append(folder, [entry(10 + n) for n in range(90)], key, trust)
assert log.size == 100 and check_log(log, trust) == ()
assert not [path for path in folder.rglob(".*.part")]
"""


def ran(code: str, folder: Path) -> str:
    done = subprocess.run(
        [sys.executable, "-c", code, str(folder)],
        capture_output=True,
        text=True,
        check=False,
        timeout=400,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_fifty_kills_lose_no_version(tmp_path: Path) -> None:
    assert int(ran(KILLED, tmp_path)) > 5


def test_a_full_disk_is_one_clear_error(tmp_path: Path) -> None:
    said = ran(FULL, tmp_path / "log")
    assert said.startswith("3 cannot write ")
    assert "nothing half-written was left" in said
