"""What browsers and strangers try: forged forms, planted sessions, scripts in data, odd paths."""

from __future__ import annotations

import io
import json
import socket
import threading
from collections.abc import Callable

import numpy as np
import pytest
from fastapi.testclient import TestClient
from PIL import Image
from sqlalchemy import text
from tests.serve.world import World

from foretaste.serve.worker import Worker

pytestmark = pytest.mark.parametrize("database", ["sqlite"], indirect=True)

SignIn = Callable[[str], tuple[TestClient, str]]
PROPOSE = "/p/mail/spring/runs/1/propose"
WHY = {"reason": "they are fine", "group": "g1"}
SCRIPT = "<script>alert(1)</script>"
CELL = f"z{SCRIPT}"


def test_a_forged_form_does_nothing(world: World, signed_in: SignIn) -> None:
    client, csrf = signed_in("stella")
    _, others = signed_in("sven")
    assert client.post(PROPOSE, data=WHY).status_code == 403
    assert client.post(PROPOSE, data=WHY | {"csrf": others}).status_code == 403
    told = WHY | {"csrf": csrf}
    for header, value in (
        ("Origin", "https://evil.example"),
        ("Origin", "null"),
        ("Sec-Fetch-Site", "cross-site"),
        ("Sec-Fetch-Site", "same-site"),
    ):
        assert client.post(PROPOSE, data=told, headers={header: value}).status_code == 403
    api = f"{world.here}/runs/1/releases"
    assert client.post(api, json=WHY).status_code == 403
    files = {"file": ("rows.csv", b"a,b\n1,2\n")}
    assert client.post("/p/mail/spring/upload", files=files).status_code == 403
    assert client.post("/signout").status_code == 403
    assert client.post(PROPOSE, data=told).status_code == 303  # the real form works


def test_a_planted_session_is_not_adopted(world: World) -> None:
    client = world.client()
    client.cookies.set("foretaste", "planted-by-somebody-else")
    answer = client.post("/signin", data={"secret": world.tokens["stella"]})
    cookie = answer.headers["set-cookie"]
    assert "planted" not in cookie
    assert "HttpOnly" in cookie
    assert "SameSite=lax" in cookie
    first = cookie.split("foretaste=")[1].split(";")[0]
    client.post("/signin", data={"secret": world.tokens["stella"]})
    stale = world.client()
    stale.cookies.set("foretaste", first)
    assert stale.get("/account").status_code == 303  # signing in again ended the first


@pytest.mark.parametrize(
    "target",
    [
        "//evil.example",
        "https://evil.example",
        "/\\evil.example",
        "javascript:alert(1)",
        "/\r\nX",
    ],
)
def test_signing_in_leads_nowhere_else(world: World, target: str) -> None:
    answer = world.client().post("/signin", data={"secret": world.tokens["stella"], "then": target})
    assert answer.headers["location"] == "/"
    page = world.client().get("/signin", params={"then": target}).text
    assert "evil" not in page


def test_guessing_ends_soon(world: World) -> None:
    client = world.client()
    told = {"name": "stella", "secret": "wrong password"}
    codes = [client.post("/signin", data=told).status_code for _ in range(12)]
    assert codes == [401] * 10 + [429] * 2
    assert int(client.post("/signin", data=told).headers["Retry-After"]) > 0


def test_every_answer_is_marked(world: World) -> None:
    for path in ("/signin", "/api/v1/me", "/static/serve.js", "/nothing", "/healthz"):
        headers = world.client().get(path).headers
        policy = headers["content-security-policy"]
        assert "default-src 'none'" in policy
        assert "unsafe" not in policy
        assert headers["x-content-type-options"] == "nosniff"
    other = world.client().get("/signin", headers={"Host": "evil.example"})
    assert other.status_code == 421  # DNS rebinding


def _submit(world: World, name: str, file: str, content: bytes, roles: dict[str, str]) -> None:
    """Upload as a contributor, over the API, in two pieces; gate it."""
    client = world.client("carl")
    base = "/api/v1/projects/mail/datasets"
    assert client.post(base, json={"name": name, "roles": roles}).status_code == 201
    here = f"{base}/{name}/uploads"
    upload = client.post(here, json={"file": file, "size": len(content)}).json()["id"]
    half = len(content) // 2
    for start, part in ((0, content[:half]), (half, content[half:])):
        answer = client.put(f"{here}/{upload}", params={"offset": start}, content=part)
        assert answer.status_code == 200, answer.text
    assert client.post(f"{here}/{upload}/finish").status_code == 200
    assert world.client("stella").post(f"{base}/{name}/runs", json={}).status_code == 202
    assert Worker(world.server.audit).step()


def _hostile_csv() -> bytes:
    """The planted table, with scripts as column, cell, source and label."""
    rng = np.random.default_rng(1)
    y = rng.integers(0, 2, 240)
    numbers = rng.normal(size=(240, 3)) + 3 * y[:, None]
    code = rng.choice(list("abcd"), 240).astype(object)
    bad = rng.choice(np.flatnonzero(y == 0), 16, replace=False)
    code[bad], y[bad] = CELL, 1
    lines = [f"u,v,w,{SCRIPT}code,vendor,label"]
    for row in range(240):
        cells = ",".join(f"{value:.3f}" for value in numbers[row])
        vendor = '"><img src=x onerror=alert(2)>' if code[row] == CELL else "other"
        quoted = '"' + vendor.replace('"', '""') + '"'
        lines.append(f"{cells},{code[row]},{quoted},{SCRIPT + 'yes' if y[row] else 'no'}")
    return "\n".join(lines).encode()


def test_scripts_in_data_are_text(world: World) -> None:
    _submit(world, "hostile", "rows.csv", _hostile_csv(), {"label": "label", "source": "vendor"})
    run = world.client("stella").get("/api/v1/projects/mail/datasets/hostile/runs/1").json()
    assert (run["state"], run["flagged"]) == ("done", 16), run
    for path in ("", "/runs/1", "/runs/1/groups/g1", "/quarantine"):
        page = world.client("stella").get(f"/p/mail/hostile{path}")
        assert page.status_code == 200
        assert "<script>alert" not in page.text
        assert "<img src=x" not in page.text
    assert "&lt;script&gt;" in world.client("stella").get("/p/mail/hostile/runs/1/groups/g1").text


def test_reasons_and_names_are_text(world: World) -> None:
    why = {"reason": f"{SCRIPT} it is fine", "group": "g1"}
    assert world.client("stella").post(f"{world.here}/runs/1/releases", json=why).status_code == 201
    assert SCRIPT not in world.client("sven").get("/p/mail/spring/quarantine").text
    assert SCRIPT not in world.client("sven").get(f"/nothing/{SCRIPT}").text
    said = {"says": "unsure", "reason": SCRIPT}
    world.client("stella").post(f"{world.here}/runs/1/groups/g1/opinions", json=said)
    assert SCRIPT not in world.client("stella").get("/p/mail/spring/runs/1/groups/g1").text


@pytest.mark.parametrize("name", ["x.svg", "x.html", "x.csv.php", "x", "../../x", ".csv", "é"])
def test_files_of_other_kinds_are_refused(world: World, name: str) -> None:
    told = {"file": name, "size": 4}
    assert world.client("carl").post(f"{world.here}/uploads", json=told).status_code == 422


def test_names_of_files_lead_nowhere(world: World) -> None:
    told = {"file": "../../../keys/gate.csv", "size": 4}
    made = world.client("carl").post(f"{world.here}/uploads", json=told).json()
    assert made["file"] == "gate.csv"
    mila = world.client("mila")
    for path in ("../../keys/gate.pem", "/etc/passwd", "..\\x", "%2e%2e/x"):
        answer = mila.get(f"{world.here}/clean", params={"file": path})
        assert answer.status_code in {404, 409}
        assert "PRIVATE" not in answer.text
    for path in (
        "/static/..%2ftables.py",
        "/static/%2e%2e/app.py",
        f"{world.here}/uploads/..%2f..",
    ):
        assert world.client("carl").get(path).status_code in {404, 405, 422}


def test_data_that_names_addresses_is_not_followed(world: World) -> None:
    """Image columns with URLs, files of the server and UNC paths: nothing is fetched or read."""
    listener = socket.create_server(("127.0.0.1", 0))
    listener.settimeout(0.2)
    called = threading.Event()

    def listen() -> None:
        while True:
            try:
                listener.accept()[0].close()
                called.set()
            except TimeoutError:
                continue
            except OSError:
                return

    threading.Thread(target=listen, daemon=True).start()
    picture = io.BytesIO()
    Image.new("RGB", (8, 8), "red").save(picture, "PNG")
    secret = world.server.home.folder / "keys" / "secret.png"
    secret.write_bytes(picture.getvalue())
    address = f"http://127.0.0.1:{listener.getsockname()[1]}/x.png"
    kinds = [address, f"file://{secret}", str(secret), "../../../../keys/secret.png"]
    rows = [
        json.dumps({"image": kinds[row % len(kinds)], "label": "ab"[row % 2]}) for row in range(80)
    ]
    roles = {"image": "image", "label": "label"}
    _submit(world, "remote", "rows.jsonl", "\n".join(rows).encode(), roles)
    run = world.client("stella").get("/api/v1/projects/mail/datasets/remote/runs/1").json()
    assert run["state"] == "failed", run
    assert not called.wait(0.5)
    listener.close()


def test_tokens_are_kept_as_digests_and_end(world: World) -> None:
    with world.server.database.writing() as session:
        kept = str(session.execute(text("select * from tokens")).all())
        assert not any(secret in kept for secret in world.tokens.values())
        past = "update tokens set expires = '2020-01-01T00:00:00Z' where name = 'ci'"
        session.execute(text(past))
    assert world.client("ci").get(f"{world.here}/runs/1").status_code == 401
    assert (
        world.client().post("/signin", data={"secret": world.tokens["ingest"]}).status_code == 401
    )
    listed = world.client("root").get("/api/v1/projects/mail/tokens").json()
    number = next(token["id"] for token in listed if token["name"] == "ingest")
    world.client("root").delete(f"/api/v1/projects/mail/tokens/{number}")
    told = {"file": "a.csv", "size": 1}
    assert world.client("ingest").post(f"{world.here}/uploads", json=told).status_code == 401


def test_large_requests_are_refused(world: World) -> None:
    client = world.client("carl")
    big = b"x" * (1024 * 1024 + 1)
    headers = {"Content-Type": "application/json"}
    made = client.post("/api/v1/projects/mail/datasets", content=big, headers=headers)
    assert made.status_code == 413
    told = {"file": "a.csv", "size": 4}
    upload = client.post(f"{world.here}/uploads", json=told).json()["id"]
    beyond = client.put(f"{world.here}/uploads/{upload}", params={"offset": 0}, content=b"12345")
    assert beyond.status_code == 413


def test_somebody_switched_off_is_out_at_once(world: World, signed_in: SignIn) -> None:
    client, _ = signed_in("stella")
    assert client.get("/account").status_code == 200
    off = {"active": False}
    world.client("root").patch(f"/api/v1/people/{world.ids['stella']}", json=off)
    assert client.get("/account").status_code == 303
    assert world.client("stella").get("/api/v1/me").status_code == 401
