"""The first start: one local admin who may do everything while alone, and a token shown once."""

from __future__ import annotations

import getpass
import re

from sqlalchemy import func, select

from foretaste.serve.people import add_person, give_role, person_named
from foretaste.serve.projects import add_project
from foretaste.serve.roles import HUMAN
from foretaste.serve.server import Server
from foretaste.serve.tables import Person
from foretaste.serve.tokens import make_personal

__all__ = ["first_start", "new_token"]

_DAYS = 30.0


def first_start(server: Server) -> str | None:
    """Make the first person and the project "main"; returns the token, or None if there are people.

    The first person has every role: somebody alone can do all there is to do, and the database
    writes ``separation_of_duties: none`` into every approval until a second person comes.
    """
    with server.database.reading() as session:
        if session.scalar(select(func.count()).select_from(Person)):
            return None
    with server.audit.acting("first start") as act:
        if act.session.scalar(select(func.count()).select_from(Person)):
            return None
        person = add_person(act, _own_name())
        for role in sorted(HUMAN):
            give_role(act, person, role)
        add_project(act, "main")
        return make_personal(act, person, "first start", _DAYS).secret


def new_token(server: Server, name: str) -> str:
    """A fresh token for somebody who lost the first; whoever owns the files may do this."""
    with server.audit.acting("command line") as act:
        person = person_named(act.session, name)
        return make_personal(act, person.id, "command line", _DAYS).secret


def _own_name() -> str:
    try:
        name = getpass.getuser()
    except (OSError, KeyError):  # a container's user without a name
        name = "admin"
    return re.sub(r"[^\w .@+-]", "", name)[:80].strip() or "admin"
