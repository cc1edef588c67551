"""The audit log: what was decided is in the database, and its digest in a log of foretaste log.

An event is written in the transaction of the act that it tells of, so neither is there without
the other. After the commit, and before anybody is told that it worked, the digests of all events
that the log does not have yet go into it, in order, together. Event n is entry n - 1: whoever takes
an event away, changes one or adds one by hand is found by `verify`.
"""

from __future__ import annotations

import hashlib
import json
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from filelock import FileLock
from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from foretaste.provenance import Inclusion, LogEntry, append, check_log, open_log
from foretaste.provenance.documents import canonical
from foretaste.provenance.log_copies import Where
from foretaste.serve.clock import moment, now
from foretaste.serve.database import Database
from foretaste.serve.home import Home
from foretaste.serve.tables import AuditCount, AuditEvent, Release

__all__ = ["Act", "Audit", "record"]

_TOGETHER = 2_000  # events that go into the log in one append
_POLL = 0.005  # seconds between two looks at another process's lock


def record(
    session: Session,
    action: str,
    by: str,
    *,
    project_id: int | None = None,
    **details: Any,
) -> int:
    """Write an event down within the transaction of the act; returns its number, from 1."""
    number: int = session.execute(
        update(AuditCount).values(events=AuditCount.events + 1).returning(AuditCount.events)
    ).scalar_one()
    at = now()
    document = canonical(
        {"number": number, "action": action, "by": by, "at": at, "project": project_id, **details}
    )
    session.add(
        AuditEvent(
            id=number,
            action=action,
            project_id=project_id,
            at=at,
            document=document.decode(),
            sha256=hashlib.sha256(document).hexdigest(),
        )
    )
    return number


@dataclass
class Act:
    """A transaction that tells what it does."""

    session: Session
    by: str
    last: int = 0  # the number of the last event

    def record(self, action: str, project_id: int | None = None, **details: Any) -> int:
        """Write an event down; see `record`."""
        self.last = record(self.session, action, self.by, project_id=project_id, **details)
        return self.last


@dataclass
class _Logged:
    """How far this process knows the log to be; whoever waits may find the own event there."""

    size: int = 0
    lock: threading.Lock = field(default_factory=threading.Lock)


@dataclass(frozen=True)
class Audit:
    """Database and log together."""

    database: Database
    home: Home
    _logged: _Logged = field(default_factory=_Logged, repr=False, compare=False)

    @contextmanager
    def acting(self, by: str) -> Iterator[Act]:
        """A writing transaction; what it recorded is in the log when this ends."""
        with self.database.writing() as session:
            act = Act(session, by)
            yield act
        if act.last:
            self.drain(act.last)

    def drain(self, until: int | None = None) -> int:
        """Put events that the log does not have into it; returns how many those were.

        Parameters
        ----------
        until
            Enough if the log has this event: of many that wait here, the first takes the events of
            all along.
        """
        with self._logged.lock:
            if until is not None and self._logged.size >= until:
                return 0
            return self._drain()

    def _drain(self) -> int:
        added = 0
        with FileLock(self.home.folder / ".audit.lock", poll_interval=_POLL):
            size = open_log(self.home.log).size
            while events := self._from(size):
                entries = [
                    LogEntry("audit", e.action, e.id, e.sha256, moment(e.at)) for e in events
                ]
                key, trust = self.home.key("log"), self.home.trust
                size = append(self.home.log, entries, key, trust).size
                added += len(events)
        self._logged.size = size
        return added

    def _from(self, size: int) -> list[AuditEvent]:
        with self.database.reading() as session:
            wanted = select(AuditEvent).where(AuditEvent.id > size).order_by(AuditEvent.id)
            return list(session.scalars(wanted.limit(_TOGETHER)))

    def prove(self, number: int) -> tuple[Inclusion, bool]:
        """Proof that event `number` is in the log, and whether it holds."""
        log = open_log(self.home.log)
        proof = log.prove(number - 1)
        return proof, proof.holds(log.checkpoint)

    def verify(self, copies: tuple[Where, ...] = ()) -> list[str]:
        """Everything that does not hold: in the log, in the database, between the two."""
        log = open_log(self.home.log)
        found = [change.sentence for change in check_log(log, self.home.trust, copies)]
        if found:
            return found
        with self.database.reading() as session:
            events = session.scalars(select(AuditEvent).order_by(AuditEvent.id)).all()
            released = session.execute(
                select(Release.id, Release.state).where(Release.state.in_(("released", "rejected")))
            ).all()
        for number, entry in enumerate(log.entries(), 1):
            event = events[number - 1] if number <= len(events) else None
            if event is None or event.id != number:
                return [f"event {number} is in the log and gone from the database"]
            found += _differs(event, entry)
        if len(events) > log.size:
            found.append(f"event {log.size + 1} is in the database and not in the log")
        told = {(e.action, _release(e.document)) for e in events}
        found += [
            f"release {number} is {state} in the database, and no event tells of it"
            for number, state in released
            if (f"release.{state}", number) not in told
        ]
        return found

    def count(self) -> int:
        """How many events there are."""
        with self.database.reading() as session:
            return int(session.scalar(select(func.max(AuditEvent.id))) or 0)


def _differs(event: AuditEvent, entry: LogEntry) -> list[str]:
    digest = hashlib.sha256(event.document.encode()).hexdigest()
    same = (entry.sha256, entry.name, entry.version) == (digest, event.action, event.id)
    return [] if same else [f"event {event.id} was changed in the database after it was logged"]


def _release(document: str) -> int:
    fields: Mapping[str, Any] = json.loads(document)
    return int(fields.get("release", 0))
