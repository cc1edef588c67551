"""Every route × every role × own and other project, read off the OpenAPI document."""

from __future__ import annotations

import re
from typing import Any

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import text
from tests.serve.world import PEOPLE, SERVICES, World

from foretaste.serve.people import give_role
from foretaste.serve.roles import MAY, Role, Verb

pytestmark = pytest.mark.parametrize("database", ["sqlite"], indirect=True)

FILLED = {
    "dataset": "spring", "run": "1", "group": "g1", "release": "999", "upload": "0" * 32,
    "person": "999", "grant": "999", "token": "999", "control": "999", "event": "1",
    "name": "serve.css",
}  # fmt: skip
CASES = {**{name: Role(role) for name, role in PEOPLE.items()}, **{s: Role(s) for s in SERVICES}}
ABSENT = re.compile(r"(project|data set): there is no")


def operations(world: World) -> list[tuple[str, str, list[str]]]:
    """(method, path, what it needs) of every route."""
    document = world.client().get("/api/v1/openapi.json").json()
    return [
        (method.upper(), path, told["x-needs"])
        for path, methods in document["paths"].items()
        for method, told in methods.items()
    ]


def was_denied(client: TestClient, method: str, path: str, project: str) -> bool:
    """Ask with an empty body: who is allowed gets as far as the body, or further."""
    address = path.format(project=project, **FILLED)
    answer = client.request(method, address, json={} if method != "GET" else None)
    assert answer.status_code < 500, (method, address, answer.text)
    signs_in = answer.status_code == 303 and "/signin?then" in answer.headers["location"]
    absent = answer.status_code == 404 and ABSENT.search(answer.text) is not None
    return answer.status_code in {401, 403} or absent or signs_in


def test_every_route_says_what_it_needs(world: World) -> None:
    found = operations(world)
    assert len(found) > 70
    known = {*map(str, Verb), "public", "signed in"}
    assert all(needs and set(needs) <= known for _, _, needs in found)


def test_the_matrix(world: World) -> None:
    """Granted is what the table says, in the own project; all else is denied."""
    asked = [one for one in operations(world) if one[2] != ["public"]]
    wrong = []
    for name, role in CASES.items():
        with world.client(name) as client:
            for method, path, needs in asked:
                for project in ("mail", "other") if "{project}" in path else ("",):
                    granted = may(name, role, needs, project)
                    if was_denied(client, method, path, project) == granted:
                        wrong.append((name, method, path, project, granted))
    assert wrong == []


def may(name: str, role: Role, needs: list[str], project: str) -> bool:
    """What the table says: everybody here has a role in "mail", and nowhere else."""
    if needs == ["signed in"]:
        return name in PEOPLE
    return project == "mail" and bool(MAY[role] & {*map(Verb, needs)})


def test_nobody_gets_nothing(world: World) -> None:
    client = world.client()
    for method, path, needs in operations(world):
        if needs != ["public"]:
            assert was_denied(client, method, path, "mail"), (method, path)


def test_admin_cannot_release_or_edit_policy(world: World) -> None:
    client = world.client("root")
    for method, path, needs in operations(world):
        if {*needs} & {"release.approve", "release.propose", "control.edit", "review.triage"}:
            assert was_denied(client, method, path, "mail"), (method, path)


def test_a_role_for_one_data_set_holds_for_no_other(world: World) -> None:
    with world.server.audit.acting("test") as act:
        give_role(act, world.ids["ola"], "auditor", 1, 1)
    client = world.client("ola")
    assert client.get(f"{world.here}/runs/1").status_code == 200
    made = world.client("carl").post("/api/v1/projects/mail/datasets", json={"name": "autumn"})
    assert made.status_code == 201
    assert client.get("/api/v1/projects/mail/datasets/autumn/runs").status_code == 404


def _words(value: Any) -> set[str]:
    """Every key of a document, at any depth."""
    if isinstance(value, dict):
        return set(value) | {word for item in value.values() for word in _words(item)}
    return {word for item in value for word in _words(item)} if isinstance(value, list) else set()


def test_a_contributor_sees_own_rows_and_no_threshold(world: World) -> None:
    client = world.client("carl")
    run = client.get(f"{world.here}/runs/1").json()
    rows = client.get(f"{world.here}/runs/1/findings").json()["rows"]
    assert len(rows) >= 16
    hidden = {"summary", "policy", "policy_sha256", "alpha", "fdr", "score", "p_value", "digest"}
    assert not (_words(run) | _words(rows)) & hidden
    page = client.get("/p/mail/spring/runs/1").text
    assert "Your rows that were flagged" in page
    assert "family-wise" not in page
    assert client.get("/p/mail/-/controls").status_code == 403
    with world.server.audit.acting("test") as act:
        give_role(act, world.ids["ola"], "contributor", 1)
    other = world.client("ola")  # submitted nothing
    assert other.get(f"{world.here}/runs/1/findings").status_code == 404
    assert other.get(f"{world.here}/versions").json() == []


def test_an_ml_engineer_sees_no_hidden_canary(world: World) -> None:
    told = {"kind": "canary", "name": "c1", "document": {"row": "tell-tale"}, "hidden": True}
    path = "/api/v1/projects/mail/controls"
    made = world.client("sonja").post(path, json=told)
    assert made.status_code == 201
    for name, seen in {"mila": False, "stella": False, "sonja": True, "aud": True}.items():
        for address in (path, "/p/mail/-/controls"):
            assert ("tell-tale" in world.client(name).get(address).text) is seen, (name, address)


def test_a_policy_needs_two_security_owners(world: World) -> None:
    path = "/api/v1/projects/mail/controls"
    told = {"kind": "policy", "name": "strict", "document": {"suspect": "block"}}
    number = world.client("sonja").post(path, json=told).json()["id"]
    assert world.client("sonja").post(f"{path}/{number}/confirm").status_code == 403
    assert world.client("sam").post(f"{path}/{number}/confirm").status_code == 200
    assert world.client("sam").post(f"{path}/{number}/confirm").status_code == 409
    bad = told | {"document": {"suspect": "maybe"}}
    assert world.client("sonja").post(path, json=bad).status_code == 422


def test_broken_glass_is_loud_ends_and_leaves_four_eyes(world: World) -> None:
    told = {"person": "root", "role": "steward", "reason": "both stewards are ill", "hours": 1}
    made = world.client("root").post("/api/v1/projects/mail/emergencies", json=told)
    assert made.status_code == 201
    assert "both stewards are ill" in world.client("mila").get("/").text
    assert "both stewards are ill" not in world.client("ola").get("/").text
    why = {"reason": "it must go", "group": "g1"}
    release = world.client("root").post(f"{world.here}/runs/1/releases", json=why).json()["id"]
    path = f"{world.here}/releases/{release}/approve"
    assert world.client("root").post(path, json={"reason": "it must"}).status_code == 403
    with world.server.database.writing() as session:
        past = "update grants set expires = '2020-01-01T00:00:00Z' where emergency <> ''"
        session.execute(text(past))
    assert world.client("root").get(f"{world.here}/runs/1").status_code == 403
