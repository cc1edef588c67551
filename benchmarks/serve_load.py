"""The server under load: readers of the review page, writers, and kill -9 in between.

::

    python -m benchmarks.serve_load --minutes 5 --processes 2
    python -m benchmarks.serve_load --minutes 5 --processes 2 --database postgresql
    python -m benchmarks.serve_load --minutes 1 --database postgresql --kill server worker database

200 people read pages of 50 rows, each page anywhere in a group of 100,000 flagged rows, and think
between two pages; 20 write opinions and think, too. "Concurrent" means signed in and at work, not
200 requests at the same moment: `--think` says how long they think, 2 s on average unless told
otherwise, `--think 0` lets everybody ask as fast as answers come. In the same run, a bare FastAPI
page of the same size is read by a tenth as many. With --kill the server, the worker in the middle
of a run, or PostgreSQL are killed (SIGKILL) in turn and started again; at the end every
acknowledged write must be there, and the audit log must hold. Writes that got no answer are
errors, not losses.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import secrets
import subprocess
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path

from sqlalchemy import select, text

from benchmarks.serve_clients import Client, Pace, Seen, read, write
from benchmarks.serve_postgres import Cluster, make_cluster
from benchmarks.serve_processes import Killed, Running, free_port, kill_in_turn, start_bare
from benchmarks.serve_world import PAGE, WRITE, fill, queue_real_run
from foretaste.serve.server import ServerSettings, open_server
from foretaste.serve.tables import Opinion

_STEP = 50  # rows of a page


@dataclass(frozen=True)
class Load:
    """Who does what, and for how long."""

    seconds: float = 300.0
    readers: int = 200
    writers: int = 20
    think: float = 2.0  # seconds
    rows: int = 100_000
    processes: int = 2
    kill: tuple[str, ...] = ()
    every: float = 10.0  # seconds between two kills


@dataclass
class Found:
    """What was seen by whom."""

    pages: Seen = field(default_factory=Seen)
    bare: Seen = field(default_factory=Seen)
    writes: Seen = field(default_factory=Seen)
    kept: set[str] = field(default_factory=set)
    killed: Killed = field(default_factory=Killed)


async def run_load(load: Load, running: Running, tokens: list[str], bare_port: int) -> Found:
    """Let everybody at the server, and wait until the time is over."""
    found, port = Found(), running.settings.port
    pace = Pace(time.monotonic() + load.seconds, load.think)

    def page() -> str:
        return f"{PAGE}?after={_STEP * secrets.randbelow(max(1, load.rows // _STEP)) - 1}"

    readers = [
        read(Client(port, token), page, pace, found.pages) for token in tokens[: load.readers]
    ]
    beside = [
        read(Client(bare_port), lambda: "/", pace, found.bare)
        for _ in range(max(1, load.readers // 10))
    ]
    writers = [
        write(Client(port, token), WRITE, f"writer {number}", pace, found.writes)
        for number, token in enumerate(tokens[load.readers :])
    ]
    killing = kill_in_turn(running, load.kill, load.every, pace.until, found.killed)
    _, _, kept, _ = await asyncio.gather(
        asyncio.gather(*readers), asyncio.gather(*beside), asyncio.gather(*writers), killing
    )
    found.kept = set().union(*kept)
    return found


def measure(load: Load, cluster: Cluster | None) -> dict[str, object]:
    """Load on a fresh server, and what came of it."""
    with tempfile.TemporaryDirectory() as folder:
        url = "" if cluster is None else cluster.create()
        settings = ServerSettings(Path(folder) / "home", url, port=free_port())
        server = open_server(settings)
        tokens = fill(server, load.rows, load.readers + load.writers)
        if "worker" in load.kill:
            queue_real_run(server)
        server.database.close()
        bare_port = free_port()
        running = Running(settings, load.processes, cluster, with_worker="worker" in load.kill)
        bare = start_bare(bare_port)
        try:
            running.start()
            found = asyncio.run(run_load(load, running, tokens, bare_port))
        finally:
            running.stop()
            _end(bare)
        return {
            "database": "sqlite" if cluster is None else "postgresql",
            "review page": found.pages.told(),
            "bare page": found.bare.told(),
            "writes": found.writes.told(),
            "killed": found.killed.told(),
            **lost(settings, found.kept),
        }


def lost(settings: ServerSettings, kept: set[str]) -> dict[str, object]:
    """Acknowledged writes that are not there, and what the audit log says."""
    server = open_server(settings)
    with server.database.reading() as session:
        there = set(session.scalars(select(Opinion.reason)))
        events = session.scalar(text("select count(*) from audit_events where action = 'opinion'"))
        runs = session.execute(text("select number, state from runs order by id")).all()
    problems = server.audit.verify()
    server.database.close()
    return {
        "acknowledged": len(kept),
        "lost": len(kept - there),
        "opinions": len(there),
        "opinion events": events,
        "log problems": problems,
        "runs": {f"{number}": state for number, state in runs},
    }


def _end(process: subprocess.Popen[bytes]) -> None:
    process.terminate()
    process.wait()


def main() -> None:
    """Run it and print what was measured, as JSON."""
    usual = Load()
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--minutes", type=float, default=usual.seconds / 60)
    parser.add_argument("--readers", type=int, default=usual.readers)
    parser.add_argument("--writers", type=int, default=usual.writers)
    parser.add_argument("--think", type=float, default=usual.think, help="seconds")
    parser.add_argument("--rows", type=int, default=usual.rows)
    parser.add_argument("--processes", type=int, default=2)
    parser.add_argument("--database", choices=("sqlite", "postgresql", "both"), default="sqlite")
    parser.add_argument("--kill", nargs="*", default=(), choices=("server", "worker", "database"))
    parser.add_argument("--every", type=float, default=usual.every, help="seconds between kills")
    told = parser.parse_args()
    load = Load(
        60 * told.minutes, told.readers, told.writers, told.think, told.rows, told.processes,
        tuple(told.kill), told.every,
    )  # fmt: skip
    if told.database in {"sqlite", "both"}:
        print(json.dumps(measure(load, None), indent=1), flush=True)
    if told.database in {"postgresql", "both"}:
        cluster = make_cluster()
        try:
            print(json.dumps(measure(load, cluster), indent=1), flush=True)
        finally:
            cluster.remove()


if __name__ == "__main__":
    main()
