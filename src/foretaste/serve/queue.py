"""Jobs in the database: taken by one worker at a time, and given to the next if it dies."""

from __future__ import annotations

from sqlalchemy import or_, select, update
from sqlalchemy.orm import Session

from foretaste.serve.clock import after, now
from foretaste.serve.database import Database
from foretaste.serve.tables import Job

__all__ = ["ATTEMPTS", "LEASE", "enqueue", "finished", "keep", "take_back", "take_next"]

LEASE = 60.0  # seconds; a worker that lives renews it
ATTEMPTS = 3


def enqueue(session: Session, kind: str, subject: int) -> None:
    """Add a job within the transaction of what asks for it."""
    session.add(Job(kind=kind, subject=subject, state="queued", created=now()))


def take_next(database: Database, worker: str) -> Job | None:
    """The oldest job that nobody works on, now leased to `worker`; None if there is none.

    PostgreSQL skips jobs that others hold at this very moment; SQLite has one writer at a time.
    """
    free = or_(Job.state == "queued", (Job.state == "running") & (Job.leased <= now()))
    wanted = select(Job).where(free).order_by(Job.id).limit(1).with_for_update(skip_locked=True)
    with database.writing() as session:
        job = session.scalar(wanted)
        if job is None:
            return None
        job.state, job.worker, job.leased = "running", worker, after(LEASE)
        job.attempts += 1
    return job


def take_back(database: Database, worker: str) -> int:
    """Give back the jobs of a worker of this name that died; returns how many those were.

    For the one that comes in its place: while it lived, nobody else had its name.
    """
    with database.writing() as session:
        done = session.execute(
            update(Job)
            .where(Job.worker == worker, Job.state == "running")
            .values(state="queued", leased=None)
        )
    return int(done.rowcount)  # type: ignore[attr-defined]


def keep(database: Database, job_id: int, worker: str) -> bool:
    """Renew a lease; False if another worker has the job by now."""
    with database.writing() as session:
        done = session.execute(
            update(Job)
            .where(Job.id == job_id, Job.worker == worker, Job.state == "running")
            .values(leased=after(LEASE))
        )
    return bool(done.rowcount == 1)  # type: ignore[attr-defined]


def finished(session: Session, job_id: int, error: str = "", *, again: bool = False) -> str:
    """Write down how a job ended; returns its state: done, failed, or queued once more."""
    job = session.get_one(Job, job_id)
    more = bool(error) and again and job.attempts < ATTEMPTS
    job.state = "queued" if more else ("failed" if error else "done")
    job.error, job.leased = error, None
    return job.state
