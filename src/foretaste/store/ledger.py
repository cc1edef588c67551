"""The records of a quarantine: read in order, checked as a chain, only ever added to."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime

from foretaste.errors import UnreadableDataError, UsageError
from foretaste.store.entries import Act, Entry, Event, State, parse_record, record_bytes
from foretaste.store.place import Place

__all__ = ["Ledger", "check_reason", "entry_name", "now", "stamp"]

_BELOW = "quarantine"


def now() -> datetime:
    """The time that records carry."""
    return datetime.now(UTC)


@dataclass(frozen=True)
class Ledger:
    """Entries and events of one store.

    Every event holds the digest of the record before it: one that was altered or taken out is
    an error that names it.
    """

    place: Place
    clock: Callable[[], datetime] = now

    def entries(self) -> list[Entry]:
        """All entries, oldest first."""
        found = [
            self.entry(name.split("/")[1])
            for name in self.place.names(_BELOW)
            if name.endswith("/entry.json")
        ]
        return sorted(found, key=lambda entry: (entry.made, entry.id))

    def entry(self, name: str) -> Entry:
        """One entry, by its id or the only beginning of one.

        Raises
        ------
        UsageError
            There is none, or several.
        """
        entry = self.find(name)
        if entry is not None:
            return entry
        ids = {n.split("/")[1] for n in self.place.names(_BELOW) if n.endswith("/entry.json")}
        fits = sorted(known for known in ids if name and known.startswith(name))
        if len(fits) != 1:
            what = "several entries begin with" if fits else "there is no entry"
            known = ", ".join((fits or sorted(ids))[:5]) or "none"
            raise UsageError(
                f"quarantine {self.place.described}: {what} {name[:40]!r} (known: {known}); "
                "see foretaste quarantine list"
            )
        return self.entry(fits[0])

    def events(self, name: str) -> tuple[Event, ...]:
        """What was decided of an entry, in order.

        Raises
        ------
        UnreadableDataError
            A record is missing or was altered: the chain of digests is broken.
        """
        before = hashlib.sha256(self._read(entry_name(name))).hexdigest()
        events = []
        listed = self.place.names(f"{_BELOW}/{name}/events")
        for number, file in enumerate(listed, start=1):
            content = self._read(file)
            event: Event = parse_record(Event, content, file)
            if (
                event.number != number
                or event.before != before
                or file != _event_name(name, number)
            ):
                raise UnreadableDataError(
                    f"store {self.place.described}: {file} does not follow the record before it; "
                    "a record was altered or removed, restore the store from a copy"
                )
            before = hashlib.sha256(content).hexdigest()
            events.append(event)
        return tuple(events)

    def states(self, name: str) -> dict[int, State]:
        """What has become of each row, by its number."""
        states = dict.fromkeys((row.row for row in self.entry(name).rows), State.HELD)
        for event in self.events(name):
            became = State.RELEASED if event.act is Act.RELEASE else State.PURGED
            states |= {row: became for row in event.rows if states.get(row) is State.HELD}
        return states

    def released(self) -> frozenset[tuple[str, str]]:
        """(row digest, kind) of all releases: a release covers what it was decided about.

        A row that was released as a mislabel is held again when it turns out to be part of a
        backdoor. Rows with the same content share a digest.
        """
        free: set[tuple[str, str]] = set()
        for entry in self.entries():
            events = self.events(entry.id)
            let_go = {row for e in events if e.act is Act.RELEASE for row in e.rows}
            free |= {(row.digest, row.kind) for row in entry.rows if row.row in let_go}
        return frozenset(free)

    def append(self, entry: Entry, act: Act, rows: tuple[int, ...], reason: str, by: str) -> Event:
        """Add an event at the end of the chain; it is durable when this returns."""
        check_reason(reason)
        while True:
            events = self.events(entry.id)
            last = _event_name(entry.id, len(events)) if events else entry_name(entry.id)
            before = hashlib.sha256(self._read(last)).hexdigest()
            at = stamp(self.clock())
            event = Event(len(events) + 1, act, rows, reason.strip(), by, at, before)
            name, content = _event_name(entry.id, event.number), record_bytes(event)
            if self.place.create(name, content) or self.place.read(name) == content:
                return event  # otherwise another was quicker: look again at what holds now

    def write_entry(self, entry: Entry) -> Entry:
        """The entry that stands at the end: another process may have been quicker."""
        self.place.create(entry_name(entry.id), record_bytes(entry))
        written = self.find(entry.id)
        if written is None:
            raise UnreadableDataError(
                f"store {self.place.described}: {entry.id} was written and is not there; "
                "the storage does not keep what it was given"
            )
        return written

    def find(self, name: str) -> Entry | None:
        """The entry with exactly this id, if there is one."""
        file = entry_name(name) if name.isalnum() else None
        content = None if file is None else self.place.read(file)
        return None if content is None or file is None else parse_record(Entry, content, file)

    def _read(self, name: str) -> bytes:
        content = self.place.read(name)
        if content is None:
            raise UnreadableDataError(
                f"store {self.place.described}: the record {name} is gone; "
                "restore the store from a copy"
            )
        return content


def entry_name(name: str) -> str:
    """Where an entry is written down."""
    return f"{_BELOW}/{name}/entry.json"


def _event_name(name: str, number: int) -> str:
    return f"{_BELOW}/{name}/events/{number:06}.json"


def stamp(moment: datetime) -> str:
    """A moment as records carry it: ISO 8601, UTC, whole seconds."""
    return moment.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")


def check_reason(reason: str) -> None:
    """Refuse a reason that says nothing."""
    if len(reason.strip()) < 3:
        raise UsageError(
            f"reason: say why, in a few words that a reader will understand; got {reason!r}"
        )
