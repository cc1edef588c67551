"""Places on disk and in a bucket: created once, read whole, no way out, clear faults."""

from __future__ import annotations

import http.server
import os
import resource
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from foretaste.errors import (
    ForetasteError,
    MissingExtraError,
    OutputError,
    UnreadableDataError,
    UsageError,
)
from foretaste.store import Evidence, Place, open_place
from foretaste.store.bucket import BucketPlace, Limits
from foretaste.store.place import check_name


def test_a_name_is_created_once(place: Place) -> None:
    assert place.read("a/b") is None
    assert place.create("a/b", b"first")
    assert not place.create("a/b", b"second")
    assert place.read("a/b") == b"first"


def test_names_are_listed_and_removed(place: Place, again: Callable[[Place], Place]) -> None:
    for name in ("a/2", "a/b/1", "c"):
        assert place.create(name, b"")
    assert again(place).names("a") == ["a/2", "a/b/1"]
    assert place.names("nothing") == []
    place.remove("a/2")
    place.remove("a/2")
    assert again(place).names("a") == ["a/b/1"]


@pytest.mark.parametrize(
    "name",
    [
        "../x",
        "a/../x",
        "/etc/passwd",
        "a//b",
        "",
        ".hidden",
        "a/.x",
        "a\\b",
        "a b",
        "a\0",
        "ü",
        "a/",
    ],
)
def test_names_lead_nowhere_else(place: Place, name: str) -> None:
    for act in (place.read, place.remove, place.names):
        with pytest.raises(UsageError, match="a name is made of"):
            act(name)
    with pytest.raises(UsageError, match="a name is made of"):
        place.create(name, b"")


@given(st.text("ab./\\-_ü\0", max_size=30))
def test_a_checked_name_stays_below(name: str) -> None:
    try:
        checked = check_name(name)
    except UsageError:
        return
    root = Path("/store")
    assert os.path.normpath(root / checked) == str(root / checked)


def test_evidence_is_kept_once_and_checked(place: Place) -> None:
    evidence = Evidence(place)
    digest = evidence.put(b"report")
    assert evidence.put(b"report") == digest
    assert evidence.get(digest) == b"report"
    assert len(place.names("objects")) == 1
    with pytest.raises(UnreadableDataError, match="no object"):
        evidence.get("ab" * 32)
    with pytest.raises(UsageError, match="64 hex digits"):
        evidence.get("../../etc/passwd")


def test_an_altered_object_is_named(place: Place) -> None:
    evidence = Evidence(place)
    digest = evidence.put(b"report")
    (name,) = place.names("objects")
    place.remove(name)
    place.create(name, b"other")
    with pytest.raises(UnreadableDataError, match=f"object {digest} was altered"):
        evidence.get(digest)
    with pytest.raises(UnreadableDataError, match="was altered"):
        evidence.put(b"report")


def test_a_link_does_not_stand_in_for_a_file(tmp_path: Path) -> None:
    place = open_place(str(tmp_path / "store"))
    place.create("a", b"")
    (tmp_path / "secret").write_text("secret")
    (tmp_path / "store" / "b").symlink_to(tmp_path / "secret")
    with pytest.raises(UnreadableDataError, match="a link stands in its place"):
        place.read("b")


def test_files_are_the_owners_alone(tmp_path: Path) -> None:
    open_place(str(tmp_path / "store")).create("a/b", b"")
    assert (tmp_path / "store").stat().st_mode & 0o077 == 0
    assert (tmp_path / "store" / "a" / "b").stat().st_mode & 0o077 == 0


def test_what_a_killed_writer_left_is_swept(tmp_path: Path) -> None:
    place = open_place(str(tmp_path / "store"))
    place.create("a", b"")
    old, new = (tmp_path / "store" / ".aside" / name for name in ("old", "new"))
    for file in (old, new):
        file.write_bytes(b"half")
    os.utime(old, (time.time() - 7200,) * 2)
    place.create("b", b"")
    assert not old.exists()
    assert new.exists()  # its writer may be at it
    assert place.names("a") == []


_FULL = """
import resource, sys
from foretaste.store import open_place
from foretaste.errors import OutputError
place = open_place(sys.argv[1])
place.create("kept", b"x" * 100)
resource.setrlimit(resource.RLIMIT_FSIZE, (1000, 1000))
try:
    place.create("big", b"x" * 100_000)
except OutputError as error:
    print(error)
"""


def test_a_full_disk_is_told_and_loses_nothing(tmp_path: Path) -> None:
    assert resource.getrlimit(resource.RLIMIT_FSIZE)[0] != 1000
    store = tmp_path / "store"
    done = subprocess.run(
        [sys.executable, "-c", _FULL, str(store)], capture_output=True, text=True, check=True
    )
    assert "cannot write big: file too large; nothing was lost" in done.stdout
    place = open_place(str(store))
    assert place.read("kept") == b"x" * 100
    assert place.read("big") is None
    assert list((store / ".aside").iterdir()) == []


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write anywhere")
def test_a_read_only_folder_is_told(tmp_path: Path) -> None:
    tmp_path.chmod(0o500)
    with pytest.raises(OutputError, match="permission denied; nothing was lost"):
        open_place(str(tmp_path / "store")).create("a", b"")


def test_a_file_in_the_way_is_told(tmp_path: Path) -> None:
    (tmp_path / "store").write_text("")
    with pytest.raises(OutputError, match="nothing was lost"):
        open_place(str(tmp_path / "store")).create("a", b"")


@pytest.mark.parametrize(
    "address", ["", "ftp://x/y", "s3://", "s3://UP/x", "s3://b", "s3://bbb/../x"]
)
def test_addresses_that_are_none(address: str) -> None:
    with pytest.raises(UsageError):
        open_place(address)


class _Failing(http.server.BaseHTTPRequestHandler):
    """A storage that answers every request with an error, or not at all."""

    hang = False

    def _answer(self) -> None:
        if self.hang:
            time.sleep(1.5)
        self.send_response(503)
        self.send_header("Content-Length", "0")
        self.end_headers()

    do_GET = do_PUT = do_DELETE = _answer  # noqa: N815 - names of the library

    def log_message(self, *_: object) -> None:
        """Quiet."""


@contextmanager
def failing_storage(*, hang: bool) -> Iterator[str]:
    handler = type("Handler", (_Failing,), {"hang": hang})
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_address[1]}"
        server.shutdown()


@pytest.mark.parametrize("kind", ["errors", "time-out", "gone"])
def test_storage_that_fails_is_told(
    kind: str, bucket: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert bucket
    limits = Limits(seconds=0.3, retries=1, total=1.0)
    with failing_storage(hang=kind == "time-out") as address:
        told = "http://127.0.0.1:9" if kind == "gone" else address
        monkeypatch.setenv("AWS_ENDPOINT_URL", told)
        place = BucketPlace.open("evidence", "x", limits)
        acts: list[Callable[[], object]] = [
            lambda: place.create("a", b"1"),
            lambda: place.read("a"),
            lambda: place.names("a"),
            lambda: place.remove("a"),
        ]
        for act in acts:
            with pytest.raises(ForetasteError, match="nothing was lost, check address") as caught:
                act()
            assert caught.value.exit_code == 3


def test_a_bucket_that_is_not_there(bucket: str) -> None:
    assert bucket
    with pytest.raises(OutputError, match="cannot write a"):
        open_place("s3://no-such-bucket/x").create("a", b"")


def test_plain_http_stays_on_this_machine(bucket: str, monkeypatch: pytest.MonkeyPatch) -> None:
    assert bucket
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://storage.example.org")
    with pytest.raises(OutputError, match="cannot write a"):
        BucketPlace.open("evidence", "x", Limits(0.3, 0, 1.0)).create("a", b"")


def test_a_missing_extra_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "obstore.store", None)
    with pytest.raises(MissingExtraError, match=r"foretaste\[s3\]"):
        open_place("s3://evidence/x")
