"""What a run found, read in pages that take the same time at row 100 and row 100,000."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import bindparam, func, select
from sqlalchemy.orm import Session

from foretaste.errors import UsageError
from foretaste.serve.problems import AbsentError
from foretaste.serve.tables import Dataset, Finding, Run, RunGroup

__all__ = [
    "PAGE",
    "Shown",
    "group_named",
    "groups_of",
    "latest_run",
    "newest_done",
    "page_of",
    "run_numbered",
    "runs_of",
    "states_of",
]

_NEWEST = (
    select(Run.id)
    .where(Run.dataset_id == bindparam("dataset"), Run.state == "done")
    .order_by(Run.number.desc())
    .limit(1)
)
PAGE = 50  # rows
_LARGEST_PAGE = 500


@dataclass(frozen=True)
class Shown:
    """A page of rows, and where the next one begins (None: this was the last)."""

    rows: Sequence[Finding]
    next: int | None


def run_numbered(session: Session, dataset: Dataset, number: int) -> Run:
    """One run of a data set.

    Raises
    ------
    AbsentError
        There is none.
    """
    wanted = select(Run).where(Run.dataset_id == dataset.id, Run.number == number)
    found = session.scalar(wanted)
    if found is None:
        raise AbsentError(f"run: there is no number {number}")
    return found


def runs_of(session: Session, dataset_id: int, last: int = 50) -> list[Run]:
    """The runs of a data set, newest first."""
    wanted = select(Run).where(Run.dataset_id == dataset_id).order_by(Run.number.desc())
    return list(session.scalars(wanted.limit(last)))


def latest_run(session: Session, dataset_id: int) -> Run | None:
    """The newest run that is done: the only one whose rows can be released."""
    wanted = select(Run).where(Run.dataset_id == dataset_id, Run.state == "done")
    return session.scalar(wanted.order_by(Run.number.desc()).limit(1))


def newest_done(session: Session, dataset_id: int) -> int | None:
    """The same, its id only."""
    return session.scalar(_NEWEST, {"dataset": dataset_id})


def groups_of(session: Session, run_id: int) -> list[RunGroup]:
    """The groups of a run, strongest evidence first."""
    wanted = select(RunGroup).where(RunGroup.run_id == run_id).order_by(RunGroup.place)
    return list(session.scalars(wanted))


def group_named(session: Session, run: Run, name: str) -> tuple[RunGroup, dict[str, Any]]:
    """A group and its document.

    Raises
    ------
    AbsentError
        There is none.
    """
    group = session.get(RunGroup, (run.id, name))
    if group is None:
        raise AbsentError(f"group: there is no {name!r:.30} in run {run.number}")
    document: dict[str, Any] = json.loads(group.document)
    return group, document


def page_of(
    session: Session, run_id: int, group: str | None = None, after: int = -1, limit: int = PAGE
) -> Shown:
    """Rows of a run in their order, from the first after row `after`.

    Parameters
    ----------
    group
        Only the rows of this group; "" those of none, None all.
    """
    if not 1 <= limit <= _LARGEST_PAGE:
        raise UsageError(f"limit: expected 1 to {_LARGEST_PAGE}, got {limit}")
    wanted = select(Finding).where(Finding.run_id == run_id, Finding.row > after)
    if group is not None:
        wanted = wanted.where(Finding.group == group)
    rows = session.scalars(wanted.order_by(Finding.row).limit(limit + 1)).all()
    more = len(rows) > limit
    return Shown(rows[:limit], rows[limit - 1].row if more else None)


def states_of(session: Session, run_id: int, group: str | None = None) -> dict[str, int]:
    """How many rows are in which state."""
    wanted = select(Finding.state, func.count()).where(Finding.run_id == run_id)
    if group is not None:
        wanted = wanted.where(Finding.group == group)
    rows = session.execute(wanted.group_by(Finding.state)).all()
    return {str(state): int(count) for state, count in rows}
