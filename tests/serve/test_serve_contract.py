"""Nothing that the OpenAPI document allows, and nothing near it, ends in an internal error."""

from __future__ import annotations

from collections import Counter
from contextlib import suppress
from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, given, settings
from hypothesis.errors import Unsatisfiable
from schemathesis import GenerationMode
from schemathesis.core.result import Ok
from tests.serve.world import World

from foretaste.serve.people import give_role
from foretaste.serve.roles import HUMAN

REAL = {"project": "mail", "dataset": "spring", "run": 1, "group": "g1", "event": 1}
HOST = "127.0.0.1:8765"


@pytest.mark.parametrize(
    ("database", "mode"),
    [("sqlite", GenerationMode.NEGATIVE), ("postgresql", GenerationMode.POSITIVE)],
    indirect=["database"],
)
def test_no_request_breaks_the_server(world: World, mode: GenerationMode) -> None:
    """Bounded: a few requests a route, as somebody who may do everything."""
    with world.server.audit.acting("test") as act:
        for role in HUMAN:
            give_role(act, world.ids["aud"], role)
    headers = {"Authorization": f"Bearer {world.tokens['aud']}", "Host": HOST}
    schema = schemathesis.openapi.from_asgi("/api/v1/openapi.json", world.app, headers=headers)
    codes: Counter[int] = Counter()

    def ask(case: Any) -> None:
        answer = case.call(base_url=f"http://{HOST}", headers=headers)
        assert answer.status_code < 500, (case.method, case.path, case.body, answer.text)
        codes[answer.status_code] += 1

    bounded = settings(
        max_examples=3,
        deadline=None,
        derandomize=True,
        database=None,
        suppress_health_check=list(HealthCheck),
    )
    for result in schema.get_all_operations():
        assert isinstance(result, Ok), result
        operation = result.ok()
        told = {n: REAL[n] for n in REAL if f"{{{n}}}" in operation.path}
        wrong = mode is GenerationMode.NEGATIVE
        if operation.path == "/signout" or (wrong and not (operation.body or operation.query)):
            continue
        case = operation.as_strategy(mode, path_parameters=told or None)
        with suppress(Unsatisfiable):  # nothing that could be wrong in it
            bounded(given(case=case)(ask))()
    assert codes.total() > 100, codes
    assert world.server.audit.verify() == []
