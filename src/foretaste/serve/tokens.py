"""Tokens that begin with ``ft_``: shown once, kept as their SHA-256, always with an end."""

from __future__ import annotations

import hashlib
import secrets
from dataclasses import dataclass, field

from sqlalchemy import bindparam, select
from sqlalchemy.orm import Session

from foretaste.errors import UsageError
from foretaste.serve.audit import Act
from foretaste.serve.clock import after, is_past, now
from foretaste.serve.problems import AbsentError
from foretaste.serve.roles import SERVICE
from foretaste.serve.tables import Person, Token

__all__ = ["PREFIX", "Made", "digest", "find_token", "make_personal", "make_service", "revoke"]

PREFIX = "ft_"
_LONGEST = 366.0  # days
_FOUND = (
    select(Token, Person)
    .outerjoin(Person, Person.id == Token.person_id)
    .where(Token.sha256 == bindparam("sha256"))
)


@dataclass(frozen=True)
class Made:
    """A new token; `secret` is known here and nowhere else."""

    id: int
    secret: str = field(repr=False)
    expires: str


def digest(secret: str) -> str:
    """What is kept of a token or cookie: 256 random bits need no salt."""
    return hashlib.sha256(secret.encode("utf-8", "replace")).hexdigest()


def make_personal(act: Act, person_id: int, name: str, days: float) -> Made:
    """A token that acts as a person, with all roles of that person."""
    return _make(act, Token(name=_checked(name), person_id=person_id), days, person=person_id)


def make_service(act: Act, name: str, role: str, project_id: int, days: float) -> Made:
    """A token of a service: one thing in one project."""
    if role not in SERVICE:
        raise UsageError(f"role: expected one of {', '.join(sorted(SERVICE))}, got {role!r:.40}")
    token = Token(name=_checked(name), role=role, project_id=project_id)
    return _make(act, token, days, role=role)


def _make(act: Act, token: Token, days: float, **told: object) -> Made:
    if not 0 < days <= _LONGEST:
        raise UsageError(f"days: expected more than 0 and at most {_LONGEST:g}, got {days:g}")
    secret = PREFIX + secrets.token_urlsafe(32)
    token.sha256, token.created = digest(secret), now()
    token.expires = after(86_400 * days)
    act.session.add(token)
    act.session.flush()
    act.record("token.made", token.project_id, token=token.id, name=token.name, **told)
    return Made(token.id, secret, token.expires)


def _checked(name: str) -> str:
    name = name.strip()
    if not 1 <= len(name) <= 80 or not name.isprintable():
        raise UsageError("name: expected 1 to 80 printable characters that say what it is for")
    return name


def find_token(session: Session, secret: str) -> tuple[Token, Person | None] | None:
    """The token and its person, if it is known, not revoked and not at its end.

    The person is None for the token of a service. Whoever was switched off has none.
    """
    found = session.execute(_FOUND, {"sha256": digest(secret)}).one_or_none()
    if found is None:
        return None
    token, person = found
    ended = token.revoked is not None or is_past(token.expires)
    if ended or (token.person_id is not None and (person is None or not person.active)):
        return None
    return token, person


def revoke(act: Act, token_id: int) -> None:
    """End a token now."""
    token = act.session.get(Token, token_id)
    if token is None:
        raise AbsentError(f"token: there is no number {token_id}")
    token.revoked = token.revoked or now()
    act.record("token.revoked", token.project_id, token=token_id, name=token.name)
