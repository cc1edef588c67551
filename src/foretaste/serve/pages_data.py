"""Pages of projects and data sets: overview, upload, runs."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Any

from fastapi import File, Form, Request, UploadFile
from fastapi.responses import HTMLResponse, RedirectResponse, Response
from sqlalchemy import select
from sqlalchemy.orm import Session

from foretaste.serve.access import SIGNED_IN, Asked, Current, Route
from foretaste.serve.drawing import draw
from foretaste.serve.findings import latest_run, runs_of
from foretaste.serve.gating import begin_run
from foretaste.serve.problems import ConflictError
from foretaste.serve.projects import add_dataset, add_project, datasets_of, owners_of
from foretaste.serve.releases import open_of
from foretaste.serve.roles import Verb
from foretaste.serve.tables import Dataset, Person, Project, Run, Version
from foretaste.serve.uploads import begin, finish, take
from foretaste.serve.viewing import owns

__all__ = ["pages"]

pages = Route(tags=["pages"], default_response_class=HTMLResponse)
_HERE = "/p/{project}/{dataset}"


@dataclass(frozen=True)
class Line:
    """A data set in an overview."""

    project: str
    dataset: Dataset
    run: Run | None  # the newest that who is looking may see
    waiting: int  # proposals


@pages.needs("GET", "/", SIGNED_IN)
def home(request: Request, asked: Current) -> HTMLResponse:
    """All projects that one has a role in, and how their data sets stand."""
    with asked.server.database.reading() as session:
        projects = [
            project
            for project in session.scalars(select(Project).order_by(Project.name))
            if asked.principal.knows(project.id)
        ]
        lines = {project.name: _lines(asked, session, project) for project in projects}
    return draw(
        request, "home", lines=lines, may_add=asked.principal.may(Verb.MANAGE),
    )  # fmt: skip


def _lines(asked: Asked, session: Session, project: Project) -> list[Line]:
    found = []
    for dataset in datasets_of(session, project.id):
        if not any(held.covers(project.id, dataset.id) for held in asked.principal.held):
            continue
        here = Asked(asked.server, asked.principal, project, dataset)
        run = _newest_seen(here, session, dataset)
        waiting = len(open_of(session, dataset.id)) if here.may(Verb.SEE) else 0
        found.append(Line(project.name, dataset, run, waiting))
    return found


def _newest_seen(asked: Asked, session: Session, dataset: Dataset) -> Run | None:
    if asked.may(Verb.SEE):
        runs = runs_of(session, dataset.id, 1)
        return runs[0] if runs else None
    return next(iter(_own_runs(asked, session, dataset)), None)


def _own_runs(asked: Asked, session: Session, dataset: Dataset) -> list[Run]:
    wanted = (
        select(Run)
        .join(Version, Version.id == Run.version_id)
        .where(Run.dataset_id == dataset.id, Version.submitted_by == asked.principal.person_id)
    )
    return list(session.scalars(wanted.order_by(Run.number.desc()).limit(50)))


@pages.needs("POST", "/projects", Verb.MANAGE)
def new_project(asked: Current, name: Annotated[str, Form(max_length=60)]) -> Response:
    """Add a project."""
    with asked.server.audit.acting(asked.principal.name) as act:
        add_project(act, name)
    return RedirectResponse(f"/p/{name}?done=added", 303)


@pages.needs("GET", "/p/{project}", Verb.LIST)
def project_page(request: Request, asked: Current) -> HTMLResponse:
    """The data sets of a project."""
    with asked.server.database.reading() as session:
        lines = _lines(asked, session, asked.the_project)
    return draw(
        request, "project", project=asked.the_project, lines=lines,
        may_submit=asked.may(Verb.SUBMIT), may_see_policy=asked.may(Verb.SEE_POLICY),
    )  # fmt: skip


@pages.needs("POST", "/p/{project}", Verb.SUBMIT)
def new_dataset(
    asked: Current,
    name: Annotated[str, Form(max_length=60)],
    label: Annotated[str, Form(max_length=300)] = "",
    source: Annotated[str, Form(max_length=300)] = "",
    text: Annotated[str, Form(max_length=300)] = "",
    row_id: Annotated[str, Form(max_length=300)] = "",
) -> Response:
    """Add a data set; columns that are not named are read off the data."""
    told = {"label": label, "source": source, "text": text, "id": row_id}
    roles = {role: column.strip() for role, column in told.items() if column.strip()}
    with asked.server.audit.acting(asked.principal.name) as act:
        add_dataset(act, asked.the_project, name, roles)
    return RedirectResponse(f"/p/{asked.the_project.name}/{name}?done=added", 303)


@pages.needs("GET", _HERE, Verb.LIST)
def dataset_page(request: Request, asked: Current) -> HTMLResponse:
    """A data set: versions, runs, what waits for a decision."""
    dataset, full = asked.the_dataset, asked.may(Verb.SEE)
    wanted = select(Version).where(Version.dataset_id == dataset.id)
    with asked.server.database.reading() as session:
        versions = list(session.scalars(wanted.order_by(Version.number.desc()).limit(50)))
        runs = runs_of(session, dataset.id) if full else _own_runs(asked, session, dataset)
        newest = latest_run(session, dataset.id) if full or asked.may(Verb.TAKE) else None
        people = {person.id: person.name for person in session.scalars(select(Person))}
        waiting = open_of(session, dataset.id) if full else []
        owners = owners_of(session, dataset.id) if full else []
    values: dict[str, Any] = {
        "project": asked.the_project,
        "dataset": dataset,
        "versions": [v for v in versions if full or owns(asked, v)],
        "runs": runs,
        "newest": newest,
        "people": people,
        "numbers": {version.id: version.number for version in versions},
        "waiting": waiting,
        "owners": owners,
        "may_submit": asked.may(Verb.SUBMIT),
        "may_run": asked.may(Verb.RUN),
        "may_take": asked.may(Verb.TAKE),
        "may_see": full,
    }
    return draw(request, "dataset", **values)


@pages.needs("POST", f"{_HERE}/upload", Verb.SUBMIT)
def upload_file(asked: Current, file: Annotated[UploadFile, File()]) -> Response:
    """Take a file in one form; larger ones come in pieces, over the API."""
    content = file.file.read()
    server, dataset = asked.server, asked.the_dataset
    with server.audit.acting(asked.principal.name) as act:
        upload = begin(
            act,
            dataset,
            file.filename or "",
            len(content),
            by_person=asked.principal.person_id,
            by_token=asked.principal.token_id,
        )
        act.session.flush()
        take(act.session, server.home, upload, 0, content)
        act.session.refresh(upload)
        version = finish(act, server.home, dataset, upload)
        runs = asked.may(Verb.RUN)
        if runs:
            begin_run(act, dataset, version)
    done = "uploaded" if runs else "submitted"
    return RedirectResponse(f"/p/{asked.the_project.name}/{dataset.name}?done={done}", 303)


@pages.needs("POST", f"{_HERE}/run", Verb.RUN)
def run_again(asked: Current) -> Response:
    """Queue a run of the newest version."""
    dataset = asked.the_dataset
    wanted = select(Version).where(Version.dataset_id == dataset.id)
    with asked.server.audit.acting(asked.principal.name) as act:
        version = act.session.scalar(wanted.order_by(Version.number.desc()).limit(1))
        if version is None:
            raise ConflictError("run: no data was uploaded yet")
        begin_run(act, dataset, version)
    return RedirectResponse(f"/p/{asked.the_project.name}/{dataset.name}?done=queued", 303)
