"""What reviewers think; blind: others' opinions are shown once one's own is given."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import bindparam, select, update
from sqlalchemy.orm import Session

from foretaste.errors import UsageError
from foretaste.serve.audit import Act
from foretaste.serve.clock import now
from foretaste.serve.findings import group_named
from foretaste.serve.problems import AbsentError
from foretaste.serve.tables import Dataset, Finding, Opinion, Person, Run

__all__ = ["SAYS", "give_opinion", "opinions_for"]

SAYS = ("poison", "clean", "unsure")
_NEWEST = (
    select(Opinion, Person.name)
    .join(Person, Person.id == Opinion.person_id)
    .where(
        Opinion.run_id == bindparam("run"),
        Opinion.group == bindparam("name"),
        Opinion.newest,
        Opinion.row.is_(None),
    )
    .order_by(Opinion.id)
)


def give_opinion(
    act: Act, run: Run, group: str, says: str, *, by: int, row: int | None = None, reason: str = ""
) -> Opinion:
    """Say what one thinks of a group, or of one row. The last word of a person counts."""
    if says not in SAYS:
        raise UsageError(f"says: expected {', '.join(SAYS)}, got {says!r:.40}")
    if len(reason) > 2_000:
        raise UsageError(f"reason: at most 2,000 characters, got {len(reason):,}")
    session = act.session
    if group or row is None:
        group_named(session, run, group)
    if row is not None:
        found = session.get(Finding, (run.id, row))
        if found is None or found.group != group:
            raise AbsentError(f"row: {row} is none of {group or 'the single rows'}")
    same = (
        Opinion.run_id == run.id,
        Opinion.group == group,
        Opinion.person_id == by,
        Opinion.row.is_(None) if row is None else Opinion.row == row,
    )
    session.execute(update(Opinion).where(Opinion.newest, *same).values(newest=False))
    opinion = Opinion(
        run_id=run.id,
        group=group,
        row=row,
        person_id=by,
        says=says,
        reason=reason.strip(),
        newest=True,
        created=now(),
    )
    session.add(opinion)
    project = session.get_one(Dataset, run.dataset_id).project_id
    act.record("opinion", project, run=run.id, group=group, row=row, says=says)
    return opinion


def opinions_for(
    session: Session, run: Run, group: str, reader: int | None, *, reviews: bool
) -> Sequence[tuple[Opinion, str]]:
    """The last opinion of each person on a group, with names.

    Parameters
    ----------
    reader
        Who asks.
    reviews
        Whether the reader is one of the reviewers: then others' opinions are hidden until the
        reader's own is given, so that a second review is a second one.
    """
    found = session.execute(_NEWEST, {"run": run.id, "name": group})
    last = {opinion.person_id: (opinion, name) for opinion, name in found}
    if reviews and reader not in last:
        return []
    return list(last.values())
