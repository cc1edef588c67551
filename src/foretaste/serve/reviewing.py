"""What the review page shows of a group: its card, a page of rows, and how they stand.

The card and the rows of a run that is done are drawn once and found again (`fragments`); what is
asked of the database each time is small, whatever the number of rows.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

import numpy as np
from markupsafe import Markup
from sqlalchemy import bindparam, case, func, select
from sqlalchemy.orm import Session, defer

from foretaste.report.codec import build
from foretaste.serve.drawing import pages
from foretaste.serve.findings import group_named, newest_done, page_of, states_of
from foretaste.serve.fragments import Fragments
from foretaste.serve.problems import AbsentError
from foretaste.serve.tables import Dataset, Release, Run, RunGroup
from foretaste.types import Group

__all__ = ["Review", "look_at", "progress_of", "states_in"]

_PROGRESS = select(func.count(), func.count(case((Release.state != "proposed", 1)))).where(
    Release.run_id == bindparam("run")
)
_RUN = (
    select(Run)
    .where(Run.dataset_id == bindparam("dataset"), Run.number == bindparam("number"))
    .options(defer(Run.summary))
)
_GROUP = (
    select(RunGroup)
    .where(RunGroup.run_id == bindparam("run"), RunGroup.name == bindparam("name"))
    .options(defer(RunGroup.document))
)
_NAMES = select(RunGroup.name).where(RunGroup.run_id == bindparam("run")).order_by(RunGroup.place)


@dataclass(frozen=True)
class Review:
    """One group, as far as it is the same for all who may see it."""

    run: Run
    group: RunGroup
    card: Markup  # the evidence, as the report draws it
    table: Markup  # a page of rows
    states: dict[str, int]  # rows by state
    is_newest: bool  # whether rows of this run can be released at all
    before: str | None  # the group before it
    following: str | None

    @property
    def quarantined(self) -> int:
        """How many rows of it can be proposed for release."""
        return self.states.get("quarantined", 0)


def look_at(
    session: Session,
    kept: Fragments,
    dataset: Dataset,
    number: int,
    name: str,
    *,
    after: int = -1,
    choose: bool = False,
) -> Review:
    """A group for review.

    Parameters
    ----------
    kept
        Where what was drawn before is found.
    after
        The row before the first that is shown.
    choose
        Whether who is looking may propose: rows then have boxes.

    Raises
    ------
    AbsentError
        There is no such run or group.
    """
    run = session.scalar(_RUN, {"dataset": dataset.id, "number": number})
    if run is None:
        raise AbsentError(f"run: there is no number {number}")
    group = session.scalar(_GROUP, {"run": run.id, "name": name})
    if group is None:
        raise AbsentError(f"group: there is no {name!r:.30} in run {number}")
    is_newest = newest_done(session, dataset.id) == run.id
    choose = choose and is_newest
    at = (run.id, name, progress_of(session, run.id))  # all that the rows depend on
    table = kept.recall((*at, after, choose), lambda: _table(session, run, name, after, choose))
    states = states_in(session, kept, run, name)
    card = kept.recall((run.id, name), lambda: _card(session, run, group))
    names = kept.recall((run.id,), lambda: list(session.scalars(_NAMES, {"run": run.id})))
    place = names.index(name)
    following = names[place + 1] if place + 1 < len(names) else None
    before = names[place - 1] if place else None
    return Review(run, group, card, table, states, is_newest, before, following)


def states_in(
    session: Session, kept: Fragments, run: Run, name: str | None = None
) -> dict[str, int]:
    """How many rows of a run, or of one group, are in which state; counted once a change."""
    key = ("states", run.id, run.state, name, progress_of(session, run.id))
    return kept.recall(key, lambda: states_of(session, run.id, name))


def progress_of(session: Session, run_id: int) -> tuple[int, int]:
    """How far the releases of a run are: how many there are, and how many are decided.

    Both only grow, and rows move with them alone; so the same numbers mean the same rows.
    """
    proposed, decided = session.execute(_PROGRESS, {"run": run_id}).one()
    return int(proposed), int(decided)


def _table(session: Session, run: Run, name: str, after: int, choose: bool) -> Markup:
    shown = page_of(session, run.id, name, after)
    return _drawn("rows", shown=shown, choose=choose, after=after)


def _card(session: Session, run: Run, group: RunGroup) -> Markup:
    document = group_named(session, run, group.name)[1]
    summary = session.scalar(select(Run.summary).where(Run.id == run.id))
    rows = np.zeros(group.size, np.int64)
    return _drawn(
        "card",
        group=build(Group, document, "group", rows=rows, trigger=None),
        place=group.place + 1,
        total_rows=run.rows,
        row_names="",
        modality=str(json.loads(summary or "{}").get("modality", "table")),
    )


def _drawn(page: str, **values: Any) -> Markup:
    return Markup(pages().get_template(f"serve/{page}.html.j2").render(values))  # noqa: S704 - the template escaped it
