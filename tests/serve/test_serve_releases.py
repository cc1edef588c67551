"""Four eyes: nobody lets go alone, on neither database, by no route, and not by SQL."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError
from tests.serve.world import World

from foretaste.errors import InvalidProvenanceError
from foretaste.serve.applying import apply_release
from foretaste.serve.first_start import first_start
from foretaste.serve.people import add_person, duties, give_role, switch
from foretaste.serve.projects import add_owner
from foretaste.serve.server import ServerSettings, open_server
from foretaste.serve.tables import Dataset, Release

WHY = {"reason": "looked at each of them by hand"}


def propose(world: World, who: str = "stella", **told: Any) -> int:
    answer = world.client(who).post(f"{world.here}/runs/1/releases", json=WHY | told)
    assert answer.status_code == 201, answer.text
    return int(answer.json()["id"])


def test_two_people_let_rows_go_and_the_log_proves_it(world: World) -> None:
    number = propose(world, group="g1")
    done = world.client("sven").post(f"{world.here}/releases/{number}/approve", json=WHY)
    assert done.status_code == 200, done.text
    assert done.json()["state"] == "released"
    assert done.json()["separation_of_duties"] == "four-eyes"
    apply_release(world.server.audit, world.server.home, number, "worker")
    apply_release(world.server.audit, world.server.home, number, "worker")  # once, though
    run = world.client("stella").get(f"{world.here}/runs/1/findings?group=g1").json()
    assert {row["state"] for row in run["rows"]} == {"released"}
    assert world.server.audit.verify() == []
    events = world.server.audit.count()
    with world.server.database.reading() as session:
        applied = session.scalars(
            text("select count(*) from audit_events where action = 'release.applied'")
        ).one()
    assert applied == 1
    assert world.server.audit.prove(events)[1]


def test_nobody_else_approves(world: World) -> None:
    """The proposer, the submitter, every other role, a steward of another project, a service."""
    number = propose(world, group="g1")
    for who in ("stella", "carl", "root", "mila", "sonja", "aud", "ola", "ci"):
        client = world.client(who)
        answer = client.post(f"{world.here}/releases/{number}/approve", json=WHY)
        page = client.post(f"/p/mail/spring/releases/{number}/approve", data=WHY)
        assert {answer.status_code, page.status_code} <= {403, 404}, who
    with world.server.database.reading() as session:
        assert session.get_one(Release, number).state == "proposed"


def test_the_owner_of_a_source_does_not_approve(world: World) -> None:
    with world.server.audit.acting("test") as act:
        add_owner(act, act.session.get_one(Dataset, 1), "acme", world.ids["sven"])
    number = propose(world, group="g1")
    answer = world.client("sven").post(f"{world.here}/releases/{number}/approve", json=WHY)
    assert answer.status_code == 403
    assert "acme" in answer.json()["error"]


def test_rejected_rows_are_quarantined_and_can_be_proposed_again(world: World) -> None:
    number = propose(world, group="g1")
    again = world.client("sven").post(f"{world.here}/runs/1/releases", json=WHY | {"group": "g1"})
    assert again.status_code == 409  # they wait for a decision already
    answer = world.client("sven").post(f"{world.here}/releases/{number}/reject", json=WHY)
    assert answer.json()["state"] == "rejected"
    late = world.client("sven").post(f"{world.here}/releases/{number}/approve", json=WHY)
    assert late.status_code == 409
    assert propose(world, group="g1") != number


def test_an_approval_is_about_these_rows(world: World) -> None:
    """An approval that is moved to another release, or altered, releases nothing."""
    first, second = propose(world, rows=[_rows(world)[0]]), propose(world, rows=[_rows(world)[1]])
    for number in (first, second):
        world.client("sven").post(f"{world.here}/releases/{number}/approve", json=WHY)
    with world.server.database.reading() as session:
        one, other = session.get_one(Release, first), session.get_one(Release, second)
        kept, taken = one.envelope, other.envelope
    assert kept is not None
    assert taken is not None
    for forged in (taken, kept.replace('"payload":"e', '"payload":"f', 1), None):
        with world.server.database.engine.begin() as connection:
            _unguarded(connection, forged, first)
        with pytest.raises(InvalidProvenanceError):
            apply_release(world.server.audit, world.server.home, first, "worker")


def _unguarded(connection: Any, envelope: str | None, release: int) -> None:
    """Write an envelope as somebody who owns the database and switched the rules off."""
    on = " ON releases" if connection.dialect.name != "sqlite" else ""
    for guard in ("release_ended", "release_signed"):
        connection.execute(text(f"DROP TRIGGER IF EXISTS {guard}{on}"))
    told = {"envelope": envelope, "id": release}
    connection.execute(text("UPDATE releases SET envelope = :envelope WHERE id = :id"), told)


def _rows(world: World) -> list[int]:
    answer = world.client("stella").get(f"{world.here}/runs/1/findings?group=g1").json()
    return [row["row"] for row in answer["rows"]]


_NEW = (
    'INSERT INTO releases (run_id, group_name, "rows", size, state, duties, reason, proposed_by, '
    "proposed, expires, row_root, policy_sha256, report_sha256, decision, decided_by, envelope) "
    "VALUES (1, '', '[]', 0, '{state}', '{duties}', 'x', :sven, 'x', 'x', 'x', 'x', 'x', '', {by})"
)
_SET = "UPDATE releases SET {values} WHERE id = :id"
_LET_GO = "state = 'released', decided = 'x', envelope = 'x', decided_by = "
# What somebody with the database's password might try: every line must be refused.
FORGED = (
    _SET.format(values=_LET_GO + "proposed_by"),
    _SET.format(values=_LET_GO + ":carl"),
    _SET.format(values="state = 'released', decided_by = :sven, decided = 'x'"),
    _SET.format(values="duties = 'none'"),
    _SET.format(values="proposed_by = :sven"),
    _SET.format(values="row_root = 'x'"),
    _SET.format(values="state = 'done'"),
    _SET.format(values="state = 'rejected'"),
    "DELETE FROM releases WHERE id = :id",
    _NEW.format(state="proposed", duties="none", by="NULL, NULL"),
    _NEW.format(state="released", duties="four-eyes", by=":carl, 'x'"),
    "UPDATE findings SET state = 'released' WHERE run_id = 1",
    "UPDATE findings SET state = 'quarantined' WHERE run_id = 1 AND state = 'proposed'",
    "UPDATE findings SET source = 'x' WHERE run_id = 1",
    "DELETE FROM findings WHERE run_id = 1",
    "UPDATE versions SET submitted_by = :sven WHERE id = 1",
    "UPDATE runs SET version_id = 2 WHERE id = 1",
    "UPDATE audit_events SET document = '{}' WHERE id = 1",
    "DELETE FROM audit_events WHERE id = 1",
    "DELETE FROM people WHERE id = :sven",
)


def test_not_by_sql_either(world: World) -> None:
    number = propose(world, group="g1")
    told = {"id": number, "sven": world.ids["sven"], "carl": world.ids["carl"]}
    for line in FORGED:
        with pytest.raises(DBAPIError), world.server.database.engine.begin() as connection:
            connection.execute(text(line), told)
    assert world.server.audit.verify() == []


def test_what_was_done_behind_the_log_is_found(world: World) -> None:
    """Somebody owns the database, drops its rules and forges: verify names it."""
    number = propose(world, group="g1")
    on = "" if world.server.database.is_sqlite else " ON releases"
    with world.server.database.engine.begin() as connection:
        connection.execute(text(f"DROP TRIGGER release_four_eyes{on}"))
        connection.execute(text(FORGED[0]), {"id": number})
    assert any(f"release {number} is released" in line for line in world.server.audit.verify())


def test_deciding_at_once_decides_once(world: World) -> None:
    """Two approve and one rejects at the same moment: one of them decides."""
    with world.server.audit.acting("test") as act:
        give_role(act, world.ids["ola"], "steward", 1)
    number = propose(world, group="g1")
    acts = [("sven", "approve"), ("ola", "reject"), ("ola", "approve"), ("sven", "reject")]
    clients = [(world.client(who), act) for who, act in acts]
    start = threading.Barrier(len(clients))

    def decide(one: tuple[TestClient, str]) -> int:
        client, act = one
        start.wait()
        return client.post(f"{world.here}/releases/{number}/{act}", json=WHY).status_code

    with ThreadPoolExecutor(len(clients)) as pool:
        codes = sorted(pool.map(decide, clients))
    assert codes == [200, 409, 409, 409]
    with world.server.database.reading() as session:
        state = session.get_one(Release, number).state
        states = set(session.scalars(text("select state from findings where group_name = 'g1'")))
    assert states == {"released" if state == "released" else "quarantined"}
    assert world.server.audit.verify() == []


def test_proposing_at_once_proposes_each_row_once(world: World) -> None:
    start = threading.Barrier(4)

    def ask(client: TestClient) -> int:
        start.wait()
        told = WHY | {"group": "g1"}
        return client.post(f"{world.here}/runs/1/releases", json=told).status_code

    clients = [world.client(who) for who in ("stella", "sven", "stella", "sven")]
    with ThreadPoolExecutor(4) as pool:
        assert sorted(pool.map(ask, clients)) == [201, 409, 409, 409]


def test_a_newer_run_voids_what_was_proposed(world: World) -> None:
    number = propose(world, group="g1")
    with world.server.database.writing() as session:
        session.execute(
            text(
                "INSERT INTO runs (dataset_id, version_id, number, state, stage, outcome, verdict,"
                ' sentence, "rows", flagged, held, entry, folder, policy_sha256, report_sha256,'
                " summary, created) VALUES (1, 1, 2, 'done', '', 'pass', 'clean', '', 1, 0, 0, '',"
                " '', '', '', '{}', 'x')"
            )
        )
    answer = world.client("sven").post(f"{world.here}/releases/{number}/approve", json=WHY)
    assert answer.status_code == 409
    assert "not the newest" in answer.json()["error"]


def test_alone_four_eyes_is_off_and_says_so(database: str, tmp_path: Path) -> None:
    server = open_server(ServerSettings(home=tmp_path / "home", database=database))
    assert first_start(server) is not None
    assert first_start(server) is None
    with server.database.reading() as session:
        assert duties(session) == "none"
    with server.audit.acting("test") as act:
        second = add_person(act, "second")
        assert duties(act.session) == "four-eyes"
        switch(act, second, active=False)
        assert duties(act.session) == "four-eyes"  # it never goes back
    server.database.close()
