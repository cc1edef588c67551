"""The API of projects, data sets, uploads and runs."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import Body, Path, Query
from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy import select

from foretaste.serve.access import SIGNED_IN, Current, Route
from foretaste.serve.documents import (
    dataset_document,
    finding_document,
    group_document,
    run_document,
    upload_document,
    version_document,
)
from foretaste.serve.findings import group_named, groups_of, page_of, runs_of
from foretaste.serve.gating import begin_run
from foretaste.serve.problems import AbsentError, ConflictError
from foretaste.serve.projects import add_dataset, add_project, datasets_of
from foretaste.serve.roles import Verb
from foretaste.serve.tables import Project, Version
from foretaste.serve.uploads import begin, find_upload, finish, take
from foretaste.serve.viewing import owns, see_run

__all__ = ["Number", "api"]

api = Route(prefix="/api/v1", tags=["data"])
_HERE = "/projects/{project}/datasets/{dataset}"
Number = Annotated[int, Path(ge=1, le=2**31 - 1)]
After = Annotated[int, Query(ge=-1, le=2**31 - 1)]
Limit = Annotated[int, Query(ge=1, le=500)]


class NewProject(BaseModel):
    """A project to add."""

    model_config = ConfigDict(extra="forbid")
    name: str = Field(max_length=60)


class NewDataset(NewProject):
    """A data set to add."""

    roles: dict[str, str] = Field(default_factory=dict, max_length=10)


class NewUpload(BaseModel):
    """A file that is about to come."""

    model_config = ConfigDict(extra="forbid")
    file: str = Field(min_length=1, max_length=300)
    size: int = Field(ge=1, le=2**50)
    sha256: str | None = Field(default=None, max_length=64)


class NewRun(BaseModel):
    """A run to queue; the newest version by default."""

    model_config = ConfigDict(extra="forbid")
    version: int | None = Field(default=None, ge=1, le=2**31 - 1)


@api.needs("GET", "/me", SIGNED_IN)
def me(asked: Current) -> dict[str, Any]:
    """Who you are, and your roles."""
    held = [
        {"role": h.role, "project": h.project_id, "dataset": h.dataset_id}
        for h in asked.principal.held
    ]
    return {"id": asked.principal.person_id, "name": asked.principal.name, "roles": held}


@api.needs("GET", "/projects", SIGNED_IN)
def list_projects(asked: Current) -> list[str]:
    """The projects that you have a role in."""
    with asked.server.database.reading() as session:
        rows = session.scalars(select(Project).order_by(Project.name))
        return [project.name for project in rows if asked.principal.knows(project.id)]


@api.needs("POST", "/projects", Verb.MANAGE, status_code=201)
def new_project(asked: Current, told: NewProject) -> dict[str, str]:
    """Add a project."""
    with asked.server.audit.acting(asked.principal.name) as act:
        return {"name": add_project(act, told.name).name}


@api.needs("GET", "/projects/{project}/datasets", Verb.LIST)
def list_datasets(asked: Current) -> list[dict[str, Any]]:
    """The data sets of a project."""
    with asked.server.database.reading() as session:
        return [dataset_document(one) for one in datasets_of(session, asked.the_project.id)]


@api.needs("POST", "/projects/{project}/datasets", Verb.SUBMIT, status_code=201)
def new_dataset(asked: Current, told: NewDataset) -> dict[str, Any]:
    """Add a data set."""
    with asked.server.audit.acting(asked.principal.name) as act:
        made = add_dataset(act, asked.the_project, told.name, told.roles)
        return dataset_document(made)


@api.needs("POST", f"{_HERE}/uploads", Verb.SUBMIT, status_code=201)
def new_upload(asked: Current, told: NewUpload) -> dict[str, Any]:
    """Announce a file; then PUT its pieces, in order, from `received` on."""
    with asked.server.audit.acting(asked.principal.name) as act:
        upload = begin(
            act,
            asked.the_dataset,
            told.file,
            told.size,
            sha256=told.sha256,
            by_person=asked.principal.person_id,
            by_token=asked.principal.token_id,
        )
        return upload_document(upload)


@api.needs("GET", f"{_HERE}/uploads/{{upload}}", Verb.SUBMIT)
def see_upload(asked: Current, upload: str) -> dict[str, Any]:
    """How many bytes are there: where to go on."""
    with asked.server.database.reading() as session:
        return upload_document(find_upload(session, asked.the_dataset, upload))


@api.needs("PUT", f"{_HERE}/uploads/{{upload}}", Verb.SUBMIT)
def put_piece(
    asked: Current,
    upload: str,
    offset: Annotated[int, Query(ge=0, le=2**50)],
    content: Annotated[bytes, Body(media_type="application/octet-stream")] = b"",
) -> dict[str, Any]:
    """Send the next piece; acknowledged, it is on the disk."""
    with asked.server.database.writing() as session:
        found = find_upload(session, asked.the_dataset, upload)
        received = take(session, asked.server.home, found, offset, content)
        return upload_document(found) | {"received": received}


@api.needs("POST", f"{_HERE}/uploads/{{upload}}/finish", Verb.SUBMIT)
def end_upload(asked: Current, upload: str) -> dict[str, Any]:
    """Make the uploaded file a version of the data set."""
    with asked.server.audit.acting(asked.principal.name) as act:
        found = find_upload(act.session, asked.the_dataset, upload)
        return version_document(finish(act, asked.server.home, asked.the_dataset, found))


@api.needs("GET", f"{_HERE}/versions", Verb.SEE, Verb.SEE_OWN)
def list_versions(asked: Current) -> list[dict[str, Any]]:
    """What was submitted; of a contributor the own only."""
    wanted = select(Version).where(Version.dataset_id == asked.the_dataset.id)
    with asked.server.database.reading() as session:
        found = session.scalars(wanted.order_by(Version.number.desc()).limit(500)).all()
    full = asked.may(Verb.SEE)
    return [version_document(one) for one in found if full or owns(asked, one)]


@api.needs("POST", f"{_HERE}/runs", Verb.RUN, status_code=202)
def new_run(asked: Current, told: NewRun) -> dict[str, Any]:
    """Queue a run of a version."""
    with asked.server.audit.acting(asked.principal.name) as act:
        wanted = select(Version).where(Version.dataset_id == asked.the_dataset.id)
        if told.version is not None:
            wanted = wanted.where(Version.number == told.version)
        version = act.session.scalar(wanted.order_by(Version.number.desc()).limit(1))
        if version is None and told.version is None:
            raise ConflictError("run: no data was uploaded yet")
        if version is None:
            raise AbsentError(f"version: there is no number {told.version}")
        return run_document(begin_run(act, asked.the_dataset, version), full=False)


@api.needs("GET", f"{_HERE}/runs", Verb.SEE)
def list_runs(asked: Current) -> list[dict[str, Any]]:
    """The newest runs."""
    with asked.server.database.reading() as session:
        return [run_document(run, full=False) for run in runs_of(session, asked.the_dataset.id)]


@api.needs("GET", f"{_HERE}/runs/{{run}}", Verb.SEE, Verb.SEE_OWN, Verb.RUN)
def see_one_run(asked: Current, run: Number) -> dict[str, Any]:
    """A run: in full for those who read reports, else how it ended."""
    with asked.server.database.reading() as session:
        sight = see_run(asked, session, run)
        return run_document(sight.run, full=sight.full)


@api.needs("GET", f"{_HERE}/runs/{{run}}/findings", Verb.SEE, Verb.SEE_OWN)
def list_findings(
    asked: Current,
    run: Number,
    after: After = -1,
    limit: Limit = 100,
    group: Annotated[str | None, Query(max_length=20)] = None,
) -> dict[str, Any]:
    """Rows that were flagged, in pages; of a contributor those of the own submission."""
    with asked.server.database.reading() as session:
        sight = see_run(asked, session, run)
        if not sight.rows:
            raise AbsentError("findings: there are none for you here")
        page = page_of(session, sight.run.id, group if sight.full else None, after, limit)
    rows = [finding_document(row, full=sight.full) for row in page.rows]
    return {"rows": rows, "next": page.next}


@api.needs("GET", f"{_HERE}/runs/{{run}}/groups", Verb.SEE)
def list_groups(asked: Current, run: Number) -> list[dict[str, Any]]:
    """The groups that a run found, strongest evidence first."""
    with asked.server.database.reading() as session:
        found = see_run(asked, session, run).run
        return [group_document(group) for group in groups_of(session, found.id)]


@api.needs("GET", f"{_HERE}/runs/{{run}}/groups/{{group}}", Verb.SEE)
def see_group(
    asked: Current, run: Number, group: Annotated[str, Path(max_length=20)]
) -> dict[str, Any]:
    """A group with all the evidence, as the report has it."""
    with asked.server.database.reading() as session:
        found = see_run(asked, session, run).run
        return group_named(session, found, group)[1]
