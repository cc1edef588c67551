"""One command runs everything: the web server here, the worker beside it in a process of its own.

A scan would hold up pages if it ran in the same process. The worker notices when its parent is
gone, and ends; a job that it held is taken up at the next start.
"""

from __future__ import annotations

import json
import logging
import multiprocessing
import os
import signal
import threading
from datetime import UTC, datetime
from multiprocessing.process import BaseProcess
from typing import Any

import uvicorn

from foretaste.serve.app import make_app
from foretaste.serve.server import Server, ServerSettings, open_server
from foretaste.serve.worker import Worker

__all__ = ["JsonLines", "log_as_json", "run_server", "run_worker"]

_KNOWN = frozenset(vars(logging.LogRecord("", 0, "", 0, "", (), None))) | {"message", "asctime"}
_GRACE = 30  # seconds that requests under way have to end


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


def run_server(server: Server, *, with_worker: bool = True) -> None:
    """Serve until a signal says to end; requests and jobs under way are ended first."""
    settings = server.settings
    config = uvicorn.Config(
        make_app(server),
        host=settings.host,
        port=settings.port,
        log_config=None,
        server_header=False,
        proxy_headers=bool(settings.proxies),
        forwarded_allow_ips=settings.proxies or None,
        timeout_graceful_shutdown=_GRACE,
        limit_concurrency=1_000,
    )
    worker = _start_worker(settings) if with_worker else None
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, _has_ended)
    try:
        uvicorn.Server(config).run()
    finally:
        if worker is not None:
            worker.terminate()
            worker.join(_GRACE)
        server.database.close()


def _has_ended(_number: int, _frame: object) -> None:
    """The web server has ended by a signal, and raises it once more for whoever started it."""


def run_worker(settings: ServerSettings, parent: int | None = None) -> None:
    """Work on jobs until a signal says to end, or the parent is gone."""
    ending = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: ending.set())
    server = open_server(settings)
    try:
        Worker(server.audit).run(
            lambda: ending.is_set() or (parent is not None and os.getppid() != parent)
        )
    finally:
        server.database.close()


def _start_worker(settings: ServerSettings) -> BaseProcess:
    context = multiprocessing.get_context("spawn")
    process = context.Process(target=_worker_process, args=(settings, os.getpid()), name="worker")
    process.start()
    return process


def _worker_process(settings: ServerSettings, parent: int) -> None:
    log_as_json()
    run_worker(settings, parent)
