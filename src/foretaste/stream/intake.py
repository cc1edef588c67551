"""Where rows come from: the contract, and files that appear in a folder.

Offsets are the journal's, never the broker's: they are committed together with the rows, so that
a process that is killed between the two cannot exist.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from foretaste.errors import UnreadableDataError

__all__ = ["Folder", "Intake", "Messages"]

Message = tuple[str, bytes]  # place in the source, content


@dataclass(frozen=True)
class Messages:
    """Some messages, and where their source goes on after them."""

    messages: Sequence[Message]
    offset: str


class Intake(Protocol):
    """A source of messages in a fixed order, which can be read again from any offset."""

    @property
    def name(self) -> str:
        """Under which the journal keeps its offset."""

    def read(self, offset: str | None) -> Iterator[Messages]:
        """Messages from an offset on; ends when there are no more for now."""


@dataclass(frozen=True)
class Folder:
    """JSON Lines files of a folder, in order of their names; new ones must sort behind old ones.

    A file is read once it is whole: write it aside and rename it. Lines that are added later to a
    file that is not the last one are not seen.

    Parameters
    ----------
    path
        Folder of ``*.jsonl`` files.
    block
        Lines that come at once.
    """

    path: Path
    block: int = 500

    @property
    def name(self) -> str:
        """The path."""
        return f"folder:{self.path.resolve()}"

    def read(self, offset: str | None) -> Iterator[Messages]:
        """Lines behind the file and line of the offset."""
        file, done = json.loads(offset) if offset is not None else ("", 0)
        for path in sorted(self.path.glob("*.jsonl")):
            if path.name < file:
                continue
            skip = done if path.name == file else 0
            try:
                lines = path.read_bytes().splitlines()
            except OSError as error:
                raise UnreadableDataError(f"{path}: cannot be read: {error}") from error
            for start in range(skip, len(lines), self.block):
                part = lines[start : start + self.block]
                yield Messages(
                    [(f"{path.name}:{start + i + 1}", line) for i, line in enumerate(part)],
                    json.dumps([path.name, start + len(part)]),
                )
