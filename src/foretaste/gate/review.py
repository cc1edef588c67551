"""What people do with quarantined rows: look, let go, delete."""

from __future__ import annotations

import json
import secrets
import shutil
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from foretaste.durable import sync_folder, write_new
from foretaste.errors import OutputError, UnreadableDataError
from foretaste.gate.cut import unpack
from foretaste.gate.settings import Settings
from foretaste.store import Entry, Event, Quarantine, open_place
from foretaste.store.entries import State

__all__ = ["Explained", "Summary", "explain", "open_quarantine", "summaries", "write_rows"]


@dataclass(frozen=True)
class Summary:
    """An entry in one line."""

    entry: Entry
    states: tuple[tuple[State, int], ...]  # rows by what has become of them
    kinds: tuple[tuple[str, int], ...]


@dataclass(frozen=True)
class Explained:
    """Everything that is known of an entry; `why` needs the key."""

    entry: Entry
    states: dict[int, State]
    events: tuple[Event, ...]
    sentence: str  # of the scan; "" without the key
    why: dict[int, str]
    ids: dict[int, str]


def open_quarantine(settings: Settings) -> Quarantine:
    """The quarantine that the settings name, after what was begun there is settled."""
    quarantine = Quarantine(open_place(settings.store.place, settings.root))
    quarantine.recover()
    return quarantine


def summaries(quarantine: Quarantine) -> list[Summary]:
    """All entries, oldest first."""
    return [
        Summary(
            entry,
            tuple(sorted(Counter(quarantine.states(entry.id).values()).items())),
            tuple(Counter(row.kind or "flagged" for row in entry.rows).most_common()),
        )
        for entry in quarantine.entries()
    ]


def explain(quarantine: Quarantine, name: str, key: Path | None) -> Explained:
    """Why these rows were moved, and what was decided since.

    Parameters
    ----------
    key
        Opens the findings; None tells only what is not sealed.
    """
    entry = quarantine.entry(name)
    findings: dict[str, Any] = {}
    if key is not None:
        content = quarantine.findings(entry.id, key)
        try:
            findings = json.loads(content)
        except ValueError as error:
            raise UnreadableDataError(f"quarantine {entry.id}: no findings ({error})") from error
    rows = findings.get("rows", [])
    return Explained(
        entry,
        quarantine.states(entry.id),
        quarantine.events(entry.id),
        str(findings.get("sentence", "")),
        {int(row["row"]): str(row["why"]) for row in rows},
        {int(row["row"]): str(row["id"]) for row in rows},
    )


def write_rows(content: bytes, folder: Path) -> list[Path]:
    """Write opened rows as the files they came from, below a folder that does not exist yet.

    Raises
    ------
    OutputError
        The folder is there, or cannot be written; nothing is left of it.
    """
    files = unpack(content)
    aside = folder.parent / f".{folder.name}.{secrets.token_hex(4)}"
    written = []
    try:
        for name, part in files:
            target = aside / name
            target.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            write_new(target, part, 0o600)
            written.append(folder / name)
        if folder.exists():
            raise FileExistsError(17, "it is there already", str(folder))
        aside.rename(folder)
        sync_folder(folder.parent)
    except OSError as error:
        shutil.rmtree(aside, ignore_errors=True)
        reason = (error.strerror or type(error).__name__).lower()
        raise OutputError(f"cannot write {folder}: {reason}; name another folder") from error
    return written
