"""What the server remembers. Constraints and triggers that guard it stand in the migrations.

::

    people ─ grants            projects ─ datasets ─ versions ─ runs ─ groups, findings
      └ sessions, tokens          └ source_owners          │            └ opinions
    attempts                    uploads                    jobs     releases (four eyes)
    audit_events                controls (two persons)
"""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    String,
    Text,
    UniqueConstraint,
)
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

__all__ = [
    "Attempts",
    "AuditCount",
    "AuditEvent",
    "Base",
    "Control",
    "Dataset",
    "Finding",
    "Grant",
    "Job",
    "Opinion",
    "Person",
    "Project",
    "Release",
    "Run",
    "RunGroup",
    "SignIn",
    "SourceOwner",
    "Token",
    "Upload",
    "Version",
]

_Moment = String(20)


class Base(DeclarativeBase):
    """All tables."""


class Person(Base):
    """Somebody who signs in. People are switched off, never deleted: the log names them."""

    __tablename__ = "people"
    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(80), unique=True)
    password: Mapped[str | None] = mapped_column(String(200))  # argon2id
    subject: Mapped[str | None] = mapped_column(String(300), unique=True)  # of an OIDC provider
    active: Mapped[bool] = mapped_column(default=True)
    created: Mapped[str] = mapped_column(_Moment)


class Grant(Base):
    """A role of a person: everywhere, in one project, or for one data set of it."""

    __tablename__ = "grants"
    id: Mapped[int] = mapped_column(primary_key=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("people.id"), index=True)
    role: Mapped[str] = mapped_column(String(20))
    project_id: Mapped[int | None] = mapped_column(ForeignKey("projects.id"))
    dataset_id: Mapped[int | None] = mapped_column(ForeignKey("datasets.id"))
    expires: Mapped[str | None] = mapped_column(_Moment)
    emergency: Mapped[str] = mapped_column(Text, default="")  # reason of a break-glass
    created: Mapped[str] = mapped_column(_Moment)


class SignIn(Base):
    """A browser that signed in; the cookie's SHA-256, never the cookie."""

    __tablename__ = "sessions"
    sha256: Mapped[str] = mapped_column(String(64), primary_key=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("people.id"), index=True)
    csrf: Mapped[str] = mapped_column(String(64))
    created: Mapped[str] = mapped_column(_Moment)
    expires: Mapped[str] = mapped_column(_Moment)


class Token(Base):
    """An ``ft_`` token, by its SHA-256: of a person, or of a service with one verb."""

    __tablename__ = "tokens"
    id: Mapped[int] = mapped_column(primary_key=True)
    sha256: Mapped[str] = mapped_column(String(64), unique=True)
    name: Mapped[str] = mapped_column(String(80))
    person_id: Mapped[int | None] = mapped_column(ForeignKey("people.id"))
    role: Mapped[str | None] = mapped_column(String(20))  # of a service
    project_id: Mapped[int | None] = mapped_column(ForeignKey("projects.id"))
    created: Mapped[str] = mapped_column(_Moment)
    expires: Mapped[str] = mapped_column(_Moment)
    revoked: Mapped[str | None] = mapped_column(_Moment)


class Attempts(Base):
    """Failed sign-ins of a name or an address within one window."""

    __tablename__ = "attempts"
    key: Mapped[str] = mapped_column(String(64), primary_key=True)
    count: Mapped[int] = mapped_column(default=0)
    until: Mapped[str] = mapped_column(_Moment)


class Project(Base):
    """Data sets that belong together, and the people who may see them."""

    __tablename__ = "projects"
    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(60), unique=True)
    created: Mapped[str] = mapped_column(_Moment)


class Dataset(Base):
    """A data set: versions come in, runs judge them; one quarantine of its own."""

    __tablename__ = "datasets"
    __table_args__ = (UniqueConstraint("project_id", "name"),)
    id: Mapped[int] = mapped_column(primary_key=True)
    project_id: Mapped[int] = mapped_column(ForeignKey("projects.id"), index=True)
    name: Mapped[str] = mapped_column(String(60))
    roles: Mapped[str] = mapped_column(Text, default="{}")  # JSON: column by role
    created: Mapped[str] = mapped_column(_Moment)


class SourceOwner(Base):
    """Who answers for a source: never the one who releases its rows."""

    __tablename__ = "source_owners"
    dataset_id: Mapped[int] = mapped_column(ForeignKey("datasets.id"), primary_key=True)
    source: Mapped[str] = mapped_column(String(300), primary_key=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("people.id"), primary_key=True)


class Upload(Base):
    """A file on its way in. `received` bytes are on the disk, synced."""

    __tablename__ = "uploads"
    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    dataset_id: Mapped[int] = mapped_column(ForeignKey("datasets.id"), index=True)
    by_person: Mapped[int | None] = mapped_column(ForeignKey("people.id"))
    by_token: Mapped[int | None] = mapped_column(ForeignKey("tokens.id"))
    file: Mapped[str] = mapped_column(String(200))
    size: Mapped[int] = mapped_column(BigInteger)
    sha256: Mapped[str | None] = mapped_column(String(64))
    received: Mapped[int] = mapped_column(BigInteger, default=0)
    version_id: Mapped[int | None] = mapped_column(Integer)
    created: Mapped[str] = mapped_column(_Moment)


class Version(Base):
    """One file of a data set, as it was submitted."""

    __tablename__ = "versions"
    __table_args__ = (UniqueConstraint("dataset_id", "number"),)
    id: Mapped[int] = mapped_column(primary_key=True)
    dataset_id: Mapped[int] = mapped_column(ForeignKey("datasets.id"), index=True)
    number: Mapped[int]
    file: Mapped[str] = mapped_column(String(200))
    size: Mapped[int] = mapped_column(BigInteger)
    sha256: Mapped[str] = mapped_column(String(64))
    submitted_by: Mapped[int | None] = mapped_column(ForeignKey("people.id"))
    by_token: Mapped[int | None] = mapped_column(ForeignKey("tokens.id"))
    created: Mapped[str] = mapped_column(_Moment)


class Run(Base):
    """A gate of one version: queued, running, done or failed."""

    __tablename__ = "runs"
    __table_args__ = (UniqueConstraint("dataset_id", "number"),)
    id: Mapped[int] = mapped_column(primary_key=True)
    dataset_id: Mapped[int] = mapped_column(ForeignKey("datasets.id"), index=True)
    version_id: Mapped[int] = mapped_column(ForeignKey("versions.id"))
    number: Mapped[int]
    state: Mapped[str] = mapped_column(String(10), default="queued")
    stage: Mapped[str] = mapped_column(String(80), default="")
    outcome: Mapped[str] = mapped_column(String(20), default="")  # of the gate
    verdict: Mapped[str] = mapped_column(String(20), default="")  # of the scan
    sentence: Mapped[str] = mapped_column(Text, default="")
    rows: Mapped[int] = mapped_column(default=0)
    flagged: Mapped[int] = mapped_column(default=0)
    held: Mapped[int] = mapped_column(default=0)
    entry: Mapped[str] = mapped_column(String(40), default="")  # of the quarantine
    folder: Mapped[str] = mapped_column(Text, default="")  # of the gate's results
    policy_sha256: Mapped[str] = mapped_column(String(64), default="")
    report_sha256: Mapped[str] = mapped_column(String(64), default="")
    summary: Mapped[str] = mapped_column(Text, default="{}")  # JSON: checks, sources, coverage
    created: Mapped[str] = mapped_column(_Moment)
    ended: Mapped[str | None] = mapped_column(_Moment)


class RunGroup(Base):
    """A group that a run found, as the report's JSON has it."""

    __tablename__ = "groups"
    run_id: Mapped[int] = mapped_column(ForeignKey("runs.id"), primary_key=True)
    name: Mapped[str] = mapped_column(String(20), primary_key=True)
    place: Mapped[int]
    kind: Mapped[str] = mapped_column(String(40))
    verdict: Mapped[str] = mapped_column(String(20))
    size: Mapped[int]
    why: Mapped[str] = mapped_column(Text)
    document: Mapped[bytes] = mapped_column(LargeBinary)


class Finding(Base):
    """A row that was flagged or left the data; `state` moves by releases only."""

    __tablename__ = "findings"
    __table_args__ = (
        Index("ix_findings_group", "run_id", "group_name", "row"),
        Index("ix_findings_state", "run_id", "group_name", "state"),
        Index("ix_findings_release", "release_id"),
    )
    run_id: Mapped[int] = mapped_column(ForeignKey("runs.id"), primary_key=True)
    row: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    row_id: Mapped[str] = mapped_column(Text)
    digest: Mapped[str] = mapped_column(String(64))  # rowhash/v1, hex; "" where unknown
    kind: Mapped[str] = mapped_column(String(40))
    verdict: Mapped[str] = mapped_column(String(20))
    group: Mapped[str] = mapped_column("group_name", String(20))
    source: Mapped[str] = mapped_column(Text)
    score: Mapped[float]
    why: Mapped[str] = mapped_column(Text)
    state: Mapped[str] = mapped_column(String(12))  # flagged, quarantined, proposed, released
    release_id: Mapped[int | None] = mapped_column(ForeignKey("releases.id"))


class Opinion(Base):
    """What one reviewer thinks of a group or a row; others see it after their own."""

    __tablename__ = "opinions"
    __table_args__ = (Index("ix_opinions_newest", "run_id", "group_name", "newest"),)
    id: Mapped[int] = mapped_column(primary_key=True)
    run_id: Mapped[int] = mapped_column(ForeignKey("runs.id"), index=True)
    group: Mapped[str] = mapped_column("group_name", String(20))
    row: Mapped[int | None]
    person_id: Mapped[int] = mapped_column(ForeignKey("people.id"))
    says: Mapped[str] = mapped_column(String(10))  # poison, clean, unsure
    reason: Mapped[str] = mapped_column(Text, default="")
    newest: Mapped[bool] = mapped_column(default=True)  # of this person on this
    created: Mapped[str] = mapped_column(_Moment)


class Release(Base):
    """A proposal to let rows go: proposed, then released, rejected or expired."""

    __tablename__ = "releases"
    id: Mapped[int] = mapped_column(primary_key=True)
    run_id: Mapped[int] = mapped_column(ForeignKey("runs.id"), index=True)
    group: Mapped[str] = mapped_column("group_name", String(20))
    rows: Mapped[str] = mapped_column(Text)  # JSON: row numbers
    size: Mapped[int]
    state: Mapped[str] = mapped_column(String(10), default="proposed")
    duties: Mapped[str] = mapped_column(String(10))  # four-eyes, or none: a single user
    reason: Mapped[str] = mapped_column(Text)
    proposed_by: Mapped[int] = mapped_column(ForeignKey("people.id"))
    proposed: Mapped[str] = mapped_column(_Moment)
    expires: Mapped[str] = mapped_column(_Moment)
    row_root: Mapped[str] = mapped_column(String(64))
    policy_sha256: Mapped[str] = mapped_column(String(64))
    report_sha256: Mapped[str] = mapped_column(String(64))
    decided_by: Mapped[int | None] = mapped_column(ForeignKey("people.id"))
    decided: Mapped[str | None] = mapped_column(_Moment)
    decision: Mapped[str] = mapped_column(Text, default="")  # the reason of who decided
    envelope: Mapped[str | None] = mapped_column(Text)  # the signed approval
    applied: Mapped[str | None] = mapped_column(_Moment)  # in the quarantine


class Control(Base):
    """A policy, canary or trigger pack of a project: proposed by one, confirmed by another."""

    __tablename__ = "controls"
    id: Mapped[int] = mapped_column(primary_key=True)
    project_id: Mapped[int] = mapped_column(ForeignKey("projects.id"), index=True)
    kind: Mapped[str] = mapped_column(String(10))  # policy, canary, triggers
    name: Mapped[str] = mapped_column(String(60))
    hidden: Mapped[bool] = mapped_column(default=False)
    document: Mapped[str] = mapped_column(Text)  # JSON
    state: Mapped[str] = mapped_column(String(10), default="proposed")  # active, withdrawn
    duties: Mapped[str] = mapped_column(String(10))
    proposed_by: Mapped[int] = mapped_column(ForeignKey("people.id"))
    confirmed_by: Mapped[int | None] = mapped_column(ForeignKey("people.id"))
    created: Mapped[str] = mapped_column(_Moment)


class Job(Base):
    """Work for the worker; a lease that ends gives it to the next."""

    __tablename__ = "jobs"
    id: Mapped[int] = mapped_column(primary_key=True)
    kind: Mapped[str] = mapped_column(String(10))  # run, release
    subject: Mapped[int]
    state: Mapped[str] = mapped_column(String(10), default="queued", index=True)
    attempts: Mapped[int] = mapped_column(default=0)
    worker: Mapped[str] = mapped_column(String(80), default="")
    leased: Mapped[str | None] = mapped_column(_Moment)
    error: Mapped[str] = mapped_column(Text, default="")
    created: Mapped[str] = mapped_column(_Moment)


class AuditEvent(Base):
    """What happened, as canonical JSON; event n is entry n - 1 of the log."""

    __tablename__ = "audit_events"
    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    action: Mapped[str] = mapped_column(String(40))
    project_id: Mapped[int | None] = mapped_column(ForeignKey("projects.id"))
    at: Mapped[str] = mapped_column(_Moment)
    document: Mapped[str] = mapped_column(Text)
    sha256: Mapped[str] = mapped_column(String(64))


class AuditCount(Base):
    """One row: how many events there are. Whoever adds one holds it until the end."""

    __tablename__ = "audit_count"
    id: Mapped[int] = mapped_column(primary_key=True)
    events: Mapped[int] = mapped_column(default=0)
