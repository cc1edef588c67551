"""An append-only log of what was signed: who replays an old version, or takes one back, is seen.

An append writes tiles first and the checkpoint last, each whole or not at all; so after a crash
the log is that of the last checkpoint, and the next append goes on from there.

A log alone does not stop whoever holds both its folder and its key: `copies` does.
"""

from __future__ import annotations

import datetime as dt
import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from filelock import FileLock, Timeout

from foretaste.errors import InvalidProvenanceError, OutputError, UsageError
from foretaste.provenance import durable
from foretaste.provenance.documents import Fields, canonical, parse, to_time
from foretaste.provenance.keys import SigningKey
from foretaste.provenance.merkle import (
    consistency_proof,
    inclusion_proof,
    is_consistent,
    is_included,
    leaf_hash,
    root,
)
from foretaste.provenance.note import Checkpoint, Note, sign_checkpoint
from foretaste.provenance.tiles import MAX_ENTRY, WIDTH, Tiles
from foretaste.provenance.trust import LOG, Trust

__all__ = ["Inclusion", "Log", "LogEntry", "append", "make_log", "open_log"]

_WAIT = 60.0  # seconds for another append to end


@dataclass(frozen=True)
class LogEntry:
    """That a statement was signed."""

    kind: str  # "manifest", "transformation", "gate" ...
    name: str  # of the data set
    version: int
    sha256: str  # of the signed payload
    time: dt.datetime

    def to_bytes(self) -> bytes:
        """The entry as it is logged."""
        return canonical(
            {
                "kind": self.kind,
                "name": self.name,
                "version": self.version,
                "sha256": self.sha256,
                "time": to_time(self.time),
            }
        )

    @classmethod
    def from_bytes(cls, content: bytes, where: str) -> LogEntry:
        """Read an entry."""
        fields = Fields(parse(content, where), where)
        return cls(
            fields.text("kind"),
            fields.text("name"),
            fields.whole("version"),
            fields.digest("sha256").hex(),
            fields.time("time"),
        )


@dataclass(frozen=True)
class Inclusion:
    """Proof that an entry is in a log: verified with the checkpoint alone."""

    index: int
    entry: bytes
    proof: tuple[bytes, ...]

    def holds(self, checkpoint: Checkpoint) -> bool:
        """Whether the log of this checkpoint has the entry."""
        leaf = leaf_hash(self.entry)
        return is_included(leaf, self.index, checkpoint.size, self.proof, checkpoint.root)


@dataclass(frozen=True)
class Log:
    """A log as its checkpoint says it is; nothing is verified by reading."""

    folder: Path
    note: Note
    checkpoint: Checkpoint

    @property
    def size(self) -> int:
        """How many entries it has."""
        return self.checkpoint.size

    @property
    def tiles(self) -> Tiles:
        """Its files."""
        return Tiles(self.folder)

    def raw_entries(self, start: int = 0) -> Iterator[bytes]:
        """The entries from `start`, as bytes."""
        for number in range(start // WIDTH, -(-self.size // WIDTH)):
            width = min(WIDTH, self.size - number * WIDTH)
            skip = max(0, start - number * WIDTH)
            yield from self.tiles.entries(number, width)[skip:]

    def entries(self) -> Iterator[LogEntry]:
        """The entries, in order."""
        for index, entry in enumerate(self.raw_entries()):
            yield LogEntry.from_bytes(entry, f"{self.folder}, entry {index}")

    def newest(self, kind: str, name: str) -> LogEntry | None:
        """The entry with the highest version of a data set."""
        found = [entry for entry in self.entries() if (entry.kind, entry.name) == (kind, name)]
        return max(found, key=lambda entry: entry.version, default=None)

    def prove(self, index: int) -> Inclusion:
        """Proof that entry `index` is in the log."""
        if not 0 <= index < self.size:
            raise UsageError(f"entry: must lie in 0 to {self.size - 1}, got {index}")
        proof = inclusion_proof(index, self.size, self.tiles.subtree(self.size))
        return Inclusion(index, next(self.raw_entries(index)), tuple(proof))

    def goes_on_from(self, older: Checkpoint) -> bool:
        """Whether this log is the log of an older checkpoint, with entries added at its end."""
        if older.size > self.size:
            return False
        proof = consistency_proof(older.size, self.size, self.tiles.subtree(self.size))
        return is_consistent(older.size, self.size, older.root, self.checkpoint.root, proof)

    def objection(self, trust: Trust, at: dt.datetime) -> str | None:
        """Why the checkpoint's signature does not count; None if it does."""
        return checkpoint_objection(self.note, self.checkpoint, trust, at)


def make_log(folder: str | os.PathLike[str], origin: str, key: SigningKey) -> Log:
    """Begin an empty log; `origin` is its name, a word such as ``example.org/data``.

    Raises
    ------
    UsageError
        There is a log already, or the name has spaces or a plus sign.
    """
    if not origin or any(c.isspace() or c == "+" or not c.isprintable() for c in origin):
        raise UsageError(f"origin: must be a name without spaces or '+', got {origin!r:.60}")
    path = Path(folder)
    durable.make_folder(path)
    empty = sign_checkpoint(Checkpoint(origin, 0, root([])), key)
    if not durable.create(path / "checkpoint", empty.to_bytes()):
        raise UsageError(f"log: {path} holds a log already; append to it, or name another folder")
    return open_log(path)


def open_log(folder: str | os.PathLike[str]) -> Log:
    """Read the checkpoint of a log.

    Raises
    ------
    UsageError
        There is none.
    InvalidProvenanceError
        It is malformed.
    """
    path = Path(folder) / "checkpoint"
    try:
        content = path.read_bytes()
    except OSError as error:
        raise UsageError(
            f"log: {path}: {error.strerror}; begin one with foretaste log make"
        ) from error
    note = Note.from_bytes(content, str(path))
    return Log(Path(folder), note, Checkpoint.from_text(note.text, str(path)))


def append(
    folder: str | os.PathLike[str], entries: Sequence[LogEntry], key: SigningKey, trust: Trust
) -> Log:
    """Add entries and sign the new checkpoint.

    Parameters
    ----------
    folder
        Of a log.
    entries
        In order; appended together or not at all.
    key
        Signs the checkpoint; `trust` must allow it.
    trust
        The present checkpoint must be signed by a key that counts: nothing is built on a forgery.

    Raises
    ------
    InvalidProvenanceError
        The present checkpoint does not count, or its entries are missing.
    OutputError
        The log cannot be written, or another append does not end; the log is as it was.
    """
    path = Path(folder)
    content = [entry.to_bytes() for entry in entries]
    if any(len(entry) > MAX_ENTRY for entry in content):
        raise UsageError("entry: must be below 64 KiB; give the data set a shorter name")
    try:
        with FileLock(path / ".lock", timeout=_WAIT):
            log = open_log(path)
            _refuse_forgery(log, trust)
            return _grow(log, content, key)
    except Timeout as error:
        raise OutputError(f"log: {path} is locked by another append; try again") from error
    except OSError as error:
        raise OutputError(f"log: cannot write {path}: {error.strerror}; it is as it was") from error


def _grow(log: Log, content: Sequence[bytes], key: SigningKey) -> Log:
    if not content:
        return log
    log.tiles.append(log.size, content)
    size = log.size + len(content)
    whole = log.tiles.subtree(size)(0, size)
    note = sign_checkpoint(Checkpoint(log.checkpoint.origin, size, whole), key)
    durable.replace(log.folder / "checkpoint", note.to_bytes())
    log.tiles.prune(size)
    durable.sweep(log.folder)
    return open_log(log.folder)


def _refuse_forgery(log: Log, trust: Trust) -> None:
    objection = log.objection(trust, dt.datetime.now(dt.UTC))
    if objection is None and log.size:
        held = log.tiles.subtree(log.size)(0, log.size)
        objection = None if held == log.checkpoint.root else "its hashes do not have its root"
    if objection is not None:
        raise InvalidProvenanceError(
            f"{log.folder}: nothing is appended to a log that does not hold: {objection}; "
            "run foretaste log check, and restore it from a copy"
        )


def checkpoint_objection(
    note: Note, checkpoint: Checkpoint, trust: Trust, at: dt.datetime
) -> str | None:
    """Why no signature of a checkpoint counts; None if one does. Checkpoints carry no date."""
    objections = []
    for known in trust.keys:
        if note.is_signed_by(checkpoint.origin, known.key):
            objection = known.objection(LOG, known.created, at)
            if objection is None:
                return None
            objections.append(objection)
    return "; ".join(objections) or "no key of the trust file has signed the checkpoint as it is"
