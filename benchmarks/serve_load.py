"""The server under load: readers of the review page, writers, and kill -9 in between.

::

    python -m benchmarks.serve_load --seconds 300
    python -m benchmarks.serve_load --seconds 60 --kill 10 --database postgresql://...

200 people read pages of a group of 100,000 flagged rows and think a second between two pages; 20
write opinions as fast as they are acknowledged. In the same run, a bare FastAPI page of the same
size is read in the same way. With --kill the server is killed (SIGKILL) every so many seconds and
started again; at the end every acknowledged write must be there, and the audit log must hold.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import secrets
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from sqlalchemy import insert, select, text

from foretaste.report.codec import encode
from foretaste.serve.people import add_person, give_role
from foretaste.serve.projects import add_dataset, add_project
from foretaste.serve.server import Server, ServerSettings, open_server
from foretaste.serve.tables import Finding, Opinion, Run, RunGroup, Version
from foretaste.serve.tokens import make_personal
from foretaste.types import Exhibit, Field, Group, Kind, Rendering, Verdict

PAGE = "/p/load/rows/runs/1/groups/g1"
WRITE = "/api/v1/projects/load/datasets/rows/runs/1/groups/g1/opinions"
BARE = """
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


@dataclass
class Seen:
    """What one kind of client saw."""

    seconds: list[float] = field(default_factory=list)
    errors: int = 0  # answers that were none, while the server was up

    def told(self) -> dict[str, float | int]:
        """Counts and quantiles; times in milliseconds."""
        if not self.seconds:
            return {"answers": 0, "errors": self.errors}
        p50, p95, p99 = np.quantile(self.seconds, [0.5, 0.95, 0.99])
        times = {"p50": p50, "p95": p95, "p99": p99, "max": max(self.seconds)}
        told = {f"{name}_ms": round(1000 * float(value), 1) for name, value in times.items()}
        return {"answers": len(self.seconds), "errors": self.errors, **told}


def fill(server: Server, rows: int) -> str:
    """One run with one group of so many rows; returns a steward's token."""
    with server.audit.acting("benchmark") as act:
        person = add_person(act, "reader")
        project = add_project(act, "load")
        dataset = add_dataset(act, project, "rows", {})
        give_role(act, person, "steward", project.id)
        token = make_personal(act, person, "benchmark", 1).secret
        version = Version(
            dataset_id=dataset.id, number=1, file="rows.csv", size=1, sha256="0" * 64, created="x"
        )
        act.session.add(version)
        act.session.flush()
        run = Run(
            dataset_id=dataset.id, version_id=version.id, number=1, state="done", rows=10 * rows,
            flagged=rows, held=rows, verdict="suspect", outcome="blocked", created="x",
        )  # fmt: skip
        act.session.add(run)
        act.session.flush()
        act.session.add(_group(run.id, rows))
        for start in range(0, rows, 5_000):
            block = range(start, min(start + 5_000, rows))
            act.session.execute(insert(Finding), [_finding(run.id, row) for row in block])
    return token


def _finding(run: int, row: int) -> dict[str, object]:
    return {
        "run_id": run, "row": row, "row_id": f"row {row}", "digest": f"{row:064x}",
        "kind": "label flip", "verdict": "suspect", "group": "g1", "source": f"vendor {row % 7}",
        "score": 1.0, "why": "labelled 'cat', looks like 'dog'", "state": "quarantined",
        "release_id": None,
    }  # fmt: skip


def _group(run: int, rows: int) -> RunGroup:
    """A group as large as real ones are: 24 rows shown beside their neighbours."""
    shown = Rendering(fields=tuple(Field(f"column {i}", f"{i}.25") for i in range(12)))
    clean = Exhibit(1, "1", "dog", "vendor 1", shown)
    exhibits = tuple(Exhibit(i, f"{i}", "cat", "vendor 2", shown, clean) for i in range(24))
    group = Group(
        "g1", Kind.LABEL_FLIP, Verdict.SUSPECT, np.arange(3), "labels contradict their rows",
        "ask who labelled them", 1e-9, "cat", exhibits=exhibits,
    )  # fmt: skip
    document = encode(group, frozenset({"trigger"}))
    del document["rows"]
    return RunGroup(
        run_id=run, name="g1", place=0, kind="label flip", verdict="suspect", size=rows,
        why=group.why, document=json.dumps(document).encode(),
    )  # fmt: skip


@dataclass
class Client:
    """One connection that is kept open, and opened again when it breaks."""

    port: int
    token: str = ""
    streams: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None = None

    async def ask(self, method: str, path: str, body: bytes = b"") -> int:
        """Send a request; returns the status. OSError where there was no whole answer."""
        if self.streams is None:
            self.streams = await asyncio.open_connection("127.0.0.1", self.port)
        reader, writer = self.streams
        head = (
            f"{method} {path} HTTP/1.1\r\nHost: 127.0.0.1:{self.port}\r\n"
            f"Authorization: Bearer {self.token}\r\nContent-Type: application/json\r\n"
            f"Content-Length: {len(body)}\r\n\r\n"
        )
        try:
            writer.write(head.encode() + body)
            await writer.drain()
            answer = (await reader.readuntil(b"\r\n\r\n")).decode().lower()
            await reader.readexactly(int(answer.split("content-length: ")[1].split("\r\n")[0]))
        except (OSError, EOFError, IndexError, asyncio.IncompleteReadError) as error:
            writer.close()
            self.streams = None
            raise ConnectionError(str(error)) from error
        return int(answer.split(" ")[1])


async def read(client: Client, path: Callable[[], str], until: float, seen: Seen) -> None:
    """Somebody who reads a page, thinks a second, and reads the next."""
    await asyncio.sleep(secrets.randbelow(1000) / 1000)
    while time.monotonic() < until:
        began = time.monotonic()
        try:
            if await client.ask("GET", path()) == 200:
                seen.seconds.append(time.monotonic() - began)
            else:
                seen.errors += 1
        except OSError:
            seen.errors += 1
        await asyncio.sleep(1.0)


async def write(client: Client, number: int, until: float, seen: Seen, kept: set[str]) -> None:
    """Somebody who writes opinions; `kept` are those that were acknowledged."""
    count = 0
    while time.monotonic() < until:
        count += 1
        reason = f"writer {number}, opinion {count}"
        body = json.dumps({"says": "unsure", "reason": reason}).encode()
        began = time.monotonic()
        try:
            if await client.ask("POST", WRITE, body) == 201:
                kept.add(reason)
                seen.seconds.append(time.monotonic() - began)
            else:
                seen.errors += 1
        except OSError:
            seen.errors += 1
            await asyncio.sleep(0.2)


def start(settings: ServerSettings) -> subprocess.Popen[bytes]:
    """The server as anybody starts it, without a worker; returns once it answers."""
    command = [sys.executable, "-m", "foretaste", "serve", "--no-worker",
               "--home", f"{settings.home}", "--port", f"{settings.port}"]  # fmt: skip
    environment = os.environ | {"FORETASTE_DATABASE": settings.database}
    return _answering(command, settings.port, environment)


def _answering(
    command: list[str], port: int, environment: dict[str, str] | None = None
) -> subprocess.Popen[bytes]:
    process = subprocess.Popen(  # noqa: S603 - our own program
        command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env=environment
    )
    for _ in range(600):
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return process
        time.sleep(0.1)
    raise TimeoutError(f"nothing answers at port {port}")


def free_port() -> int:
    """A port that nobody listens at."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        return int(free.getsockname()[1])


async def _killing(
    settings: ServerSettings, every: float, until: float, running: list[subprocess.Popen[bytes]]
) -> int:
    """Kill the server and start it again, until the end; returns how often."""
    killed = 0
    while time.monotonic() + every < until:
        await asyncio.sleep(every)
        running[-1].send_signal(signal.SIGKILL)
        running[-1].wait()
        running.append(await asyncio.to_thread(start, settings))
        killed += 1
    return killed


@asynccontextmanager
async def _stopping(running: list[subprocess.Popen[bytes]]) -> AsyncIterator[None]:
    try:
        yield
    finally:
        for process in running:
            process.terminate()
            process.wait()


async def measure(
    told: argparse.Namespace, settings: ServerSettings, token: str
) -> dict[str, object]:
    """Load, and what came of it."""
    pages, writes, bare, kept = Seen(), Seen(), Seen(), set[str]()
    running = [start(settings)]
    async with _stopping(running):
        client = Client(settings.port, token)
        began = time.monotonic()
        await client.ask("GET", PAGE)
        first = time.monotonic() - began
        port = free_port()
        script = BARE.format(size=30_000, port=port)
        running.insert(0, _answering([sys.executable, "-c", script], port))
        until = time.monotonic() + told.seconds

        def page() -> str:
            return f"{PAGE}?after={secrets.randbelow(told.rows)}"

        readers = [
            read(Client(settings.port, token), page, until, pages) for _ in range(told.readers)
        ]
        beside = [read(Client(port), lambda: "/", until, bare) for _ in range(told.beside)]
        writers = [
            write(Client(settings.port, token), n, until, writes, kept) for n in range(told.writers)
        ]
        killing = _killing(settings, told.kill, until, running) if told.kill else _none()
        *_, killed = await asyncio.gather(*readers, *beside, *writers, killing)
    return {
        "review page": pages.told(), "first page ms": round(1000 * first, 1),
        "bare page": bare.told(), "writes": writes.told(), "killed": killed,
        **_lost(settings, kept),
    }  # fmt: skip


async def _none() -> int:
    return 0


def _lost(settings: ServerSettings, kept: set[str]) -> dict[str, object]:
    """Acknowledged writes that are not there, and what the audit log says."""
    server = open_server(settings)
    with server.database.reading() as session:
        there = set(session.scalars(select(Opinion.reason)))
        events = session.scalar(text("select count(*) from audit_events where action = 'opinion'"))
    problems = server.audit.verify()
    server.database.close()
    return {
        "acknowledged": len(kept), "lost": len(kept - there), "opinion events": events,
        "opinions": len(there), "log problems": problems,
    }  # fmt: skip


def main() -> None:
    """Run it and print what was measured, as JSON."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--seconds", type=float, default=300)
    parser.add_argument("--readers", type=int, default=200)
    parser.add_argument("--writers", type=int, default=20)
    parser.add_argument("--beside", type=int, default=20, help="readers of the bare page")
    parser.add_argument("--rows", type=int, default=100_000)
    parser.add_argument("--kill", type=float, default=0, help="seconds between two kills; 0: none")
    parser.add_argument("--database", default="", help="a fresh PostgreSQL database; SQLite if ''")
    told = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        settings = ServerSettings(Path(folder) / "home", told.database, port=free_port())
        server = open_server(settings)
        token = fill(server, told.rows)
        server.database.close()
        print(json.dumps(asyncio.run(measure(told, settings, token)), indent=1))


if __name__ == "__main__":
    main()
