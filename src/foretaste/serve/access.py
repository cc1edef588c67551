"""Who is asking, and may they? Every route names what it needs; what names nothing is refused.

::

    request ─► principal (cookie or token) ─► scope (project, data set of the path) ─► verb

A project that somebody has no role in does not exist for them: 404, not 403.
"""

from __future__ import annotations

import hmac
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Request
from sqlalchemy.orm import Session

from foretaste.serve.people import held_by
from foretaste.serve.problems import AbsentError, ForbiddenError, SignInNeededError
from foretaste.serve.projects import find_place
from foretaste.serve.roles import Held, Role, Verb
from foretaste.serve.server import Server
from foretaste.serve.sessions import find_session
from foretaste.serve.tables import Dataset, Project
from foretaste.serve.tokens import find_token

__all__ = [
    "PUBLIC",
    "SIGNED_IN",
    "Asked",
    "Current",
    "Principal",
    "Route",
    "cookie_name",
    "server_of",
]

PUBLIC, SIGNED_IN = "public", "signed in"
_SAFE = frozenset({"GET", "HEAD", "OPTIONS"})


@dataclass(frozen=True)
class Principal:
    """A person in a browser, a person by token, or a service."""

    name: str
    held: tuple[Held, ...]
    person_id: int | None = None
    token_id: int | None = None
    csrf: str | None = field(default=None, repr=False)  # None: no cookie, so nothing to forge

    def may(self, verb: Verb, project_id: int | None = None, dataset_id: int | None = None) -> bool:
        """Whether one of the roles gives this right there."""
        return any(held.allows(verb, project_id, dataset_id) for held in self.held)

    def knows(self, project_id: int) -> bool:
        """Whether the project exists for them: any role in it, or in one of its data sets."""
        return any(held.project_id in {None, project_id} for held in self.held)

    @property
    def person(self) -> int:
        """The person; decisions are never made by a service."""
        if self.person_id is None:
            raise ForbiddenError("a service decides nothing; sign in as a person")
        return self.person_id


@dataclass(frozen=True)
class Asked:
    """One request, allowed: who, and about what."""

    server: Server
    principal: Principal
    project: Project | None = None
    dataset: Dataset | None = None

    def may(self, verb: Verb) -> bool:
        """Whether who is asking may also do this, here."""
        project = None if self.project is None else self.project.id
        dataset = None if self.dataset is None else self.dataset.id
        return self.principal.may(verb, project, dataset)

    @property
    def the_project(self) -> Project:
        """The project of the path."""
        assert self.project is not None
        return self.project

    @property
    def the_dataset(self) -> Dataset:
        """The data set of the path."""
        assert self.dataset is not None
        return self.dataset


class Route(APIRouter):
    """A router whose routes all say what they need."""

    def needs(self, method: str, path: str, *verbs: Verb | str, **more: Any) -> Callable[..., Any]:
        """Register a route that any of `verbs` opens.

        Parameters
        ----------
        verbs
            Rights, of which one is enough; or `PUBLIC`; or `SIGNED_IN`: any person.
        """
        extra = {"x-needs": [str(verb) for verb in verbs], **more.pop("openapi_extra", {})}
        guard = Depends(_guard(frozenset(verbs)))
        return self.api_route(
            path, methods=[method], dependencies=[guard], openapi_extra=extra, **more
        )


def _guard(verbs: frozenset[Verb | str]) -> Callable[[Request], None]:
    def check(request: Request) -> None:
        server = server_of(request)
        with server.database.reading() as session:
            principal = _principal(server, session, request)
            request.state.principal = principal
            if PUBLIC in verbs:
                return
            if principal is None:
                raise SignInNeededError("sign in first, or send a token (Authorization: Bearer)")
            _refuse_forgery(request, principal)
            request.state.asked = _allowed(server, session, request, principal, verbs)

    return check


def _allowed(
    server: Server,
    session: Session,
    request: Request,
    principal: Principal,
    verbs: frozenset[Verb | str],
) -> Asked:
    project, dataset = _scope(session, request, principal)
    asked = Asked(server, principal, project, dataset)
    if SIGNED_IN in verbs:
        if principal.person_id is None:
            raise ForbiddenError("this is for people; a service has one thing to do")
        return asked
    wanted = [Verb(verb) for verb in verbs]
    if not any(asked.may(verb) for verb in wanted):
        names = " or ".join(sorted(wanted))
        raise ForbiddenError(f"{principal.name} may not do this here: it needs {names}")
    return asked


def _scope(
    session: Session, request: Request, principal: Principal
) -> tuple[Project | None, Dataset | None]:
    named = request.path_params.get("project")
    if named is None:
        return None, None
    wanted = request.path_params.get("dataset")
    project, dataset = find_place(session, named, wanted or "")
    if project is None or not principal.knows(project.id):
        raise AbsentError(f"project: there is no {named!r:.70}")
    if wanted is None:
        return project, None
    if dataset is None or not any(h.covers(project.id, dataset.id) for h in principal.held):
        raise AbsentError(f"data set: there is no {wanted!r:.70}")
    return project, dataset


def _principal(server: Server, session: Session, request: Request) -> Principal | None:
    scheme, _, secret = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() == "bearer":
        return _by_token(session, secret.strip())
    cookie = request.cookies.get(cookie_name(server))
    found = None if cookie is None else find_session(session, cookie)
    if found is None:
        return None
    opened, person = found
    return Principal(person.name, held_by(session, person.id), person.id, csrf=opened.csrf)


def _by_token(session: Session, secret: str) -> Principal | None:
    found = find_token(session, secret)
    if found is None:
        return None
    token, person = found
    if person is not None:
        return Principal(person.name, held_by(session, person.id), person.id, token.id)
    held = Held(Role(str(token.role)), token.project_id)
    return Principal(f"service {token.name}", (held,), token_id=token.id)


def _refuse_forgery(request: Request, principal: Principal) -> None:
    """A browser sends its cookie wherever a page leads it; only our pages know the second word."""
    if principal.csrf is None or request.method in _SAFE:
        return
    told = request.headers.get("x-csrf-token") or getattr(request.state, "csrf", None) or ""
    if not hmac.compare_digest(told.encode(), principal.csrf.encode()):
        raise ForbiddenError("this form is not from your session; load the page again")


def cookie_name(server: Server) -> str:
    """The session's cookie; the prefix binds it to this host where there is TLS."""
    return "__Host-foretaste" if server.settings.is_secure else "foretaste"


def server_of(request: Request) -> Server:
    """The server that answers."""
    server: Server = request.app.state.server
    return server


async def _current(request: Request) -> Asked:  # async: it needs no thread
    asked: Asked = request.state.asked
    return asked


Current = Annotated[Asked, Depends(_current)]
