"""Copies of a log in another place, where files are only ever created.

For each checkpoint that is copied: the entries since the one before, then the checkpoint. Kept
where the writer of the log cannot change files (another account, a bucket with retention), they
show what was rewritten even by whoever holds the key of the log.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

from foretaste.errors import InvalidProvenanceError
from foretaste.provenance import durable
from foretaste.provenance.log import Log
from foretaste.provenance.merkle import RootBuilder, leaf_hashes
from foretaste.provenance.note import Checkpoint, Note
from foretaste.provenance.tiles import pack, unpack

__all__ = ["CopiedPart", "copy_log", "read_copies"]


@dataclass(frozen=True)
class CopiedPart:
    """What one copy holds: entries from `start` on, and the checkpoint after them."""

    start: int
    entries: tuple[bytes, ...]
    note: Note
    checkpoint: Checkpoint


def copy_log(log: Log, to: str | os.PathLike[str]) -> bool:
    """Copy what is new since the last copy; say whether there was anything.

    Raises
    ------
    InvalidProvenanceError
        The log does not go on from what was copied before: it was cut or rewritten.
    OutputError
        The place cannot be written.
    """
    folder = Path(to)
    durable.make_folder(folder)
    last = _last(folder)
    if last is not None and not log.goes_on_from(last):
        raise InvalidProvenanceError(
            f"{log.folder}: has {log.size} entries and does not go on from its copy of "
            f"{last.size} in {folder}; run foretaste log check with this copy"
        )
    start = last.size if last is not None else 0
    if last is not None and log.size == start:
        return False
    entries = pack(islice(log.raw_entries(start), log.size - start))
    _create(folder / f"{log.size:012}.entries", entries)
    _create(folder / f"{log.size:012}.checkpoint", log.note.to_bytes())
    return True


def read_copies(folder: str | os.PathLike[str]) -> Iterator[CopiedPart]:
    """The copies in a place, oldest first; their roots are checked, their signatures are not.

    Raises
    ------
    InvalidProvenanceError
        A copy is damaged: the place is not one where files are only created.
    """
    builder = RootBuilder()
    for path in _checkpoints(Path(folder)):
        note = Note.from_bytes(path.read_bytes(), str(path))
        point = Checkpoint.from_text(note.text, str(path))
        held = path.with_suffix(".entries")
        if not held.is_file():
            raise _damaged(held)
        entries = tuple(unpack(held.read_bytes(), str(held)))
        start = builder.size
        builder.extend(leaf_hashes(entries))
        if (builder.size, builder.root()) != (point.size, point.root):
            raise _damaged(path)
        yield CopiedPart(start, entries, note, point)


def _last(folder: Path) -> Checkpoint | None:
    paths = _checkpoints(folder)
    if not paths:
        return None
    note = Note.from_bytes(paths[-1].read_bytes(), str(paths[-1]))
    return Checkpoint.from_text(note.text, str(paths[-1]))


def _checkpoints(folder: Path) -> list[Path]:
    return sorted(folder.glob("[0-9]*.checkpoint"))


def _create(path: Path, content: bytes) -> None:
    if not durable.create(path, content) and path.read_bytes() != content:
        raise InvalidProvenanceError(
            f"{path}: holds another history than the log; keep both, and find out which was changed"
        )


def _damaged(path: Path) -> InvalidProvenanceError:
    return InvalidProvenanceError(
        f"{path}: the copy is damaged or was changed; keep copies where files are only created"
    )
