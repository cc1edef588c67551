"""Pages of signing in, signing out, and one's own account."""

from __future__ import annotations

from typing import Annotated

from fastapi import Form, Query, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response
from sqlalchemy import func, select

from foretaste.serve.access import PUBLIC, SIGNED_IN, Current, Route, cookie_name, server_of
from foretaste.serve.attempts import check_attempts, failed, forget
from foretaste.serve.drawing import asset, draw
from foretaste.serve.passwords import check_password
from foretaste.serve.people import set_password
from foretaste.serve.problems import AbsentError, SignInNeededError, TooManyError
from foretaste.serve.security import is_inside
from foretaste.serve.server import Server
from foretaste.serve.sessions import HOURS, close_all, close_session, open_session
from foretaste.serve.tables import Person, Token
from foretaste.serve.tokens import PREFIX, find_token, make_personal, revoke

__all__ = ["pages"]

pages = Route(tags=["pages"], default_response_class=HTMLResponse)


@pages.needs("GET", "/signin", PUBLIC)
def sign_in_page(
    request: Request, then: Annotated[str, Query(max_length=500)] = "/"
) -> HTMLResponse:
    """The form."""
    return draw(request, "signin", then=then if is_inside(then) else "/", problem="")


@pages.needs("POST", "/signin", PUBLIC)
def sign_in(
    request: Request,
    name: Annotated[str, Form(max_length=80)] = "",
    secret: Annotated[str, Form(max_length=400)] = "",
    then: Annotated[str, Form(max_length=500)] = "/",
) -> Response:
    """Check a password, or the token that was printed at the first start."""
    server = server_of(request)
    then = then if is_inside(then) else "/"
    address = request.client.host if request.client else "unknown"
    keys = {"name": name.strip() or "(token)", "address": address}
    try:
        with server.database.reading() as session:
            check_attempts(session, keys)
    except TooManyError as error:
        page = draw(request, "signin", 429, then=then, problem=str(error))
        page.headers["Retry-After"] = str(error.wait)
        return page
    person = _person(server, name, secret)
    if person is None:
        with server.audit.acting(f"address {address}") as act:
            failed(act.session, keys)
            act.record("sign-in.failed", name=name.strip()[:80])
        problem = "The name or the secret is wrong. Nothing is said about which."
        return draw(request, "signin", 401, then=then, problem=problem)
    with server.audit.acting(person.name) as act:
        forget(act.session, keys["name"])
        old = request.cookies.get(cookie_name(server))
        if old is not None:
            close_session(act, old, person.id)
        how = "token" if secret.startswith(PREFIX) else "password"
        opened = open_session(act, person.id, how)
    answer = RedirectResponse(then, 303)
    answer.set_cookie(
        cookie_name(server),
        opened.cookie,
        max_age=int(3600 * HOURS),
        httponly=True,
        samesite="lax",
        secure=server.settings.is_secure,
        path="/",
    )
    return answer


def _person(server: Server, name: str, secret: str) -> Person | None:
    """Whose name and secret these are."""
    with server.database.reading() as session:
        if secret.startswith(PREFIX):
            found = find_token(session, secret.strip())
            person = None if found is None else found[1]
        else:
            wanted = select(Person).where(func.lower(Person.name) == name.strip().lower())
            person = session.scalar(wanted)
            if not check_password(person.password if person else None, secret):
                return None
    return person if person is not None and person.active else None


@pages.needs("POST", "/signout", SIGNED_IN)
def sign_out(request: Request, asked: Current) -> Response:
    """End this session."""
    cookie = request.cookies.get(cookie_name(asked.server))
    if cookie is not None:
        with asked.server.audit.acting(asked.principal.name) as act:
            close_session(act, cookie, asked.principal.person)
    answer = RedirectResponse("/signin", 303)
    answer.delete_cookie(cookie_name(asked.server), path="/")
    return answer


@pages.needs("GET", "/account", SIGNED_IN)
def account(request: Request, asked: Current) -> HTMLResponse:
    """One's own roles, password and tokens."""
    return _account(request, asked)


def _account(request: Request, asked: Current, status: int = 200, made: str = "") -> HTMLResponse:
    wanted = select(Token).where(Token.person_id == asked.principal.person).order_by(Token.id)
    with asked.server.database.reading() as session:
        person = session.get_one(Person, asked.principal.person)
        tokens = session.scalars(wanted).all()
    has_password = person.password is not None
    return draw(
        request, "account", status, person=person, tokens=tokens, made=made,
        has_password=has_password,
    )  # fmt: skip


@pages.needs("POST", "/account/password", SIGNED_IN)
def new_password(
    request: Request,
    asked: Current,
    password: Annotated[str, Form(max_length=400)],
    old: Annotated[str, Form(max_length=400)] = "",
) -> Response:
    """Set the own password; the old one is asked for where there is one."""
    person_id = asked.principal.person
    with asked.server.database.reading() as session:
        kept = session.get_one(Person, person_id).password
    if kept is not None and not check_password(kept, old):
        raise SignInNeededError("password: the old one is wrong")
    with asked.server.audit.acting(asked.principal.name) as act:
        set_password(act, person_id, password)
        close_all(act, person_id)
        opened = open_session(act, person_id, "password")
    answer = RedirectResponse("/account?done=password", 303)
    if request.cookies.get(cookie_name(asked.server)) is not None:
        answer.set_cookie(
            cookie_name(asked.server), opened.cookie, max_age=int(3600 * HOURS), httponly=True,
            samesite="lax", secure=asked.server.settings.is_secure, path="/",
        )  # fmt: skip
    return answer


@pages.needs("POST", "/account/tokens", SIGNED_IN)
def new_personal_token(
    request: Request,
    asked: Current,
    name: Annotated[str, Form(max_length=80)],
    days: Annotated[float, Form(gt=0, le=366)] = 30.0,
) -> HTMLResponse:
    """A token for the command line; shown on this page and never again."""
    with asked.server.audit.acting(asked.principal.name) as act:
        made = make_personal(act, asked.principal.person, name, days)
    return _account(request, asked, made=made.secret)


@pages.needs("POST", "/account/tokens/{token}/revoke", SIGNED_IN)
def end_personal_token(asked: Current, token: int) -> Response:
    """End one of the own tokens."""
    with asked.server.audit.acting(asked.principal.name) as act:
        found = act.session.get(Token, token) if 0 < token < 2**31 else None
        if found is None or found.person_id != asked.principal.person:
            raise AbsentError(f"token: there is no number {token}")
        revoke(act, token)
    return RedirectResponse("/account?done=changed", 303)


@pages.needs("GET", "/static/{name}", PUBLIC)
def static(name: str) -> Response:
    """Style sheets and the script."""
    try:
        content, kind = asset(name)
    except KeyError:
        raise AbsentError("static: there is no such file") from None
    return Response(content, media_type=kind, headers={"Cache-Control": "max-age=300"})
