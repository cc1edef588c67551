"""The API of review: opinions, releases, what may be trained on."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import Path, Query
from fastapi.responses import FileResponse
from pydantic import BaseModel, ConfigDict, Field

from foretaste.serve.access import Current, Route
from foretaste.serve.api_data import Number
from foretaste.serve.clean import clean_file
from foretaste.serve.documents import opinion_document, release_document
from foretaste.serve.findings import run_numbered
from foretaste.serve.opinions import give_opinion, opinions_for
from foretaste.serve.releases import approve, find_release, propose, reject, releases_of
from foretaste.serve.roles import Verb

__all__ = ["api"]

api = Route(prefix="/api/v1/projects/{project}/datasets/{dataset}", tags=["review"])
Name = Annotated[str, Path(max_length=20)]


class NewOpinion(BaseModel):
    """What you think of a group, or of one row."""

    model_config = ConfigDict(extra="forbid")
    says: str = Field(max_length=10)
    row: int | None = Field(default=None, ge=0, le=2**31 - 1)
    reason: str = Field(default="", max_length=2_000)


class NewRelease(BaseModel):
    """Rows to let go: of a group, or by their numbers."""

    model_config = ConfigDict(extra="forbid")
    reason: str = Field(max_length=2_000)
    group: str = Field(default="", max_length=20)
    rows: list[int] | None = Field(default=None, max_length=100_000)


class Decision(BaseModel):
    """Why."""

    model_config = ConfigDict(extra="forbid")
    reason: str = Field(max_length=2_000)


@api.needs("GET", "/runs/{run}/groups/{group}/opinions", Verb.TRIAGE, Verb.SEE)
def list_opinions(asked: Current, run: Number, group: Name) -> list[dict[str, Any]]:
    """What reviewers think; a reviewer sees it after giving the own opinion."""
    with asked.server.database.reading() as session:
        found = run_numbered(session, asked.the_dataset, run)
        reader = asked.principal.person_id
        shown = opinions_for(session, found, group, reader, reviews=asked.may(Verb.TRIAGE))
        return [opinion_document(opinion, name) for opinion, name in shown]


@api.needs("POST", "/runs/{run}/groups/{group}/opinions", Verb.TRIAGE, status_code=201)
def new_opinion(asked: Current, run: Number, group: Name, told: NewOpinion) -> dict[str, Any]:
    """Say what you think."""
    with asked.server.audit.acting(asked.principal.name) as act:
        found = run_numbered(act.session, asked.the_dataset, run)
        person = asked.principal.person
        given = give_opinion(
            act, found, group, told.says, by=person, row=told.row, reason=told.reason
        )
        return opinion_document(given, asked.principal.name)


@api.needs("GET", "/releases", Verb.SEE)
def list_releases(asked: Current) -> list[dict[str, Any]]:
    """What was proposed and decided, newest first."""
    with asked.server.database.reading() as session:
        return [release_document(one) for one in releases_of(session, asked.the_dataset.id)]


@api.needs("POST", "/runs/{run}/releases", Verb.PROPOSE, status_code=201)
def new_release(asked: Current, run: Number, told: NewRelease) -> dict[str, Any]:
    """Propose to let rows go."""
    with asked.server.audit.acting(asked.principal.name) as act:
        found = run_numbered(act.session, asked.the_dataset, run)
        person = asked.principal.person
        made = propose(act, found, by=person, reason=told.reason, group=told.group, rows=told.rows)
        return release_document(made)


@api.needs("POST", "/releases/{release}/approve", Verb.APPROVE)
def approve_release(asked: Current, release: Number, told: Decision) -> dict[str, Any]:
    """Let the rows go: never one's own proposal, submission or source."""
    with asked.server.audit.acting(asked.principal.name) as act:
        found = find_release(act.session, asked.the_dataset, release)
        person = asked.principal.person
        return release_document(
            approve(act, asked.server.home, found, by=person, reason=told.reason)
        )


@api.needs("POST", "/releases/{release}/reject", Verb.APPROVE)
def reject_release(asked: Current, release: Number, told: Decision) -> dict[str, Any]:
    """Keep the rows in quarantine."""
    with asked.server.audit.acting(asked.principal.name) as act:
        found = find_release(act.session, asked.the_dataset, release)
        return release_document(reject(act, found, by=asked.principal.person, reason=told.reason))


@api.needs("GET", "/clean", Verb.TAKE, response_class=FileResponse)
def take_clean(asked: Current, file: Annotated[str, Query(max_length=300)] = "") -> FileResponse:
    """A file of what the newest gate let pass: what may be trained on."""
    with asked.server.audit.acting(asked.principal.name) as act:
        path, run = clean_file(act.session, asked.the_dataset, file)
        act.record("data.taken", asked.the_project.id, dataset=asked.the_dataset.id, run=run)
    return FileResponse(path, filename=path.name, media_type="application/octet-stream")
