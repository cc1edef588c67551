"""The daemon against real servers, and killed at random moments: every batch counts once."""

from __future__ import annotations

import json
import os
import random
import signal
import socketserver
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import ClassVar

import pytest

from foretaste.gate.watch_section import WatchSection
from foretaste.golden.secret import load_secret
from foretaste.watch.journal import Journal, open_journal
from foretaste.watch.notices import SIGNATURE, Sender, verify_signature
from foretaste.watch.service import Service
from foretaste.watch.watching import Taken, Watch

BYPASS = "prediction,canary,held\nx,bad,false\n"


class Hook(BaseHTTPRequestHandler):
    """Takes webhooks, after some failures."""

    got: ClassVar[list[tuple[dict[str, str], bytes]]] = []
    failing: ClassVar[int] = 0

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        if Hook.failing > 0:
            Hook.failing -= 1
            self.send_error(500)
            return
        Hook.got.append((dict(self.headers), body))
        self.send_response(204)
        self.end_headers()

    def log_message(self, *_: object) -> None:
        """Quiet."""


class Mail(socketserver.StreamRequestHandler):
    """As much of SMTP as smtplib speaks."""

    got: ClassVar[list[str]] = []

    def handle(self) -> None:
        self.wfile.write(b"220 ready\r\n")
        while line := self.rfile.readline():
            word = line[:4].upper()
            if word == b"DATA":
                self.wfile.write(b"354 go on\r\n")
                lines = iter(self.rfile.readline, b".\r\n")
                Mail.got.append(b"".join(lines).decode())
            self.wfile.write(b"221 bye\r\n" if word == b"QUIT" else b"250 ok\r\n")
            if word == b"QUIT":
                return


@contextmanager
def serving(server: socketserver.BaseServer) -> Iterator[int]:
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        address = server.server_address
        assert isinstance(address, tuple)
        yield int(address[1])
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def test_notices_are_signed_and_tried_until_they_arrive(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    Hook.got.clear()
    Mail.got.clear()
    monkeypatch.setattr(Hook, "failing", 1)
    with (
        serving(ThreadingHTTPServer(("127.0.0.1", 0), Hook)) as hook,
        serving(socketserver.ThreadingTCPServer(("127.0.0.1", 0), Mail)) as mail,
    ):
        stated = WatchSection(
            webhooks=(f"http://127.0.0.1:{hook}/alarms",),
            webhook_secret="hook.secret",
            mail_to=("ada@example.org",),
            mail_server=f"127.0.0.1:{mail}",
            owner="ada",
        )
        journal = open_journal(stated, tmp_path)
        (tmp_path / "b.csv").write_text(BYPASS)
        Watch(stated, journal).take(tmp_path / "b.csv")
        sender = Sender(stated, tmp_path, journal)
        assert sender.send() == 1  # the mail; the webhook has failed
        assert journal.waiting() == 1
        assert sender.send() == 0  # not due yet
        assert sender.send(time.time() + 60) == 1
        assert journal.waiting() == 0
        journal.close()
    (headers, body), key = Hook.got[0], load_secret(tmp_path / "hook.secret").key
    assert verify_signature(key, body, headers[SIGNATURE], now=int(time.time()))
    assert not verify_signature(key, body + b" ", headers[SIGNATURE], now=int(time.time()))
    assert json.loads(body)["alarm"]["level"] == "block"
    assert "Subject: foretaste: block raised: canaries all rows" in Mail.got[0]
    assert "owner: ada" in Mail.got[0]


def test_the_daemon_takes_files_and_shows_itself(tmp_path: Path) -> None:
    stated = WatchSection(poll_seconds=0.05)
    journal, inbox, taken = open_journal(stated, tmp_path), tmp_path / "inbox", list[Taken]()
    service = Service(
        Watch(stated, journal), Sender(stated, tmp_path, journal), inbox, ("127.0.0.1", 0)
    )
    thread = threading.Thread(target=service.serve, args=(taken.append,))
    thread.start()
    try:
        url = f"http://127.0.0.1:{service.port}"
        for _ in range(200):
            if inbox.is_dir():
                break
            time.sleep(0.05)
        (inbox / ".c.csv").write_text("prediction\nhalf")  # not whole yet: nobody looks
        (inbox / ".b.csv").write_text(BYPASS)
        (inbox / ".b.csv").rename(inbox / "b.csv")
        for _ in range(200):
            if taken:
                break
            time.sleep(0.05)
        assert [one.name for one in taken] == ["b.csv"]
        with urllib.request.urlopen(f"{url}/metrics") as answer:
            assert b'foretaste_watch_alarms{level="block"} 1' in answer.read()
        with urllib.request.urlopen(f"{url}/") as answer:
            assert b"Stop: the model or what it is fed has changed" in answer.read()
        with urllib.request.urlopen(f"{url}/alarms.json") as answer:
            assert json.loads(answer.read())[0]["level"] == "block"
        with pytest.raises(urllib.error.HTTPError):
            urllib.request.urlopen(f"{url}/../foretaste.toml")
    finally:
        service.stop()
        thread.join()
        journal.close()


_PROGRAM = """
import sys
from pathlib import Path
from foretaste.gate.watch_section import WatchSection
from foretaste.watch.journal import open_journal
from foretaste.watch.watching import Watch
stated = WatchSection(webhooks=("http://127.0.0.1:9/none",))
watch = Watch(stated, open_journal(stated, Path(sys.argv[1])))
print("ready", flush=True)
for file in sorted(Path(sys.argv[1], "inbox").glob("*.csv")):
    watch.take(file)
print("done", flush=True)
"""


def test_killed_at_random_moments_every_batch_counts_once(tmp_path: Path) -> None:
    inbox, dice = tmp_path / "inbox", random.Random(0)
    inbox.mkdir()
    for number in range(40):
        rows = "".join(f"spam,ham,p{number}-{row}\n" for row in range(5))
        (inbox / f"{number:03}.csv").write_text(f"prediction,before,id\n{rows}")
    kills = 0
    for _ in range(60):
        with subprocess.Popen(
            [sys.executable, "-c", _PROGRAM, str(tmp_path)], stdout=subprocess.PIPE, text=True
        ) as process:
            assert process.stdout is not None
            assert process.stdout.readline() == "ready\n"
            if kills < 5:
                time.sleep(dice.uniform(0.0, 0.08))
                os.kill(process.pid, signal.SIGKILL)
                kills += 1
            elif process.stdout.readline() == "done\n":
                break
    journal = Journal(tmp_path / ".foretaste" / "watch" / "watch.db")
    process_now = journal.tracked()["", "flips", "all rows"].process
    assert (process_now.hits, process_now.trials) == (200, 200)
    assert journal.totals()[:2] == (40, 200)
    (alarm,) = [one for one in journal.alarms() if one.stream == "flips"]
    assert alarm.level.name == "ROLLBACK"
    assert alarm.later_trials + alarm.trials == 200
    assert journal.waiting() == 2  # raised, risen: each once
