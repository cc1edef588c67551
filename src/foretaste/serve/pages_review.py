"""Pages of review: a run, a group of rows, the quarantine."""

from __future__ import annotations

import json
from typing import Annotated, Any

from fastapi import Form, Path, Query, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response
from sqlalchemy import select

from foretaste.report.codec import decode
from foretaste.serve.access import Asked, Current, Route
from foretaste.serve.api_data import Number
from foretaste.serve.drawing import draw
from foretaste.serve.findings import (
    groups_of,
    latest_run,
    newest_done,
    page_of,
    run_numbered,
    runs_of,
)
from foretaste.serve.opinions import give_opinion, opinions_for
from foretaste.serve.releases import (
    approve,
    find_release,
    may_not_approve,
    propose,
    reject,
    releases_of,
)
from foretaste.serve.reviewing import look_at, states_in
from foretaste.serve.roles import Verb
from foretaste.serve.tables import Person
from foretaste.serve.viewing import see_run
from foretaste.types import SourceFinding

__all__ = ["pages"]

pages = Route(tags=["pages"], default_response_class=HTMLResponse)
_HERE = "/p/{project}/{dataset}"
_RUN = f"{_HERE}/runs/{{run}}"
_GROUP = f"{_RUN}/groups/{{group}}"
Name = Annotated[str, Path(max_length=20)]
After = Annotated[int, Query(ge=-1, le=2**31 - 1)]
Reason = Annotated[str, Form(max_length=2_000)]


@pages.needs("GET", _RUN, Verb.SEE, Verb.SEE_OWN)
def run_page(request: Request, asked: Current, run: Number, after: After = -1) -> HTMLResponse:
    """A run: its verdict, its checks, its groups, its sources; the own rows for a contributor."""
    with asked.server.database.reading() as session:
        sight = see_run(asked, session, run)
        groups = groups_of(session, sight.run.id) if sight.full else []
        shown = page_of(session, sight.run.id, "" if sight.full else None, after)
        states = states_in(session, asked.server.fragments, sight.run)
        newest = newest_done(session, asked.the_dataset.id)
    summary = json.loads(sight.run.summary) if sight.full else {}
    sources = tuple[SourceFinding, ...]
    return draw(
        request, "run", **_here(asked), run=sight.run, full=sight.full, groups=groups,
        summary=summary, shown=shown, states=states, after=after,
        sources=decode(sources, summary.get("sources", []), "sources"),
        is_newest=newest == sight.run.id,
    )  # fmt: skip


@pages.needs("GET", _GROUP, Verb.SEE)
def group_page(
    request: Request, asked: Current, run: Number, group: Name, after: After = -1
) -> HTMLResponse:
    """One group with its evidence, its rows, what people think, and what to do."""
    triage, server = asked.may(Verb.TRIAGE), asked.server
    choose = asked.may(Verb.PROPOSE)
    with server.database.reading() as session:
        review = look_at(
            session, server.fragments, asked.the_dataset, run, group, after=after, choose=choose
        )
        reader = asked.principal.person_id
        opinions = opinions_for(session, review.run, group, reader, reviews=triage)
    return draw(
        request, "group", **_here(asked), review=review, run=review.run, group=review.group,
        opinions=opinions, triage=triage, choose=choose and review.is_newest,
    )  # fmt: skip


@pages.needs("POST", f"{_GROUP}/opinion", Verb.TRIAGE)
def give(
    asked: Current,
    run: Number,
    group: Name,
    says: Annotated[str, Form(max_length=10)],
    row: Annotated[int | None, Form(ge=0, le=2**31 - 1)] = None,
    reason: Reason = "",
) -> Response:
    """Say what one thinks of a group or a row."""
    with asked.server.audit.acting(asked.principal.name) as act:
        found = run_numbered(act.session, asked.the_dataset, run)
        person = asked.principal.person
        give_opinion(act, found, group, says, by=person, row=row, reason=reason)
    return RedirectResponse(f"{_run_path(asked, run)}/groups/{group}?done=opinion", 303)


@pages.needs("POST", f"{_RUN}/propose", Verb.PROPOSE)
def propose_rows(
    asked: Current,
    run: Number,
    reason: Reason,
    group: Annotated[str, Form(max_length=20)] = "",
    row: Annotated[list[int] | None, Form(max_length=1_000)] = None,
) -> Response:
    """Propose to let a group, or chosen rows, go."""
    with asked.server.audit.acting(asked.principal.name) as act:
        found = run_numbered(act.session, asked.the_dataset, run)
        propose(act, found, by=asked.principal.person, reason=reason, group=group, rows=row)
    return RedirectResponse(f"{_path(asked)}/quarantine?done=proposed", 303)


@pages.needs("GET", f"{_HERE}/quarantine", Verb.SEE)
def quarantine_page(request: Request, asked: Current) -> HTMLResponse:
    """Rows that are held, proposals that wait, and what was decided."""
    may_approve, reader = asked.may(Verb.APPROVE), asked.principal.person_id
    with asked.server.database.reading() as session:
        releases = releases_of(session, asked.the_dataset.id)
        numbers = {run.id: run.number for run in runs_of(session, asked.the_dataset.id, 1_000)}
        people = {person.id: person.name for person in session.scalars(select(Person))}
        newest = latest_run(session, asked.the_dataset.id)
        states = {} if newest is None else states_in(session, asked.server.fragments, newest)
        objections = {
            release.id: may_not_approve(session, release, reader)
            for release in releases
            if release.state == "proposed" and may_approve and reader is not None
        }
    return draw(
        request, "quarantine", **_here(asked), releases=releases, numbers=numbers, people=people,
        newest=newest, states=states, objections=objections, may_approve=may_approve,
    )  # fmt: skip


@pages.needs("POST", f"{_HERE}/releases/{{release}}/approve", Verb.APPROVE)
def approve_release(asked: Current, release: Number, reason: Reason) -> Response:
    """Let the rows go."""
    with asked.server.audit.acting(asked.principal.name) as act:
        found = find_release(act.session, asked.the_dataset, release)
        approve(act, asked.server.home, found, by=asked.principal.person, reason=reason)
    return RedirectResponse(f"{_path(asked)}/quarantine?done=released", 303)


@pages.needs("POST", f"{_HERE}/releases/{{release}}/reject", Verb.APPROVE)
def reject_release(asked: Current, release: Number, reason: Reason) -> Response:
    """Keep the rows."""
    with asked.server.audit.acting(asked.principal.name) as act:
        found = find_release(act.session, asked.the_dataset, release)
        reject(act, found, by=asked.principal.person, reason=reason)
    return RedirectResponse(f"{_path(asked)}/quarantine?done=rejected", 303)


def _here(asked: Asked) -> dict[str, Any]:
    return {"project": asked.the_project, "dataset": asked.the_dataset}


def _path(asked: Asked) -> str:
    return f"/p/{asked.the_project.name}/{asked.the_dataset.name}"


def _run_path(asked: Asked, run: int) -> str:
    return f"{_path(asked)}/runs/{run}"
