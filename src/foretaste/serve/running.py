"""One command runs everything: processes that answer requests, and one that works on jobs.

A job that a worker held when it was killed is taken up by the next, once its lease has ended.
"""

from __future__ import annotations

import errno
import json
import logging
import os
import signal
import threading
import time
from datetime import UTC, datetime
from socket import AF_INET, AF_INET6, create_server
from socket import socket as Socket  # noqa: N812 - the type, beside sockets
from typing import Any

import uvicorn

from foretaste.errors import OutputError
from foretaste.serve.app import make_app
from foretaste.serve.server import ServerSettings, open_server
from foretaste.serve.supervising import Child, is_orphan, supervise
from foretaste.serve.worker import Worker, own_name

__all__ = ["JsonLines", "log_as_json", "run_server", "run_worker"]

_KNOWN = frozenset(vars(logging.LogRecord("", 0, "", 0, "", (), None))) | {"message", "asctime"}
_GRACE = 30  # seconds that requests under way have to end
_TAKEN = 5.0  # seconds that a port may still be held by a server that was killed


class JsonLines(logging.Formatter):
    """One JSON object a line: time, level, what, and whatever else was told."""

    def format(self, record: logging.LogRecord) -> str:
        """The line."""
        told: dict[str, Any] = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": record.getMessage(),
        }
        told |= {k: v for k, v in vars(record).items() if k not in _KNOWN and k != "color_message"}
        if record.exc_info:
            told["exception"] = self.formatException(record.exc_info)
        return json.dumps(told, default=str)


def log_as_json(level: int = logging.INFO) -> None:
    """Structured lines on stderr, of this package and of the web server."""
    handler = logging.StreamHandler()
    handler.setFormatter(JsonLines())
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(logging.WARNING)
    for name in ("foretaste.serve", "uvicorn", "uvicorn.error", "uvicorn.access"):
        logger = logging.getLogger(name)
        logger.handlers[:], logger.propagate = [], True
        logger.setLevel(level)


def run_server(settings: ServerSettings, *, with_worker: bool = True, processes: int = 1) -> None:
    """Serve until a signal says to end; requests and jobs under way are ended first.

    Parameters
    ----------
    processes
        That answer requests, all at one port.

    Raises
    ------
    OutputError
        The port is taken, or a process cannot get to work.
    """
    ending = _ending()
    socket = _listen(settings)
    parent = os.getpid()
    children = [
        Child(f"pages {i + 1}", _answer, (settings, socket, parent)) for i in range(processes)
    ]
    if with_worker:
        children.append(Child("worker", _work, (settings, parent)))
    try:
        supervise(children, ending)
    finally:
        socket.close()


def run_worker(settings: ServerSettings, parent: int | None = None) -> None:
    """Work on jobs until a signal says to end, or the parent is gone."""
    ending = _ending()
    server = open_server(settings)
    try:
        Worker(server.audit, own_name(parent or os.getpid())).run(
            lambda: ending.is_set() or (parent is not None and is_orphan(parent))
        )
    finally:
        server.database.close()


def _ending() -> threading.Event:
    """An event that is set when a signal says to end."""
    ending = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: ending.set())
    return ending


def _listen(settings: ServerSettings) -> Socket:
    """The open port; a server that was killed just now may hold it for a moment more."""
    family = AF_INET6 if ":" in settings.host else AF_INET
    until = time.monotonic() + _TAKEN
    while True:
        try:
            return create_server((settings.host, settings.port), family=family, backlog=2_048)
        except OSError as error:
            if error.errno != errno.EADDRINUSE or time.monotonic() > until:
                reason = (error.strerror or type(error).__name__).lower()
                raise OutputError(
                    f"serve: cannot listen at {settings.host}, port {settings.port}: {reason}; "
                    "name another with --port"
                ) from error
            time.sleep(0.1)


def _answer(settings: ServerSettings, socket: Socket, parent: int) -> None:
    """A process that answers requests."""
    log_as_json()
    server = open_server(settings)
    config = uvicorn.Config(
        make_app(server),
        log_config=None,
        server_header=False,
        proxy_headers=bool(settings.proxies),
        forwarded_allow_ips=settings.proxies or None,
        timeout_graceful_shutdown=_GRACE,
        limit_concurrency=1_000,
    )
    answering = uvicorn.Server(config)

    def watch() -> None:
        while not is_orphan(parent):
            time.sleep(0.2)
        answering.should_exit = True

    threading.Thread(target=watch, name="parent", daemon=True).start()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, _has_ended)
    try:
        answering.run(sockets=[socket])
    finally:
        server.database.close()


def _has_ended(_number: int, _frame: object) -> None:
    """The web server has ended by a signal, and raises it once more for whoever started it."""


def _work(settings: ServerSettings, parent: int) -> None:
    """The process of the worker."""
    log_as_json()
    run_worker(settings, parent)
