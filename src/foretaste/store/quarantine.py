"""Quarantine: a move that loses nothing.

Rows are sealed and safe in the store before anything is told that they have left. Nothing is
ever rewritten; a release or a purge is a further record with a reason.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from foretaste.errors import OutputError, UsageError
from foretaste.store.entries import (
    Act,
    Entry,
    Event,
    HeldRow,
    State,
    entry_id,
    record_bytes,
)
from foretaste.store.evidence import Evidence, object_name
from foretaste.store.intents import Intents
from foretaste.store.ledger import Ledger, check_reason, entry_name, stamp
from foretaste.store.sealing import Seal, unseal

__all__ = ["Parcel", "Quarantine"]


@dataclass(frozen=True)
class Parcel:
    """Rows on their way out of a data set, still readable."""

    name: str  # of the data set
    digest: str  # of the data set
    rows: tuple[HeldRow, ...]
    content: bytes = field(repr=False)  # the rows themselves
    findings: bytes = field(repr=False)  # what was found in them


@dataclass(frozen=True)
class Quarantine(Ledger):
    """The rows of one store, and what is written down of them.

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
            there = self.find(name)
            if there is not None:
                return self._checked(there)
            contents = (seal.close(parcel.content), seal.close(parcel.findings))
            digests = [hashlib.sha256(content).hexdigest() for content in contents]
            entry = Entry(
                id=name,
                name=parcel.name,
                digest=parcel.digest,
                made=stamp(self.clock()),
                rows=parcel.rows,
                sealed_rows=digests[0],
                sealed_findings=digests[1],
                recipients=seal.recipients,
            )
            intent = self._intents.begin("admit", name, digests, record_bytes(entry))
            for content in contents:
                self._evidence.put(content)
            entry = self.write_entry(entry)
            self._keep_whole(entry, contents)
            self._intents.end(intent)
        return entry

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
            return self.append(entry, Act.RELEASE, chosen, reason, by)

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
            check_reason(reason)
            why = json.dumps({"reason": reason, "by": by}).encode()
            intent = self._intents.begin("purge", entry.id, (entry.sealed_rows,), why)
            try:
                self.place.remove(object_name(entry.sealed_rows))
            except OutputError:  # a bucket that keeps what it was given: nothing was purged
                self._intents.end(intent)
                raise
            event = self._purged(entry, reason, by)
            self._intents.end(intent)
        return event

    def _purged(self, entry: Entry, reason: str, by: str) -> Event:
        rows = tuple(sorted(row.row for row in entry.rows))
        return self.append(entry, Act.PURGE, rows, reason, by)

    def recover(self) -> int:
        """Finish or undo what a killed process had begun; returns how many acts that were."""
        with self.place.alone():
            return self._recover()

    def _recover(self) -> int:
        settled = 0
        for intent in self._intents.dead():
            if intent.act == "admit":
                self._settle_admission(intent.entry, intent.objects, intent.record)
            else:
                self._settle_purge(intent.entry, intent.objects, intent.record)
            self._intents.end(intent)
            settled += 1
        return settled

    def _settle_admission(self, name: str, objects: Sequence[str], record: bytes) -> None:
        """All objects there: the entry is written. Otherwise nothing of it may remain."""
        entry = self.find(name)
        if entry is None and all(self._evidence.holds(digest) for digest in objects):
            self.place.create(entry_name(name), record)
            return
        used = {entry.sealed_rows, entry.sealed_findings} if entry is not None else set()
        self._forget(digest for digest in objects if digest not in used)

    def _settle_purge(self, name: str, objects: Sequence[str], record: bytes) -> None:
        """Rows that are gone are said to be gone; rows that are there stay."""
        gone = not any(self._evidence.holds(digest) for digest in objects)
        if gone and not any(event.act is Act.PURGE for event in self.events(name)):
            why = json.loads(record)
            self._purged(self.entry(name), str(why["reason"]), str(why["by"]))

    def _forget(self, objects: Iterable[str]) -> None:
        for digest in objects:
            self.place.remove(object_name(digest))

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
