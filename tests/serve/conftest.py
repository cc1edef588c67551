"""A server on each database, with people of every role and one gated data set."""

from __future__ import annotations

import os
import secrets
import shutil
import subprocess
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import create_engine, text, update
from tests.serve.world import PEOPLE, SERVICES, World, rows_csv

from foretaste.gate.data_gate import GateResult, gate_data
from foretaste.serve.app import make_app
from foretaste.serve.gating import begin_run, keep_result, settings_of_run
from foretaste.serve.people import add_person, give_role
from foretaste.serve.projects import add_dataset, add_project
from foretaste.serve.server import Server, ServerSettings, open_server
from foretaste.serve.tables import Job, Project, Run
from foretaste.serve.tokens import make_personal, make_service
from foretaste.serve.uploads import begin, finish, take

_BINARIES = Path("/usr/lib/postgresql")
_LOCALE = {"PATH": os.environ["PATH"], "LC_ALL": "C.UTF-8"}


def _binaries() -> Path | None:
    found = sorted(_BINARIES.glob("*/bin/initdb"), key=lambda file: int(file.parts[-3]))
    return found[-1].parent if found else None


def _run(*command: str) -> None:
    """Run one of PostgreSQL's programs; they refuse to be root."""
    other = ["runuser", "-u", "postgres", "--"] if os.geteuid() == 0 else []
    subprocess.run([*other, *command], check=True, capture_output=True, cwd="/", env=_LOCALE)


@pytest.fixture(scope="session")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A throw-away PostgreSQL on a socket; its address without the name of a database."""
    binaries = _binaries()
    if binaries is None:
        pytest.skip("no PostgreSQL on this machine: apt-get install postgresql")
    folder = Path("/tmp") / f"foretaste-pg-{secrets.token_hex(4)}"  # a socket's path is short
    folder.mkdir(mode=0o700)
    if os.geteuid() == 0:
        shutil.chown(folder, "postgres")
    data, log = folder / "data", folder / "log"
    started = f"-k {folder} -c listen_addresses= -c fsync=off"
    try:
        _run(f"{binaries}/initdb", "-D", f"{data}", "-U", "foretaste", "-A", "trust", "--no-sync")
        _run(f"{binaries}/pg_ctl", "-D", f"{data}", "-l", f"{log}", "-w", "-o", started, "start")
        yield f"postgresql+psycopg://foretaste@/{{}}?host={folder}"
        _run(f"{binaries}/pg_ctl", "-D", f"{data}", "-m", "immediate", "stop")
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(params=["sqlite", "postgresql"])
def database(request: pytest.FixtureRequest) -> Iterator[str]:
    """The address of an empty database of either kind; "" is a file in the home."""
    if request.param == "sqlite":
        yield ""
        return
    cluster: str = request.getfixturevalue("cluster")
    name = f"t{secrets.token_hex(6)}"
    admin = create_engine(cluster.format("postgres"), isolation_level="AUTOCOMMIT")
    with admin.connect() as connection:
        connection.execute(text(f"CREATE DATABASE {name}"))
    yield cluster.format(name)
    with admin.connect() as connection:
        connection.execute(text(f"DROP DATABASE {name} WITH (FORCE)"))
    admin.dispose()


@dataclass(frozen=True)
class _Gated:
    folder: Path
    result: GateResult


def _submit(server: Server, by: int) -> None:
    """Project, data set, one version and a queued run, as numbers 1 each."""
    with server.audit.acting("test") as act:
        project = add_project(act, "mail")
        add_project(act, "other")
        dataset = add_dataset(act, project, "spring", {"label": "label", "source": "vendor"})
        content = rows_csv()
        upload = begin(act, dataset, "rows.csv", len(content), by_person=by)
        act.session.flush()
        take(act.session, server.home, upload, 0, content)
        act.session.refresh(upload)
        begin_run(act, dataset, finish(act, server.home, dataset, upload))


@pytest.fixture(scope="session")
def gated(tmp_path_factory: pytest.TempPathFactory) -> _Gated:
    """One real gate of the data, done once."""
    folder = tmp_path_factory.mktemp("gated") / "home"
    server = open_server(ServerSettings(home=folder))
    with server.audit.acting("test") as act:
        person = add_person(act, "first")
    _submit(server, person)
    with server.database.reading() as session:
        settings = settings_of_run(session, server.home, session.get_one(Run, 1))
    result = gate_data(settings)
    server.database.close()
    shutil.rmtree(folder / "log")
    (folder / "server.db").unlink()
    return _Gated(folder, result)


@pytest.fixture
def world(database: str, gated: _Gated, tmp_path: Path) -> Iterator[World]:
    """See `World`. Data of "mail" were submitted by carl; "ola" is a steward of "other" only."""
    home = tmp_path / "home"
    shutil.copytree(gated.folder, home, symlinks=True)
    server = open_server(ServerSettings(home=home, database=database))
    world = World(server, make_app(server))
    with server.audit.acting("test") as act:
        for name in ("root", *PEOPLE, "ola"):
            world.ids[name] = add_person(act, name)
        give_role(act, world.ids["root"], "admin")
    _submit(server, world.ids["carl"])
    with server.audit.acting("test") as act:
        project, other = act.session.get_one(Project, 1), act.session.get_one(Project, 2)
        for name, role in PEOPLE.items():
            give_role(act, world.ids[name], role, project.id)
        give_role(act, world.ids["ola"], "steward", other.id)
        for name, number in world.ids.items():
            world.tokens[name] = make_personal(act, number, "test", 1).secret
        for role in SERVICES:
            world.tokens[role] = make_service(act, role, role, project.id, 1).secret
        moved = home / gated.result.folder.relative_to(gated.folder.resolve())
        keep_result(act, server.home, 1, replace(gated.result, folder=moved))
    with server.database.writing() as session:
        session.execute(update(Job).values(state="done"))
    yield world
    server.database.close()


@pytest.fixture
def signed_in(world: World) -> Callable[[str], tuple[TestClient, str]]:
    """Sign somebody in as a browser does; returns the client and the CSRF word."""

    def sign_in(name: str) -> tuple[TestClient, str]:
        client = world.client()
        answer = client.post("/signin", data={"name": "", "secret": world.tokens[name]})
        assert answer.status_code == 303
        page = client.get("/account").text
        return client, page.split('name="csrf" value="')[1].split('"')[0]

    return sign_in
