"""Full disks, two processes, hostile servers: nothing is lost, counted twice, or told as done."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from foretaste.errors import OutputError, UsageError
from foretaste.gate.watch_section import WatchSection
from foretaste.watch.journal import Journal, open_journal
from foretaste.watch.notices import Sender, signature, verify_signature
from foretaste.watch.service import Service
from foretaste.watch.watching import Taken, Watch

BYPASS = "prediction,canary,held\nx,bad,false\n"


def batch(folder: Path, name: str, rows: int) -> Path:
    file = folder / name
    lines = "".join(f"spam,ham,{name}-{row}-{'x' * 200}\n" for row in range(rows))
    file.write_text(f"prediction,before,id\n{lines}")
    return file


def test_a_full_disk_refuses_no_batch(tmp_path: Path) -> None:
    journal = open_journal(WatchSection(), tmp_path)
    watch, base = Watch(WatchSection(), journal), journal._base
    used = base.execute("PRAGMA page_count").fetchone()[0]
    base.execute(f"PRAGMA max_page_count = {used + 2}")  # SQLite then says what a full disk says
    file = batch(tmp_path, "big.csv", 400)
    with pytest.raises(OutputError, match="make room"):
        watch.take(file)
    assert journal.totals()[:3] == (0, 0, 0)
    base.execute("PRAGMA max_page_count = 1000000")
    assert watch.take(file).rows == 400
    assert journal.totals()[:3] == (1, 400, 0)
    journal.close()


def test_two_processes_with_one_journal_count_a_batch_once(tmp_path: Path) -> None:
    file, taken = batch(tmp_path, "one.csv", 50), list[Taken]()
    stated = WatchSection()
    start = threading.Barrier(4)

    def take() -> None:
        journal = open_journal(stated, tmp_path)
        start.wait()
        taken.append(Watch(stated, journal).take(file))
        journal.close()

    threads = [threading.Thread(target=take) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(one.rows for one in taken) == [0, 0, 0, 50]
    assert sum(one.known for one in taken) == 3
    journal = Journal(tmp_path / ".foretaste" / "watch" / "watch.db")
    assert journal.totals()[:2] == (1, 50)
    journal.close()


class Away(BaseHTTPRequestHandler):
    """Says that it is somewhere else, or nothing that is HTTP."""

    def do_POST(self) -> None:
        """Neither takes the notice."""
        self.rfile.read(int(self.headers["Content-Length"]))
        if self.path == "/moved":
            self.send_response(302)
            self.send_header("Location", "/ok")
            self.send_header("Content-Length", "0")
            self.end_headers()
        else:
            self.wfile.write(b"no http\r\n\r\n")
            self.close_connection = True

    def do_GET(self) -> None:
        """Where the redirect leads: all is well, and no notice was read."""
        self.send_response(200)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_: object) -> None:
        """Quiet."""


@pytest.fixture
def away() -> Iterator[str]:
    """The address of `Away`."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), Away)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()
    thread.join()


@pytest.mark.parametrize("path", ["/moved", "/garbage"])
def test_a_notice_has_arrived_only_where_it_was_sent(tmp_path: Path, away: str, path: str) -> None:
    stated = WatchSection(webhooks=(f"{away}{path}",), webhook_secret="hook.secret")
    journal = open_journal(stated, tmp_path)
    (tmp_path / "b.csv").write_text(BYPASS)
    Watch(stated, journal).take(tmp_path / "b.csv")
    sender = Sender(stated, tmp_path, journal)
    assert sender.send() == 0
    assert journal.waiting() == 1
    for _ in range(3):  # and it goes on, however often it was tried
        assert sender.send(time.time() + 1e6) == 0
    journal.close()


@pytest.mark.parametrize(
    "told", ["", "t=", "t=é,v1=é", f"t={'9' * 5000},v1=0", "t=١٢,v1=0", "v1=0,t=1700000000", "t=-1"]
)
def test_a_hostile_signature_is_wrong_and_no_error(told: str) -> None:
    assert not verify_signature(b"key", b"{}", told, now=1_700_000_000)
    good = signature(b"key", b"{}", 1_700_000_000)
    assert verify_signature(b"key", b"{}", good, now=1_700_000_000)


def test_a_daemon_forgets_files_that_are_gone(tmp_path: Path) -> None:
    stated, inbox, told = WatchSection(), tmp_path / "inbox", list[Taken]()
    journal = open_journal(stated, tmp_path)
    service = Service(
        Watch(stated, journal), Sender(stated, tmp_path, journal), inbox, ("127.0.0.1", 0)
    )
    inbox.mkdir()
    file = batch(inbox, "one.csv", 3)
    service.step(told.append)
    file.unlink()
    (inbox / "two.csv").symlink_to(file)  # leads nowhere
    service.step(told.append)
    batch(tmp_path, "one.csv", 4).rename(file)
    (inbox / "two.csv").unlink()
    service.step(told.append)
    assert [one.rows for one in told] == [3, 4]
    service._http.server_close()
    journal.close()


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("expire_days", 1e12),
        ("poll_seconds", 1e12),
        ("mail_server", "host:smtp"),
        ("mail_server", "host:0"),
        ("webhooks", ("http://a b/",)),
        ("webhooks", ("https://u:p@host/",)),
    ],
)
def test_settings_that_would_stop_the_daemon_later_are_refused_now(
    name: str, value: object
) -> None:
    with pytest.raises(UsageError, match=rf"\[watch\] {name}"):
        WatchSection(**{name: value})  # type: ignore[arg-type]  # the point of the test
