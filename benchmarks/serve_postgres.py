"""A throw-away PostgreSQL from the programs of this machine, on a socket of its own."""

from __future__ import annotations

import os
import secrets
import shutil
import signal
import subprocess
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import create_engine, text

_LOCALE = {"PATH": os.environ["PATH"], "LC_ALL": "C.UTF-8"}


def binaries() -> Path | None:
    """The folder of the newest version's programs, as Debian lays them out; None without any."""
    found = sorted(
        Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda file: int(file.parts[-3])
    )
    return found[-1].parent if found else None


@dataclass(frozen=True)
class Cluster:
    """A data folder with a server that runs until `remove`."""

    folder: Path
    options: str

    @property
    def url(self) -> str:
        """The address, with {} for the name of a database."""
        return f"postgresql+psycopg://foretaste@/{{}}?host={self.folder}"

    def start(self) -> None:
        """Start the server, and wait until it answers."""
        started = f"-k {self.folder} -c listen_addresses= {self.options}"
        log = self.folder / "log"
        self.run(
            "pg_ctl", "-D", f"{self.folder}/data", "-l", f"{log}", "-w", "-o", started, "start"
        )

    def create(self) -> str:
        """Make an empty database; returns its address."""
        name = f"t{secrets.token_hex(6)}"
        self._tell(f"CREATE DATABASE {name}")
        return self.url.format(name)

    def drop(self, url: str) -> None:
        """Remove a database."""
        name = url.split("@/")[1].split("?", maxsplit=1)[0]
        self._tell(f"DROP DATABASE {name} WITH (FORCE)")

    def kill(self) -> None:
        """SIGKILL to the server and all that it started: what was not on the disk is gone."""
        first = int((self.folder / "data" / "postmaster.pid").read_text().split()[0])
        for number in [*_children(first), first]:
            try:
                os.kill(number, signal.SIGKILL)
            except ProcessLookupError:
                continue
        (self.folder / "data" / "postmaster.pid").unlink(missing_ok=True)

    def remove(self) -> None:
        """Stop the server, and remove everything."""
        try:
            self.run("pg_ctl", "-D", f"{self.folder}/data", "-m", "immediate", "stop")
        finally:
            shutil.rmtree(self.folder, ignore_errors=True)

    def _tell(self, line: str) -> None:
        engine = create_engine(self.url.format("postgres"), isolation_level="AUTOCOMMIT")
        with engine.connect() as connection:
            connection.execute(text(line))
        engine.dispose()

    def run(self, program: str, *options: str) -> None:
        """Run one of PostgreSQL's programs; they refuse to be root."""
        folder = binaries()
        assert folder is not None
        other = ["runuser", "-u", "postgres", "--"] if os.geteuid() == 0 else []
        command = [*other, f"{folder}/{program}", *options]
        subprocess.run(  # noqa: S603 - PostgreSQL's own programs
            command, check=True, capture_output=True, cwd="/", env=_LOCALE
        )


def make_cluster(options: str = "") -> Cluster:
    """A new cluster, running; with "-c fsync=off" it is quick, and loses what a crash may take."""
    # a socket's path is short
    folder = Path("/tmp") / f"foretaste-pg-{secrets.token_hex(4)}"  # noqa: S108 - a fresh name
    folder.mkdir(mode=0o700)
    if os.geteuid() == 0:
        shutil.chown(folder, "postgres")
    cluster = Cluster(folder, options)
    data = f"{folder}/data"
    cluster.run("initdb", "-D", data, "-U", "foretaste", "-A", "trust", "--no-sync")
    cluster.start()
    return cluster


def _children(parent: int) -> list[int]:
    told = Path(f"/proc/{parent}/task/{parent}/children").read_text().split()
    return [int(number) for number in told]
