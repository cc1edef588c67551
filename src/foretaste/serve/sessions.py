"""Browsers that signed in: a cookie of 256 random bits, of which the SHA-256 is kept."""

from __future__ import annotations

import secrets
from dataclasses import dataclass, field

from sqlalchemy import bindparam, delete, select
from sqlalchemy.orm import Session

from foretaste.serve.audit import Act
from foretaste.serve.clock import after, is_past, now
from foretaste.serve.tables import Person, SignIn
from foretaste.serve.tokens import digest

__all__ = ["HOURS", "Opened", "close_all", "close_session", "find_session", "open_session"]

HOURS = 12.0
_FOUND = (
    select(SignIn, Person)
    .join(Person, Person.id == SignIn.person_id)
    .where(SignIn.sha256 == bindparam("sha256"), Person.active)
)


@dataclass(frozen=True)
class Opened:
    """A new session; `cookie` is known to the browser only."""

    cookie: str = field(repr=False)
    csrf: str = field(repr=False)


def open_session(act: Act, person_id: int, how: str) -> Opened:
    """Sign a person in. The cookie is always new: one that was planted before is worth nothing."""
    cookie, csrf = secrets.token_urlsafe(32), secrets.token_urlsafe(32)
    act.session.execute(delete(SignIn).where(SignIn.expires <= now()))
    act.session.add(
        SignIn(
            sha256=digest(cookie),
            person_id=person_id,
            csrf=csrf,
            created=now(),
            expires=after(3600 * HOURS),
        )
    )
    act.record("signed-in", person=person_id, how=how)
    return Opened(cookie, csrf)


def find_session(session: Session, cookie: str) -> tuple[SignIn, Person] | None:
    """The session of a cookie and its person, if it is known and not at its end."""
    found = session.execute(_FOUND, {"sha256": digest(cookie)}).one_or_none()
    return None if found is None or is_past(found[0].expires) else (found[0], found[1])


def close_session(act: Act, cookie: str, person_id: int) -> None:
    """Sign out."""
    act.session.execute(delete(SignIn).where(SignIn.sha256 == digest(cookie)))
    act.record("signed-out", person=person_id)


def close_all(act: Act, person_id: int) -> None:
    """Sign a person out everywhere: after a new password, or when switched off."""
    act.session.execute(delete(SignIn).where(SignIn.person_id == person_id))
