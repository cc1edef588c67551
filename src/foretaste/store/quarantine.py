"""Quarantine: a move that loses nothing.

Rows are sealed and safe in the store before anything is told that they have left. Nothing is
ever rewritten; a release or a purge is a further record with a reason.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from foretaste.errors import UnreadableDataError, UsageError
from foretaste.store.entries import (
    Act,
    Entry,
    Event,
    HeldRow,
    State,
    entry_id,
    parse_record,
    record_bytes,
)
from foretaste.store.evidence import Evidence, object_name
from foretaste.store.intents import Intents
from foretaste.store.place import Place
from foretaste.store.sealing import Seal, unseal

__all__ = ["Parcel", "Quarantine"]

_BELOW = "quarantine"


def now() -> datetime:
    """The time that records carry."""
    return datetime.now(UTC)


@dataclass(frozen=True)
class Parcel:
    """Rows on their way out of a data set, still readable."""

    name: str  # of the data set
    digest: str  # of the data set
    rows: tuple[HeldRow, ...]
    content: bytes = field(repr=False)  # the rows themselves
    findings: bytes = field(repr=False)  # what was found in them


@dataclass(frozen=True)
class Quarantine:
    """The entries of one store.

    Every method leaves the store whole whenever the process ends: what was begun is written down
    as an intent first, and `recover` finishes or undoes it.

    Examples
    --------
    >>> import tempfile
    >>> from pathlib import Path
    >>> from foretaste.store import HeldRow, open_place
    >>> from foretaste.store.sealing import Seal, make_key
    >>> folder = Path(tempfile.mkdtemp())
    >>> seal = Seal((make_key(folder / "quarantine.key"),))
    >>> quarantine = Quarantine(open_place(str(folder / "store")))
    >>> row = HeldRow(7, "ab" * 32, "backdoor", "confirmed", "g1")
    >>> parcel = Parcel("mails", "cd" * 32, (row,), b"the row", b"why")
    >>> entry = quarantine.admit(parcel, seal)
    >>> quarantine.rows(entry.id, folder / "quarantine.key")
    b'the row'
    >>> _ = quarantine.release(entry.id, reason="checked by hand", by="ada")
    >>> [state.value for state in quarantine.states(entry.id).values()]
    ['released']
    """

    place: Place
    clock: Callable[[], datetime] = now

    @property
    def _evidence(self) -> Evidence:
        return Evidence(self.place)

    @property
    def _intents(self) -> Intents:
        return Intents(self.place, self.clock)

    def admit(self, parcel: Parcel, seal: Seal) -> Entry:
        """Take rows in; they are durable when this returns. Taking them twice takes them once.

        Raises
        ------
        OutputError
            The store cannot be written: the rows are not in, and must not leave where they are.
        """
        if not parcel.rows:
            raise UsageError("quarantine: a parcel holds at least one row, got none")
        name = entry_id(parcel.digest, parcel.rows)
        with self.place.alone():
            self._recover()
            there = self._find(name)
            if there is not None:
                return self._checked(there)
            contents = (seal.close(parcel.content), seal.close(parcel.findings))
            digests = [hashlib.sha256(content).hexdigest() for content in contents]
            entry = Entry(
                id=name,
                name=parcel.name,
                digest=parcel.digest,
                made=_stamp(self.clock()),
                rows=parcel.rows,
                sealed_rows=digests[0],
                sealed_findings=digests[1],
                recipients=seal.recipients,
            )
            intent = self._intents.begin("admit", name, digests, record_bytes(entry))
            for content in contents:
                self._evidence.put(content)
            entry = self._write_entry(entry)
            self._keep_whole(entry, contents)
            self._intents.end(intent)
        return entry

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
        entry = self._find(name)
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
        before = hashlib.sha256(self._read(_entry_name(name))).hexdigest()
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

    def rows(self, name: str, key: Path) -> bytes:
        """The content of the parcel, opened with the key."""
        entry = self.entry(name)
        if any(event.act is Act.PURGE for event in self.events(entry.id)):
            raise UsageError(f"quarantine: the rows of {entry.id} were purged; findings remain")
        return unseal(self._evidence.get(entry.sealed_rows), key)

    def findings(self, name: str, key: Path) -> bytes:
        """The findings of the parcel, opened with the key; a purge leaves them."""
        return unseal(self._evidence.get(self.entry(name).sealed_findings), key)

    def release(
        self, name: str, *, reason: str, by: str, rows: Sequence[int] | None = None
    ) -> Event:
        """Let rows go: a gate that meets them again lets them pass.

        Parameters
        ----------
        rows
            Numbers in the data set; all rows that are held by default.

        Raises
        ------
        UsageError
            There is no such row, it is not held any more, or no reason is given.
        """
        with self.place.alone():
            self._recover()
            entry = self.entry(name)
            held = [row for row, state in self.states(entry.id).items() if state is State.HELD]
            chosen = tuple(sorted(held if rows is None else set(rows)))
            strange = sorted(set(chosen) - set(held))
            if strange or not chosen:
                what = f"row {strange[0]} is not held" if strange else "no row is held"
                raise UsageError(f"quarantine: {what} in {entry.id}; see quarantine explain")
            return self._decide(entry, Act.RELEASE, chosen, reason, by)

    def purge(self, name: str, *, reason: str, by: str) -> Event:
        """Delete the sealed rows of an entry for ever; the entry and its findings remain.

        Raises
        ------
        UsageError
            They were purged before, or no reason is given.
        """
        with self.place.alone():
            self._recover()
            entry = self.entry(name)
            if any(event.act is Act.PURGE for event in self.events(entry.id)):
                raise UsageError(f"quarantine: the rows of {entry.id} were purged before")
            _check_reason(reason)
            intent = self._intents.begin("purge", entry.id, (entry.sealed_rows,), b"")
            rows = tuple(sorted(row.row for row in entry.rows))
            event = self._decide(entry, Act.PURGE, rows, reason, by)
            self.place.remove(object_name(entry.sealed_rows))
            self._intents.end(intent)
        return event

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

    def recover(self) -> int:
        """Finish or undo what a killed process had begun; returns how many acts that were."""
        with self.place.alone():
            return self._recover()

    def _recover(self) -> int:
        settled = 0
        for intent in self._intents.dead():
            if intent.act == "admit":
                self._settle_admission(intent.entry, intent.objects, intent.record)
            elif any(event.act is Act.PURGE for event in self.events(intent.entry)):
                self._forget(intent.objects)
            self._intents.end(intent)
            settled += 1
        return settled

    def _settle_admission(self, name: str, objects: Sequence[str], record: bytes) -> None:
        """All objects there: the entry is written. Otherwise nothing of it may remain."""
        entry = self._find(name)
        if entry is None and all(self._evidence.holds(digest) for digest in objects):
            self.place.create(_entry_name(name), record)
            return
        used = {entry.sealed_rows, entry.sealed_findings} if entry is not None else set()
        self._forget(digest for digest in objects if digest not in used)

    def _forget(self, objects: Iterable[str]) -> None:
        for digest in objects:
            self.place.remove(object_name(digest))

    def _decide(self, entry: Entry, act: Act, rows: tuple[int, ...], reason: str, by: str) -> Event:
        _check_reason(reason)
        while True:
            events = self.events(entry.id)
            last = _event_name(entry.id, len(events)) if events else _entry_name(entry.id)
            before = hashlib.sha256(self._read(last)).hexdigest()
            at = _stamp(self.clock())
            event = Event(len(events) + 1, act, rows, reason.strip(), by, at, before)
            name, content = _event_name(entry.id, event.number), record_bytes(event)
            if self.place.create(name, content) or self.place.read(name) == content:
                return event  # otherwise another was quicker: look again at what holds now

    def _write_entry(self, entry: Entry) -> Entry:
        """The entry that stands at the end: another process may have been quicker."""
        self.place.create(_entry_name(entry.id), record_bytes(entry))
        written = self._find(entry.id)
        if written is None:
            raise UnreadableDataError(
                f"store {self.place.described}: {entry.id} was written and is not there; "
                "the storage does not keep what it was given"
            )
        return written

    def _keep_whole(self, entry: Entry, contents: Iterable[bytes]) -> None:
        """Objects that somebody swept in the meantime are written again; others are not kept."""
        named = {entry.sealed_rows, entry.sealed_findings}
        for content in contents:
            digest = hashlib.sha256(content).hexdigest()
            if digest in named:
                self._evidence.put(content)
            else:
                self._forget((digest,))

    def _checked(self, entry: Entry) -> Entry:
        """An entry that was taken in before: its rows must be there, or have been purged."""
        purged = any(event.act is Act.PURGE for event in self.events(entry.id))
        for digest in (entry.sealed_findings, *(() if purged else (entry.sealed_rows,))):
            self._evidence.get(digest)
        return entry

    def _find(self, name: str) -> Entry | None:
        file = _entry_name(name) if name.isalnum() else None
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


def _entry_name(name: str) -> str:
    return f"{_BELOW}/{name}/entry.json"


def _event_name(name: str, number: int) -> str:
    return f"{_BELOW}/{name}/events/{number:06}.json"


def _stamp(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")


def _check_reason(reason: str) -> None:
    if len(reason.strip()) < 3:
        raise UsageError(
            f"reason: say why, in a few words that a reader will understand; got {reason!r}"
        )
