"""How much of a run somebody may see."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy.orm import Session

from foretaste.serve.access import Asked
from foretaste.serve.findings import run_numbered
from foretaste.serve.problems import AbsentError
from foretaste.serve.roles import Verb
from foretaste.serve.tables import Run, Version

__all__ = ["Sight", "owns", "see_run"]


@dataclass(frozen=True)
class Sight:
    """A run, and how much of it is shown."""

    run: Run
    full: bool  # scores, groups, sources, thresholds
    rows: bool  # the rows that were found


def see_run(asked: Asked, session: Session, number: int) -> Sight:
    """A run as who is asking may see it: whole, the own rows only, or how it ended only.

    Raises
    ------
    AbsentError
        There is none, or it is none of theirs.
    """
    run = run_numbered(session, asked.the_dataset, number)
    full = asked.may(Verb.SEE)
    own = asked.may(Verb.SEE_OWN) and owns(asked, session.get_one(Version, run.version_id))
    if not (full or own or asked.may(Verb.RUN)):
        raise AbsentError(f"run: there is no number {number} that you submitted")
    return Sight(run, full, rows=full or own)


def owns(asked: Asked, version: Version) -> bool:
    """Whether who is asking submitted it."""
    person = asked.principal.person_id
    return person is not None and version.submitted_by == person
