"""Four eyes: nobody lets go alone, on neither database, by no route, and not by SQL."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import text
from tests.serve.world import World

from foretaste.serve.applying import apply_release
from foretaste.serve.tables import Release

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


@pytest.mark.parametrize("who", ["stella", "carl", "root", "mila", "sonja", "aud", "ola", "ci"])
def test_nobody_else_approves(world: World, who: str) -> None:
    """The proposer, the submitter, every other role, a steward of another project, a service."""
    number = propose(world, group="g1")
    answer = world.client(who).post(f"{world.here}/releases/{number}/approve", json=WHY)
    assert answer.status_code in {403, 404}
    page = world.client(who).post(f"/p/mail/spring/releases/{number}/approve", data=WHY)
    assert page.status_code in {403, 404}
    with world.server.database.reading() as session:
        assert session.get_one(Release, number).state == "proposed"
