"""People and their roles."""

from __future__ import annotations

import re

from sqlalchemy import bindparam, func, select
from sqlalchemy.orm import Session

from foretaste.errors import UsageError
from foretaste.serve.audit import Act
from foretaste.serve.clock import after, now
from foretaste.serve.passwords import hash_password
from foretaste.serve.problems import AbsentError, ConflictError
from foretaste.serve.roles import HUMAN, Held, Role
from foretaste.serve.tables import Grant, Person

__all__ = [
    "add_person",
    "break_glass",
    "duties",
    "give_role",
    "held_by",
    "person_named",
    "set_password",
    "switch",
    "take_role",
]

_NAME = re.compile(r"[\w][\w .@+-]{0,79}")
LONGEST_EMERGENCY = 4.0  # hours
_HELD = (
    select(Grant.role, Grant.project_id, Grant.dataset_id, Grant.expires)
    .join(Person, Person.id == Grant.person_id)
    .where(Grant.person_id == bindparam("person"), Person.active)
    .order_by(Grant.id)
)


def add_person(act: Act, name: str, password: str | None = None, subject: str | None = None) -> int:
    """A new person without any role.

    Raises
    ------
    ConflictError
        The name is taken.
    """
    name = name.strip()
    if not _NAME.fullmatch(name):
        raise UsageError(
            f"name: expected up to 80 letters, digits, spaces or .@+-_, got {name!r:.90}"
        )
    session = act.session
    if session.scalar(select(Person.id).where(func.lower(Person.name) == name.lower())):
        raise ConflictError(f"name: {name!r} is taken; give another")
    kept = None if password is None else hash_password(password)
    person = Person(name=name, password=kept, subject=subject, active=True, created=now())
    session.add(person)
    session.flush()
    act.record("person.added", person=person.id, name=name)
    return person.id


def person_named(session: Session, name: str) -> Person:
    """The person with this name.

    Raises
    ------
    AbsentError
        There is none.
    """
    found = session.scalar(select(Person).where(func.lower(Person.name) == name.strip().lower()))
    if found is None:
        raise AbsentError(f"person: there is no {name!r:.80}")
    return found


def set_password(act: Act, person_id: int, password: str) -> None:
    """Give a person a new password."""
    person = _person(act.session, person_id)
    person.password = hash_password(password)
    act.record("person.password", person=person_id)


def switch(act: Act, person_id: int, *, active: bool) -> None:
    """Switch a person on or off; the last admin stays on."""
    person = _person(act.session, person_id)
    if not active and _is_last_admin(act.session, person_id):
        raise ConflictError("person: the last admin stays; make another one first")
    person.active = active
    act.record("person.on" if active else "person.off", person=person_id)


def give_role(
    act: Act,
    person_id: int,
    role: str,
    project_id: int | None = None,
    dataset_id: int | None = None,
) -> int:
    """Give a person a role everywhere, in a project, or for one data set of it."""
    if role not in HUMAN:
        known = ", ".join(sorted(HUMAN))
        raise UsageError(f"role: expected one of {known}, got {role!r:.40}")
    if role == Role.ADMIN and project_id is not None:
        raise UsageError("role: an admin is one of the whole server; leave the project out")
    _person(act.session, person_id)
    grant = Grant(
        person_id=person_id, role=role, project_id=project_id, dataset_id=dataset_id, created=now()
    )
    act.session.add(grant)
    act.session.flush()
    act.record("role.given", project_id, person=person_id, role=role, dataset=dataset_id)
    return grant.id


def take_role(act: Act, grant_id: int) -> None:
    """Take a role away; the last admin keeps it."""
    grant = act.session.get(Grant, grant_id)
    if grant is None:
        raise AbsentError(f"grant: there is no number {grant_id}")
    if grant.role == Role.ADMIN and _is_last_admin(act.session, grant.person_id):
        raise ConflictError("role: the last admin stays; make another one first")
    act.session.delete(grant)
    act.record("role.taken", grant.project_id, person=grant.person_id, role=grant.role)


def break_glass(
    act: Act, person_id: int, role: str, project_id: int, reason: str, hours: float
) -> int:
    """A role for some hours, with a reason that everybody sees. Four eyes stay in force."""
    if role not in HUMAN - {Role.ADMIN}:
        raise UsageError(f"role: expected a role of a project, got {role!r:.40}")
    if not 0 < hours <= LONGEST_EMERGENCY:
        raise UsageError(f"hours: expected more than 0 and at most {LONGEST_EMERGENCY:g}")
    if len(reason.strip()) < 10:
        raise UsageError("reason: an emergency needs a sentence that others will understand")
    grant = Grant(
        person_id=person_id,
        role=role,
        project_id=project_id,
        expires=after(3600 * hours),
        emergency=reason.strip(),
        created=now(),
    )
    act.session.add(grant)
    act.session.flush()
    act.record(
        "emergency.opened",
        project_id,
        person=person_id,
        role=role,
        reason=reason.strip(),
        until=grant.expires,
    )
    return grant.id


def held_by(session: Session, person_id: int) -> tuple[Held, ...]:
    """The roles of a person that is switched on."""
    grants = session.execute(_HELD, {"person": person_id})
    return tuple(Held(Role(g.role), g.project_id, g.dataset_id, g.expires) for g in grants)


def duties(session: Session) -> str:
    """``four-eyes``, or ``none`` while there is one person; it never goes back to none."""
    people = session.scalar(select(func.count()).select_from(Person)) or 0
    return "none" if people == 1 else "four-eyes"


def _person(session: Session, person_id: int) -> Person:
    person = session.get(Person, person_id)
    if person is None:
        raise AbsentError(f"person: there is no number {person_id}")
    return person


def _is_last_admin(session: Session, person_id: int) -> bool:
    admins = set(
        session.scalars(
            select(Grant.person_id).join(Person).where(Grant.role == Role.ADMIN, Person.active)
        )
    )
    return admins == {person_id}
