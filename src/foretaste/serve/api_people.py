"""The API of people, roles, tokens, source owners, policies and canaries, and the audit log."""

from __future__ import annotations

import base64
import json
from typing import Annotated, Any

from fastapi import Query
from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy import select

from foretaste.errors import UsageError
from foretaste.provenance import open_log
from foretaste.serve.access import Current, Route
from foretaste.serve.api_data import Number
from foretaste.serve.controls import confirm, controls_of
from foretaste.serve.controls import propose as propose_control
from foretaste.serve.documents import control_document, person_document, token_document
from foretaste.serve.people import (
    add_person,
    break_glass,
    give_role,
    person_named,
    set_password,
    switch,
    take_role,
)
from foretaste.serve.problems import AbsentError
from foretaste.serve.projects import add_owner, dataset_named, find_project
from foretaste.serve.roles import Verb
from foretaste.serve.sessions import close_all
from foretaste.serve.tables import AuditEvent, Grant, Person, Token
from foretaste.serve.tokens import make_service, revoke

__all__ = ["api"]

api = Route(prefix="/api/v1", tags=["people"])
Name = Annotated[str, Field(min_length=1, max_length=80)]


class _Told(BaseModel):
    model_config = ConfigDict(extra="forbid")


class NewPerson(_Told):
    """A person to add."""

    name: Name
    password: str | None = Field(default=None, max_length=200)


class Change(_Told):
    """What to change of a person."""

    active: bool | None = None
    password: str | None = Field(default=None, max_length=200)


class NewGrant(_Told):
    """A role to give."""

    person: Name
    role: str = Field(max_length=20)
    project: str | None = Field(default=None, max_length=60)
    dataset: str | None = Field(default=None, max_length=60)


class Emergency(_Told):
    """A role for some hours, with a reason that everybody sees."""

    person: Name
    role: str = Field(max_length=20)
    reason: str = Field(max_length=2_000)
    hours: float = Field(default=1.0, gt=0, le=4)


class NewToken(_Told):
    """A token of a service."""

    name: Name
    role: str = Field(max_length=20)
    days: float = Field(default=90.0, gt=0, le=366)


class NewOwner(_Told):
    """Who answers for a source."""

    person: Name
    source: str = Field(min_length=1, max_length=300)


class NewControl(_Told):
    """A policy, canary or trigger pack."""

    kind: str = Field(max_length=10)
    name: str = Field(min_length=1, max_length=60)
    document: dict[str, Any] = Field(default_factory=dict)
    hidden: bool = False


@api.needs("GET", "/people", Verb.MANAGE, Verb.AUDIT)
def list_people(asked: Current) -> list[dict[str, Any]]:
    """Everybody, with their roles."""
    with asked.server.database.reading() as session:
        grants = session.scalars(select(Grant).order_by(Grant.id)).all()
        people = session.scalars(select(Person).order_by(Person.name)).all()
    return [person_document(p, [g for g in grants if g.person_id == p.id]) for p in people]


@api.needs("POST", "/people", Verb.MANAGE, status_code=201)
def new_person(asked: Current, told: NewPerson) -> dict[str, int]:
    """Add a person without any role."""
    with asked.server.audit.acting(asked.principal.name) as act:
        return {"id": add_person(act, told.name, told.password)}


@api.needs("PATCH", "/people/{person}", Verb.MANAGE)
def change_person(asked: Current, person: Number, told: Change) -> dict[str, int]:
    """Switch a person on or off, or give a new password; sessions end with it."""
    with asked.server.audit.acting(asked.principal.name) as act:
        if told.active is not None:
            switch(act, person, active=told.active)
        if told.password is not None:
            set_password(act, person, told.password)
        if told.password is not None or told.active is False:
            close_all(act, person)
        if told.active is None and told.password is None:
            raise UsageError("change: name what to change, active or password")
    return {"id": person}


@api.needs("POST", "/roles", Verb.MANAGE, status_code=201)
def new_grant(asked: Current, told: NewGrant) -> dict[str, int]:
    """Give a role: everywhere, in a project, or for one data set."""
    with asked.server.audit.acting(asked.principal.name) as act:
        person = person_named(act.session, told.person)
        project, dataset = None, None
        if told.project is not None:
            project = find_project(act.session, told.project)
            if project is None:
                raise AbsentError(f"project: there is no {told.project!r:.70}")
        if told.dataset is not None:
            if project is None:
                raise UsageError("dataset: name its project, too")
            dataset = dataset_named(act.session, project.id, told.dataset)
        ids = (project.id if project else None, dataset.id if dataset else None)
        return {"id": give_role(act, person.id, told.role, *ids)}


@api.needs("DELETE", "/roles/{grant}", Verb.MANAGE)
def end_grant(asked: Current, grant: Number) -> dict[str, int]:
    """Take a role away."""
    with asked.server.audit.acting(asked.principal.name) as act:
        take_role(act, grant)
    return {"id": grant}


@api.needs("POST", "/projects/{project}/emergencies", Verb.MANAGE, status_code=201)
def new_emergency(asked: Current, told: Emergency) -> dict[str, int]:
    """Break the glass: a role for some hours. Four eyes stay in force."""
    with asked.server.audit.acting(asked.principal.name) as act:
        person = person_named(act.session, told.person)
        project = asked.the_project.id
        number = break_glass(act, person.id, told.role, project, told.reason, told.hours)
    return {"id": number}


@api.needs("GET", "/projects/{project}/tokens", Verb.MANAGE, Verb.AUDIT)
def list_tokens(asked: Current) -> list[dict[str, Any]]:
    """The tokens of a project's services."""
    wanted = select(Token).where(Token.project_id == asked.the_project.id).order_by(Token.id)
    with asked.server.database.reading() as session:
        return [token_document(token) for token in session.scalars(wanted)]


@api.needs("POST", "/projects/{project}/tokens", Verb.MANAGE, status_code=201)
def new_token(asked: Current, told: NewToken) -> dict[str, Any]:
    """Make a token of a service; it is shown here and never again."""
    with asked.server.audit.acting(asked.principal.name) as act:
        made = make_service(act, told.name, told.role, asked.the_project.id, told.days)
    return {"id": made.id, "token": made.secret, "expires": made.expires}


@api.needs("DELETE", "/projects/{project}/tokens/{token}", Verb.MANAGE)
def end_token(asked: Current, token: Number) -> dict[str, int]:
    """Revoke a token."""
    with asked.server.audit.acting(asked.principal.name) as act:
        found = act.session.get(Token, token)
        if found is None or found.project_id != asked.the_project.id:
            raise AbsentError(f"token: there is no number {token}")
        revoke(act, token)
    return {"id": token}


@api.needs("POST", "/projects/{project}/datasets/{dataset}/owners", Verb.CONTROL, status_code=201)
def new_owner(asked: Current, told: NewOwner) -> dict[str, str]:
    """Say who answers for a source, and so never approves a release of its rows."""
    with asked.server.audit.acting(asked.principal.name) as act:
        person = person_named(act.session, told.person)
        add_owner(act, asked.the_dataset, told.source, person.id)
    return {"source": told.source, "person": told.person}


@api.needs("GET", "/projects/{project}/controls", Verb.SEE_POLICY)
def list_controls(asked: Current) -> list[dict[str, Any]]:
    """Policies, canaries and trigger packs; hidden canaries for those who may see them."""
    hidden = asked.may(Verb.SEE_HIDDEN)
    with asked.server.database.reading() as session:
        found = controls_of(session, asked.the_project.id, hidden=hidden)
        return [control_document(one) for one in found]


@api.needs("POST", "/projects/{project}/controls", Verb.CONTROL, status_code=201)
def new_control(asked: Current, told: NewControl) -> dict[str, Any]:
    """Put a policy, canary or trigger pack forward."""
    with asked.server.audit.acting(asked.principal.name) as act:
        made = propose_control(
            act,
            asked.the_project.id,
            told.kind,
            told.name,
            told.document,
            by=asked.principal.person,
            hidden=told.hidden,
        )
        return control_document(made)


@api.needs("POST", "/projects/{project}/controls/{control}/confirm", Verb.CONTROL)
def confirm_control(asked: Current, control: Number) -> dict[str, Any]:
    """Be the second person of two."""
    with asked.server.audit.acting(asked.principal.name) as act:
        done = confirm(act, asked.the_project.id, control, asked.principal.person)
        return control_document(done)


@api.needs("GET", "/audit", Verb.AUDIT)
def list_events(
    asked: Current,
    before: Annotated[int, Query(ge=1, le=2**31 - 1)] = 2**31 - 1,
    limit: Annotated[int, Query(ge=1, le=500)] = 100,
) -> list[dict[str, Any]]:
    """What happened, newest first."""
    wanted = select(AuditEvent).where(AuditEvent.id < before)
    with asked.server.database.reading() as session:
        events = session.scalars(wanted.order_by(AuditEvent.id.desc()).limit(limit)).all()
    return [json.loads(event.document) | {"sha256": event.sha256} for event in events]


@api.needs("GET", "/audit/verify", Verb.AUDIT)
def verify_audit(asked: Current) -> dict[str, Any]:
    """Whether everything holds: the log, the database, and each against the other."""
    problems = asked.server.audit.verify()
    return {"holds": not problems, "problems": problems, "events": asked.server.audit.count()}


@api.needs("GET", "/audit/{event}/proof", Verb.AUDIT)
def prove_event(asked: Current, event: Number) -> dict[str, Any]:
    """A proof that an event is in the log, as ``foretaste log prove`` writes it."""
    if event > asked.server.audit.count():
        raise AbsentError(f"event: there is no number {event}")
    proof, holds = asked.server.audit.prove(event)
    return {
        "index": proof.index,
        "entry": base64.b64encode(proof.entry).decode(),
        "path": [base64.b64encode(beside).decode() for beside in proof.proof],
        "checkpoint": open_log(asked.server.home.log).note.to_bytes().decode(),
        "holds": holds,
    }
