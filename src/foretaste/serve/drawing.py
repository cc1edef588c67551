"""Pages: templates of this room over those of the report, which escape all that they are handed."""

from __future__ import annotations

from functools import cache
from importlib.resources import files
from typing import Any

import jinja2
from fastapi import Request
from fastapi.responses import HTMLResponse
from sqlalchemy import bindparam, select

from foretaste.report.page import environment, read_asset
from foretaste.report.standards import supports
from foretaste.report.standards import version as standards_version
from foretaste.serve.access import Principal, server_of
from foretaste.serve.clock import now
from foretaste.serve.roles import Verb
from foretaste.serve.tables import Grant, Person, Project

__all__ = ["asset", "draw", "pages"]

_FOLDER = files("foretaste.serve")
_PAGES = (
    "account",
    "audit",
    "base",
    "card",
    "controls",
    "dataset",
    "group",
    "home",
    "people",
    "problem",
    "project",
    "quarantine",
    "rows",
    "run",
    "signin",
    "widgets",
)


_EMERGENCIES = (
    select(Grant, Person.name, Project.name)
    .join(Person, Person.id == Grant.person_id)
    .join(Project, Project.id == Grant.project_id)
    .where(Grant.emergency != "", Grant.expires > bindparam("now"))
)


@cache
def pages() -> jinja2.Environment:
    """All templates."""
    own = {
        f"serve/{name}.html.j2": (_FOLDER / "template" / f"{name}.html.j2").read_text("utf-8")
        for name in _PAGES
    }
    drawn = environment()
    assert drawn.loader is not None
    made = drawn.overlay(loader=jinja2.ChoiceLoader([jinja2.DictLoader(own), drawn.loader]))
    own_names = {"supports": supports, "standards": standards_version(), "Verb": Verb}
    made.globals = {**made.globals, **own_names}  # not into the report's own
    return made


@cache
def asset(name: str) -> tuple[bytes, str]:
    """A style sheet or script, and its media type.

    Raises
    ------
    KeyError
        There is none of this name.
    """
    kinds = {"report.css": "text/css", "serve.css": "text/css", "serve.js": "text/javascript"}
    kind = kinds[name]
    if name == "report.css":
        return read_asset("style.css").encode(), kind
    return (_FOLDER / "static" / name).read_bytes(), kind


def draw(request: Request, page: str, status: int = 200, **values: Any) -> HTMLResponse:
    """A page with what every page has: who is signed in, emergencies, what was just done."""
    principal: Principal | None = getattr(request.state, "principal", None)
    shared: dict[str, Any] = {
        "principal": principal,
        "csrf": "" if principal is None else principal.csrf or "",
        "path": request.url.path,
        "told": _TOLD.get(request.query_params.get("done", "")),
        "emergencies": _emergencies(request, principal),
    }
    template = pages().get_template(f"serve/{page}.html.j2")
    return HTMLResponse(template.render(shared | values), status)


def _emergencies(request: Request, principal: Principal | None) -> list[dict[str, str]]:
    """Broken glass that is still open, where who is looking may know of it."""
    if principal is None:
        return []
    with server_of(request).database.reading() as session:
        found = session.execute(_EMERGENCIES, {"now": now()}).all()
    return [
        {
            "person": person,
            "project": project,
            "role": grant.role,
            "until": str(grant.expires),
            "reason": grant.emergency,
        }
        for grant, person, project in found
        if principal.knows(grant.project_id or 0)
    ]


_TOLD = {
    "uploaded": "The file is in; a run of it is queued.",
    "submitted": "The file is in. Somebody who may run the gate goes on from here.",
    "queued": "A run is queued.",
    "opinion": "Your opinion is written down.",
    "proposed": "Proposed. Somebody else decides.",
    "released": "Approved and signed. The rows leave the quarantine, and the gate runs again.",
    "rejected": "Rejected. The rows stay where they are.",
    "added": "Added.",
    "changed": "Changed.",
    "password": "Your password is set. Other browsers are signed out.",
}
