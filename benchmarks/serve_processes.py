"""A server as anybody starts it, a bare page beside it, and kill -9."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO

from benchmarks.serve_postgres import Cluster
from foretaste.serve.server import ServerSettings

_BARE = """
from fastapi import FastAPI
from fastapi.responses import HTMLResponse
import uvicorn
app = FastAPI()
content = "x" * {size}
@app.get("/", response_class=HTMLResponse)
def page() -> str:
    return content
uvicorn.run(app, host="127.0.0.1", port={port}, log_level="warning")
"""
_SIZE = 60_000  # bytes of the bare page: those of the review page


@dataclass
class Killed:
    """How often what was killed."""

    counts: Counter[str] = field(default_factory=Counter)

    def told(self) -> dict[str, int]:
        """By what it was."""
        return dict(self.counts)


@dataclass
class Running:
    """A server that runs, with all its processes."""

    settings: ServerSettings
    processes: int
    cluster: Cluster | None
    with_worker: bool
    process: subprocess.Popen[bytes] | None = None

    @property
    def log(self) -> Path:
        """What it says on stderr."""
        return self.settings.home.parent / "stderr"

    def start(self) -> None:
        """Start it; returns once it answers."""
        command = [sys.executable, "-m", "foretaste", "serve"]
        command += ["--home", f"{self.settings.home}", "--port", f"{self.settings.port}"]
        command += ["--processes", f"{self.processes}"]
        command += [] if self.with_worker else ["--no-worker"]
        environment = os.environ | {"FORETASTE_DATABASE": self.settings.database}
        with self.log.open("ab") as log:
            self.process = _answering(command, self.settings.port, log, environment)

    def stop(self) -> None:
        """End it as a supervisor does."""
        if self.process is not None:
            self.process.terminate()
            self.process.wait(60)

    def kill_server(self) -> None:
        """Kill the parent and all its children at once, and start anew."""
        assert self.process is not None
        for number in [self.process.pid, *children_of(self.process.pid)]:
            _kill(number)
        self.process.wait()
        self.start()

    def kill_worker(self) -> None:
        """Kill the worker alone; its parent starts another."""
        told = [json.loads(line) for line in self.log.read_text().splitlines() if line[:1] == "{"]
        _kill([line["pid"] for line in told if line.get("child") == "worker"][-1])

    def kill_database(self) -> None:
        """Kill PostgreSQL with all its processes, and start it again."""
        assert self.cluster is not None
        self.cluster.kill()
        self.cluster.start()


async def kill_in_turn(
    running: Running, kinds: Sequence[str], every: float, until: float, killed: Killed
) -> None:
    """Kill one after the other, until the end."""
    turn = 0
    while kinds and time.monotonic() + every < until:
        await asyncio.sleep(every)
        kind = kinds[turn % len(kinds)]
        turn += 1
        if kind == "server":
            await asyncio.to_thread(running.kill_server)
        elif kind == "worker":
            await asyncio.to_thread(running.kill_worker)
        else:
            await asyncio.to_thread(running.kill_database)
        killed.counts[kind] += 1


def start_bare(port: int) -> subprocess.Popen[bytes]:
    """A page of FastAPI that does nothing."""
    return _answering([sys.executable, "-c", _BARE.format(size=_SIZE, port=port)], port)


def free_port() -> int:
    """A port that nobody listens at."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        return int(free.getsockname()[1])


def children_of(parent: int) -> list[int]:
    """The processes that one started and that live."""
    try:
        told = Path(f"/proc/{parent}/task/{parent}/children").read_text().split()
    except FileNotFoundError:
        return []
    return [int(number) for number in told]


def _kill(number: int) -> None:
    try:
        os.kill(number, signal.SIGKILL)
    except ProcessLookupError:
        return


def _answering(
    command: list[str],
    port: int,
    log: IO[bytes] | int = subprocess.DEVNULL,
    environment: dict[str, str] | None = None,
) -> subprocess.Popen[bytes]:
    process = subprocess.Popen(  # noqa: S603 - our own command
        command, stdout=subprocess.DEVNULL, stderr=log, env=environment
    )
    for _ in range(600):
        if process.poll() is not None:
            raise ChildProcessError(f"{command[2]} ended with {process.returncode}")
        if _answers(port):
            return process
        time.sleep(0.1)
    raise TimeoutError(f"nothing answers at port {port}")


def _answers(port: int) -> bool:
    """Whether a request gets an answer: an open port alone is not one."""
    try:
        with socket.create_connection(("127.0.0.1", port), timeout=2) as asking:
            asking.sendall(f"GET /healthz HTTP/1.0\r\nHost: 127.0.0.1:{port}\r\n\r\n".encode())
            return bool(asking.recv(1))
    except OSError:
        return False
