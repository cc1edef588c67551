"""The worker: takes jobs one after the other, and lives by its lease."""

from __future__ import annotations

import logging
import os
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from sqlalchemy import select, update
from sqlalchemy.exc import DBAPIError

from foretaste.errors import ForetasteError
from foretaste.gate.data_gate import gate_data
from foretaste.serve.applying import apply_release
from foretaste.serve.audit import Audit
from foretaste.serve.clock import now
from foretaste.serve.gating import keep_result, settings_of_run
from foretaste.serve.queue import ATTEMPTS, LEASE, finished, keep, take_back, take_next
from foretaste.serve.releases import expire, open_of
from foretaste.serve.tables import Job, Release, Run

__all__ = ["Worker", "own_name"]

_LOG = logging.getLogger("foretaste.serve")
_PAUSE = 0.5  # seconds between two looks into an empty queue


def own_name(process: int) -> str:
    """The name of the one worker of a process, or of the process that looks after it."""
    return f"{socket.gethostname()[:40]}:{process}"


@dataclass(frozen=True)
class Worker:
    """Works on the jobs of one server; any number of them may run."""

    audit: Audit
    name: str = field(default_factory=lambda: own_name(os.getpid()))

    def run(self, stopping: Callable[[], bool]) -> None:
        """Work until `stopping` says so; a job under way is ended first."""
        take_back(self.audit.database, self.name)
        looked = 0.0
        while not stopping():
            if time.monotonic() - looked > 60:
                self.expire_old()
                looked = time.monotonic()
            if not self.step():
                time.sleep(_PAUSE)

    def step(self) -> bool:
        """Take one job and end it; False if there was none."""
        job = take_next(self.audit.database, self.name)
        if job is None:
            return False
        _LOG.info("job begun", extra={"job": job.id, "kind": job.kind, "subject": job.subject})
        error, again = "", False
        if job.attempts > ATTEMPTS:
            self._end(job, f"the worker died {ATTEMPTS} times at it")
            return True
        try:
            with self._leased(job):
                self._do(job)
        except ForetasteError as problem:
            error = str(problem)[:2_000]
        except Exception as problem:  # noqa: BLE001 - one job must not end the worker
            _LOG.exception("job failed", extra={"job": job.id})
            error = f"internal error: {type(problem).__name__}"
            again = isinstance(problem, OSError | DBAPIError)  # a disk or database that was away
        self._end(job, error, again=again)
        return True

    def expire_old(self) -> int:
        """End proposals that nobody decided in time; returns how many."""
        wanted = select(Release).where(Release.state == "proposed", Release.expires <= now())
        with self.audit.acting(f"worker {self.name}") as act:
            old = act.session.scalars(wanted.with_for_update(skip_locked=True)).all()
            for release in old:
                expire(act, release, "nobody decided in time")
        return len(old)

    def _do(self, job: Job) -> None:
        by = f"worker {self.name}"
        if job.kind == "release":
            apply_release(self.audit, self.audit.home, job.subject, by)
            return
        database, home = self.audit.database, self.audit.home
        with database.reading() as session:
            run = session.get_one(Run, job.subject)
            if run.state == "done":
                return
            settings = settings_of_run(session, home, run)
        result = gate_data(settings, progress=self._stage(run.id))  # minutes, in no transaction
        with self.audit.acting(by) as act:
            keep_result(act, home, run.id, result)
            for release in open_of(act.session, run.dataset_id):
                expire(act, release, f"run {run.number} replaced what it was about")

    def _stage(self, run_id: int) -> Callable[[str, float], None]:
        """Progress, written down at most once a second."""
        last = [0.0]

        def told(stage: str, _share: float) -> None:
            if time.monotonic() - last[0] < 1:
                return
            last[0] = time.monotonic()
            with self.audit.database.writing() as session:
                session.execute(
                    update(Run).where(Run.id == run_id).values(state="running", stage=stage[:80])
                )

        return told

    def _end(self, job: Job, error: str, *, again: bool = False) -> None:
        with self.audit.acting(f"worker {self.name}") as act:
            state = finished(act.session, job.id, error, again=again)
            if state == "failed":
                act.record("job.failed", job=job.id, kind=job.kind, error=error[:300])
                if job.kind == "run":
                    run = act.session.get_one(Run, job.subject)
                    run.state, run.sentence, run.ended = "failed", error, now()
        _LOG.info("job ended", extra={"job": job.id, "state": state})

    @contextmanager
    def _leased(self, job: Job) -> Iterator[None]:
        """Renew the lease while at it."""
        over = threading.Event()

        def renew() -> None:
            while not over.wait(LEASE / 4):
                keep(self.audit.database, job.id, self.name)

        thread = threading.Thread(target=renew, name="lease", daemon=True)
        thread.start()
        try:
            yield
        finally:
            over.set()
            thread.join()
