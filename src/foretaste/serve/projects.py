"""Projects, their data sets, and who answers for a source."""

from __future__ import annotations

import json
import re

from sqlalchemy import bindparam, select
from sqlalchemy.orm import Session

from foretaste.errors import UsageError
from foretaste.serve.audit import Act
from foretaste.serve.clock import now
from foretaste.serve.problems import AbsentError, ConflictError
from foretaste.serve.tables import Dataset, Project, SourceOwner

__all__ = [
    "add_dataset",
    "add_owner",
    "add_project",
    "dataset_named",
    "datasets_of",
    "find_place",
    "find_project",
    "owners_of",
]

_NAME = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,58}[a-z0-9])?")
_PLACE = (
    select(Project, Dataset)
    .outerjoin(Dataset, (Dataset.project_id == Project.id) & (Dataset.name == bindparam("dataset")))
    .where(Project.name == bindparam("project"))
)
_ROLES = ("label", "source", "id", "time", "text", "image", "embedding")


def add_project(act: Act, name: str) -> Project:
    """A new project.

    Raises
    ------
    ConflictError
        The name is taken.
    """
    _check_name(name)
    if find_project(act.session, name) is not None:
        raise ConflictError(f"project: {name!r} is there already; give another name")
    project = Project(name=name, created=now())
    act.session.add(project)
    act.session.flush()
    act.record("project.added", project.id, name=name)
    return project


def find_project(session: Session, name: str) -> Project | None:
    """The project with this name, if there is one."""
    return session.scalar(select(Project).where(Project.name == name))


def find_place(
    session: Session, project: str, dataset: str
) -> tuple[Project | None, Dataset | None]:
    """A project and a data set of it, by their names; None for what there is not."""
    found = session.execute(_PLACE, {"project": project, "dataset": dataset}).one_or_none()
    return (None, None) if found is None else (found[0], found[1])


def add_dataset(act: Act, project: Project, name: str, roles: dict[str, str]) -> Dataset:
    """A new data set of a project.

    Parameters
    ----------
    roles
        Column by role (label, source, id, time, text, image, embedding); what is not stated is
        read off the data, as by ``foretaste scan``.
    """
    _check_name(name)
    strange = sorted(set(roles) - set(_ROLES))
    if strange:
        raise UsageError(f"roles: expected {', '.join(_ROLES)}, got {strange[0]!r:.40}")
    if any(len(column) > 300 for column in roles.values()):
        raise UsageError("roles: a column's name has at most 300 characters")
    taken = select(Dataset).where(Dataset.project_id == project.id, Dataset.name == name)
    if act.session.scalar(taken) is not None:
        raise ConflictError(f"data set: {name!r} is there already; give another name")
    kept = json.dumps({role: column for role, column in roles.items() if column}, sort_keys=True)
    dataset = Dataset(project_id=project.id, name=name, roles=kept, created=now())
    act.session.add(dataset)
    act.session.flush()
    act.record("dataset.added", project.id, dataset=dataset.id, name=name)
    return dataset


def dataset_named(session: Session, project_id: int, name: str) -> Dataset:
    """The data set of a project with this name.

    Raises
    ------
    AbsentError
        There is none.
    """
    found = session.scalar(
        select(Dataset).where(Dataset.project_id == project_id, Dataset.name == name)
    )
    if found is None:
        raise AbsentError(f"data set: there is no {name!r:.70}")
    return found


def datasets_of(session: Session, project_id: int) -> list[Dataset]:
    """The data sets of a project, by name."""
    wanted = select(Dataset).where(Dataset.project_id == project_id).order_by(Dataset.name)
    return list(session.scalars(wanted))


def add_owner(act: Act, dataset: Dataset, source: str, person_id: int) -> None:
    """Somebody answers for a source, and so never approves a release of its rows."""
    if not 1 <= len(source) <= 300:
        raise UsageError(f"source: expected 1 to 300 characters, got {len(source)}")
    if act.session.get(SourceOwner, (dataset.id, source, person_id)) is None:
        act.session.add(SourceOwner(dataset_id=dataset.id, source=source, person_id=person_id))
    act.record("source.owner", dataset.project_id, dataset=dataset.id, person=person_id)


def owners_of(session: Session, dataset_id: int) -> list[SourceOwner]:
    """Who answers for which source."""
    wanted = select(SourceOwner).where(SourceOwner.dataset_id == dataset_id)
    return list(session.scalars(wanted.order_by(SourceOwner.source, SourceOwner.person_id)))


def _check_name(name: str) -> None:
    if not _NAME.fullmatch(name):
        raise UsageError(
            f"name: expected up to 60 small letters, digits and hyphens, got {name!r:.70}"
        )
