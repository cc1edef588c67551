"""Copies of a log in another place, where contents are only ever created: a folder or a bucket.

For each checkpoint that is copied: the entries since the one before, then the checkpoint. Kept
where the writer of the log cannot change files (another account, a bucket with retention), they
show what was rewritten even by whoever holds the key of the log.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice

from foretaste.errors import InvalidProvenanceError
from foretaste.provenance.log import Log
from foretaste.provenance.merkle import RootBuilder, leaf_hashes
from foretaste.provenance.note import Checkpoint, Note
from foretaste.provenance.tiles import pack, unpack
from foretaste.store import Place, open_place

__all__ = ["CopiedPart", "Where", "copy_log", "read_copies", "where"]

Where = str | os.PathLike[str] | Place  # a folder, s3://bucket/prefix, or an open place
_BELOW = "log"


@dataclass(frozen=True)
class CopiedPart:
    """What one copy holds: entries from `start` on, and the checkpoint after them."""

    start: int
    entries: tuple[bytes, ...]
    note: Note
    checkpoint: Checkpoint


def where(to: Where) -> Place:
    """The place behind an address."""
    return open_place(os.fspath(to)) if isinstance(to, str | os.PathLike) else to


def copy_log(log: Log, to: Where) -> bool:
    """Copy what is new since the last copy; say whether there was anything.

    Raises
    ------
    InvalidProvenanceError
        The log does not go on from what was copied before: it was cut or rewritten.
    OutputError
        The place cannot be written.
    """
    place = where(to)
    last = _last(place)
    if last is not None and not log.goes_on_from(last):
        raise InvalidProvenanceError(
            f"{log.folder}: has {log.size} entries and does not go on from its copy of "
            f"{last.size} in {place.described}; run foretaste log check with this copy"
        )
    start = last.size if last is not None else 0
    if last is not None and log.size == start:
        return False
    entries = pack(islice(log.raw_entries(start), log.size - start))
    _create(place, f"{_BELOW}/{log.size:012}.entries", entries)
    _create(place, f"{_BELOW}/{log.size:012}.checkpoint", log.note.to_bytes())
    return True


def read_copies(of: Where) -> Iterator[CopiedPart]:
    """The copies in a place, oldest first; their roots are checked, their signatures are not.

    Raises
    ------
    InvalidProvenanceError
        A copy is damaged: the place is not one where contents are only created.
    """
    place, builder = where(of), RootBuilder()
    for name in _checkpoints(place):
        note, point = _checkpoint(place, name)
        content = place.read(name.removesuffix("checkpoint") + "entries")
        if content is None:
            raise _damaged(place, name)
        entries = tuple(unpack(content, f"{place.described}, {name}"))
        start = builder.size
        builder.extend(leaf_hashes(entries))
        if (builder.size, builder.root()) != (point.size, point.root):
            raise _damaged(place, name)
        yield CopiedPart(start, entries, note, point)


def _last(place: Place) -> Checkpoint | None:
    names = _checkpoints(place)
    return _checkpoint(place, names[-1])[1] if names else None


def _checkpoints(place: Place) -> list[str]:
    return [name for name in place.names(_BELOW) if name.endswith(".checkpoint")]


def _checkpoint(place: Place, name: str) -> tuple[Note, Checkpoint]:
    told = f"{place.described}, {name}"
    note = Note.from_bytes(place.read(name) or b"", told)
    return note, Checkpoint.from_text(note.text, told)


def _create(place: Place, name: str, content: bytes) -> None:
    if not place.create(name, content) and place.read(name) != content:
        raise InvalidProvenanceError(
            f"{place.described}, {name}: holds another history than the log; "
            "keep both, and find out which was changed"
        )


def _damaged(place: Place, name: str) -> InvalidProvenanceError:
    return InvalidProvenanceError(
        f"{place.described}, {name}: the copy is damaged or was changed; "
        "keep copies where contents are only created"
    )
