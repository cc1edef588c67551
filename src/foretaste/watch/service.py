"""The daemon: takes batches from a folder, sends notices, shows itself on a port.

Batches are files that appear. Writers must write them under a name that starts with a dot, or that
ends in ``.part``, and rename them: a file that has its name is whole.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from foretaste.report.codec import encode
from foretaste.watch.journal import Journal
from foretaste.watch.metrics import CONTENT_TYPE, dashboard, metrics
from foretaste.watch.notices import Sender
from foretaste.watch.page import watch_page
from foretaste.watch.watching import Taken, Watch

__all__ = ["Service", "waiting_files"]

_PATIENCE = 30.0  # seconds for a request to arrive: who dawdles holds no thread
_ENDINGS = frozenset({".csv", ".parquet", ".jsonl"})


def waiting_files(inbox: Path) -> list[Path]:
    """Batches in a folder, in order of their names."""
    return sorted(
        file
        for file in inbox.iterdir()
        if file.suffix in _ENDINGS and not file.name.startswith(".") and file.is_file()
    )


def _mark(file: Path) -> tuple[int, int] | None:
    """What changes with a file; None where it has gone since the folder was listed."""
    try:
        about = file.stat()
    except OSError:
        return None
    return about.st_size, about.st_mtime_ns


class Service:
    """One watch with its port; `serve` runs until `stop`."""

    def __init__(self, watch: Watch, sender: Sender, inbox: Path, address: tuple[str, int]) -> None:
        self._watch, self._sender, self._inbox = watch, sender, inbox
        self._over = threading.Event()
        self._sizes: dict[Path, tuple[int, int]] = {}
        self._http = ThreadingHTTPServer(address, _handler(watch.journal.file))

    @property
    def port(self) -> int:
        """Where it listens."""
        return int(self._http.server_address[1])

    def serve(self, tell: Callable[[Taken], None]) -> None:
        """Take batches as they appear; `tell` is called with each."""
        thread = threading.Thread(target=self._http.serve_forever, daemon=True)
        thread.start()
        try:
            while not self._over.is_set():
                self.step(tell)
                self._over.wait(self._watch.stated.poll_seconds)
        finally:
            self._http.shutdown()
            self._http.server_close()

    def step(self, tell: Callable[[Taken], None]) -> None:
        """Everything that is there now: batches, alarms whose time is over, notices."""
        self._inbox.mkdir(parents=True, exist_ok=True)
        marks = {file: mark for file in waiting_files(self._inbox) if (mark := _mark(file))}
        seen = self._sizes
        self._sizes = {file: seen[file] for file in marks if file in seen}  # others are gone
        for file, mark in marks.items():
            if self._sizes.get(file) == mark:
                continue  # looked at before
            self._sizes[file] = mark
            taken = self._watch.take(file)
            if not taken.known:
                tell(taken)
        self._watch.look_again()
        self._sender.send()

    def stop(self) -> None:
        """End `serve` after its step."""
        self._over.set()


def _handler(file: Path) -> type[BaseHTTPRequestHandler]:
    pages: dict[str, tuple[str, Callable[[Journal], str]]] = {
        "/": ("text/html; charset=utf-8", watch_page),
        "/metrics": (CONTENT_TYPE, metrics),
        "/alarms.json": ("application/json", _alarms),
        "/dashboard.json": ("application/json", lambda _: dashboard()),
        "/healthz": ("text/plain; charset=utf-8", lambda _: "ok\n"),
    }

    class Handler(BaseHTTPRequestHandler):
        """Shows, and changes nothing."""

        timeout = _PATIENCE

        def do_GET(self) -> None:
            """One page."""
            known = pages.get(self.path.partition("?")[0])
            if known is None:
                self.send_error(404)
                return
            kind, made = known
            journal = Journal(file)  # of this thread
            try:
                body = made(journal).encode()
            finally:
                journal.close()
            self.send_response(200)
            for name, value in (
                ("Content-Type", kind),
                ("Content-Length", str(len(body))),
                ("Cache-Control", "no-store"),
                ("X-Content-Type-Options", "nosniff"),
            ):
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            """Pages are asked for every few seconds; nobody wants to read that."""

    return Handler


def _alarms(journal: Journal) -> str:
    told = [{**encode(a), "level": a.level.name.lower()} for a in journal.alarms(closed=True)]
    return json.dumps(told, indent=1, sort_keys=True) + "\n"
