"""How often somebody may try: failed sign-ins are counted in the database, for all processes."""

from __future__ import annotations

from sqlalchemy import delete
from sqlalchemy.orm import Session

from foretaste.serve.clock import after, is_past, moment, now
from foretaste.serve.problems import TooManyError
from foretaste.serve.tables import Attempts
from foretaste.serve.tokens import digest

__all__ = ["check_attempts", "failed", "forget"]

_WINDOW = 900.0  # seconds
_MOST = {"name": 10, "address": 50}  # failures within it


def check_attempts(session: Session, keys: dict[str, str]) -> None:
    """Refuse before anything is compared.

    Parameters
    ----------
    keys
        What is counted: ``name`` and ``address``.

    Raises
    ------
    TooManyError
        Too many failures within the last 15 minutes.
    """
    for kind, value in keys.items():
        found = session.get(Attempts, digest(f"{kind} {value.lower()}"))
        if found is None or is_past(found.until) or found.count < _MOST[kind]:
            continue
        wait = max(1, int((moment(found.until) - moment(now())).total_seconds()))
        raise TooManyError("sign in: too many attempts; wait, or ask an admin", wait)


def failed(session: Session, keys: dict[str, str]) -> None:
    """Count a failure."""
    session.execute(delete(Attempts).where(Attempts.until <= now()))
    for kind, value in keys.items():
        key = digest(f"{kind} {value.lower()}")
        found = session.get(Attempts, key)
        if found is None:
            session.add(Attempts(key=key, count=1, until=after(_WINDOW)))
        else:
            found.count += 1


def forget(session: Session, name: str) -> None:
    """A success wipes the failures of a name."""
    session.execute(delete(Attempts).where(Attempts.key == digest(f"name {name.lower()}")))
