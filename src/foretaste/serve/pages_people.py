"""Pages of people and tokens, of policies and canaries, and of the audit log."""

from __future__ import annotations

import json
from typing import Annotated

from fastapi import Form, Query, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response
from sqlalchemy import select
from sqlalchemy.orm import Session

from foretaste.errors import UsageError
from foretaste.serve.access import Current, Route
from foretaste.serve.api_data import Number
from foretaste.serve.controls import confirm, controls_of
from foretaste.serve.controls import propose as propose_control
from foretaste.serve.drawing import draw
from foretaste.serve.people import (
    add_person,
    break_glass,
    give_role,
    person_named,
    switch,
    take_role,
)
from foretaste.serve.problems import AbsentError
from foretaste.serve.projects import find_project
from foretaste.serve.roles import HUMAN, SERVICE, Verb
from foretaste.serve.sessions import close_all
from foretaste.serve.tables import AuditEvent, Grant, Person, Project, Token
from foretaste.serve.tokens import make_service, revoke

__all__ = ["pages"]

pages = Route(tags=["pages"], default_response_class=HTMLResponse)
_PAGE = 100  # events
Short = Annotated[str, Form(max_length=80)]


@pages.needs("GET", "/people", Verb.MANAGE, Verb.AUDIT)
def people_page(request: Request, asked: Current) -> HTMLResponse:
    """Everybody, their roles, and the tokens of services."""
    return _people(request, asked)


def _people(request: Request, asked: Current, made: str = "") -> HTMLResponse:
    with asked.server.database.reading() as session:
        people = session.scalars(select(Person).order_by(Person.name)).all()
        grants = session.scalars(select(Grant).order_by(Grant.id)).all()
        projects = session.scalars(select(Project).order_by(Project.name)).all()
        services = session.scalars(
            select(Token).where(Token.role.is_not(None)).order_by(Token.id.desc()).limit(200)
        ).all()
    return draw(
        request, "people", people=people, grants=grants, projects=projects, services=services,
        names={project.id: project.name for project in projects}, made=made,
        roles=sorted(HUMAN), service_roles=sorted(SERVICE), may_manage=asked.may(Verb.MANAGE),
    )  # fmt: skip


@pages.needs("POST", "/people", Verb.MANAGE)
def new_person(
    asked: Current, name: Short, password: Annotated[str, Form(max_length=200)] = ""
) -> Response:
    """Add a person."""
    with asked.server.audit.acting(asked.principal.name) as act:
        add_person(act, name, password or None)
    return RedirectResponse("/people?done=added", 303)


@pages.needs("POST", "/people/{person}/switch", Verb.MANAGE)
def switch_person(asked: Current, person: Number, active: Annotated[bool, Form()]) -> Response:
    """Switch a person on or off."""
    with asked.server.audit.acting(asked.principal.name) as act:
        switch(act, person, active=active)
        if not active:
            close_all(act, person)
    return RedirectResponse("/people?done=changed", 303)


@pages.needs("POST", "/people/roles", Verb.MANAGE)
def new_role(asked: Current, person: Short, role: Short, project: Short = "") -> Response:
    """Give a role, everywhere or in one project."""
    with asked.server.audit.acting(asked.principal.name) as act:
        found = person_named(act.session, person)
        give_role(act, found.id, role, _project_id(act.session, project))
    return RedirectResponse("/people?done=changed", 303)


@pages.needs("POST", "/people/roles/{grant}/take", Verb.MANAGE)
def end_role(asked: Current, grant: Number) -> Response:
    """Take a role away."""
    with asked.server.audit.acting(asked.principal.name) as act:
        take_role(act, grant)
    return RedirectResponse("/people?done=changed", 303)


@pages.needs("POST", "/people/emergency", Verb.MANAGE)
def emergency(
    asked: Current,
    person: Short,
    role: Short,
    project: Short,
    reason: Annotated[str, Form(max_length=2_000)],
    hours: Annotated[float, Form(gt=0, le=4)] = 1.0,
) -> Response:
    """Break the glass."""
    with asked.server.audit.acting(asked.principal.name) as act:
        found = person_named(act.session, person)
        number = _project_id(act.session, project)
        if number is None:
            raise UsageError("project: an emergency is in one project; name it")
        break_glass(act, found.id, role, number, reason, hours)
    return RedirectResponse("/people?done=changed", 303)


@pages.needs("POST", "/people/tokens", Verb.MANAGE)
def new_token(
    request: Request,
    asked: Current,
    name: Short,
    role: Short,
    project: Short,
    days: Annotated[float, Form(gt=0, le=366)] = 90.0,
) -> HTMLResponse:
    """A token of a service, shown once."""
    with asked.server.audit.acting(asked.principal.name) as act:
        number = _project_id(act.session, project)
        if number is None:
            raise UsageError("project: a service works in one project; name it")
        made = make_service(act, name, role, number, days)
    return _people(request, asked, made.secret)


@pages.needs("POST", "/people/tokens/{token}/revoke", Verb.MANAGE)
def end_token(asked: Current, token: Number) -> Response:
    """Revoke a token."""
    with asked.server.audit.acting(asked.principal.name) as act:
        revoke(act, token)
    return RedirectResponse("/people?done=changed", 303)


@pages.needs("GET", "/p/{project}/-/controls", Verb.SEE_POLICY)
def controls_page(request: Request, asked: Current) -> HTMLResponse:
    """Policies, canaries and trigger packs of a project."""
    with asked.server.database.reading() as session:
        found = controls_of(session, asked.the_project.id, hidden=asked.may(Verb.SEE_HIDDEN))
        people = {person.id: person.name for person in session.scalars(select(Person))}
    return draw(
        request, "controls", project=asked.the_project, controls=found, people=people,
        may_edit=asked.may(Verb.CONTROL), me=asked.principal.person_id,
    )  # fmt: skip


@pages.needs("POST", "/p/{project}/-/controls", Verb.CONTROL)
def new_control(
    asked: Current,
    kind: Short,
    name: Short,
    document: Annotated[str, Form(max_length=65_536)] = "{}",
    hidden: Annotated[bool, Form()] = False,
) -> Response:
    """Put a policy, canary or trigger pack forward."""
    try:
        told = json.loads(document)
    except (ValueError, RecursionError) as error:
        raise UsageError(f"document: expected JSON, {error}") from error
    if not isinstance(told, dict):
        raise UsageError("document: expected a JSON object, such as {}")
    with asked.server.audit.acting(asked.principal.name) as act:
        person = asked.principal.person
        project = asked.the_project.id
        propose_control(act, project, kind, name, told, by=person, hidden=hidden)
    return RedirectResponse(f"/p/{asked.the_project.name}/-/controls?done=added", 303)


@pages.needs("POST", "/p/{project}/-/controls/{control}/confirm", Verb.CONTROL)
def confirm_control(asked: Current, control: Number) -> Response:
    """Be the second person of two."""
    with asked.server.audit.acting(asked.principal.name) as act:
        confirm(act, asked.the_project.id, control, asked.principal.person)
    return RedirectResponse(f"/p/{asked.the_project.name}/-/controls?done=changed", 303)


@pages.needs("GET", "/audit", Verb.AUDIT)
def audit_page(
    request: Request,
    asked: Current,
    before: Annotated[int, Query(ge=1, le=2**31 - 1)] = 2**31 - 1,
    check: bool = False,
) -> HTMLResponse:
    """What happened, newest first, and whether the log holds."""
    wanted = select(AuditEvent).where(AuditEvent.id < before).order_by(AuditEvent.id.desc())
    with asked.server.database.reading() as session:
        events = session.scalars(wanted.limit(_PAGE)).all()
    told = [json.loads(event.document) | {"sha256": event.sha256} for event in events]
    problems = asked.server.audit.verify() if check else None
    return draw(
        request, "audit", events=told, problems=problems, count=asked.server.audit.count(),
        older=events[-1].id if len(events) == _PAGE else None,
    )  # fmt: skip


def _project_id(session: Session, name: str) -> int | None:
    if not name:
        return None
    project = find_project(session, name)
    if project is None:
        raise AbsentError(f"project: there is no {name!r:.70}")
    return project.id
