"""What is written down of quarantined rows: one entry, then events in a chain.

::

    entry.json ◄─ events/000001.json ◄─ events/000002.json     each holds the SHA-256 of the one
                                                               before it

Records hold no cell of a row: numbers, digests and verdicts only. Rows and findings are sealed.
"""

from __future__ import annotations

import dataclasses
import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from foretaste.errors import UnreadableDataError

__all__ = ["Act", "Entry", "Event", "HeldRow", "State", "entry_id", "parse_record", "record_bytes"]

SCHEMA = "foretaste/quarantine/v1"


class Act(StrEnum):
    """What can be done with an entry."""

    RELEASE = "released"
    PURGE = "purged"


class State(StrEnum):
    """What has become of a row."""

    HELD = "held"
    RELEASED = "released"
    PURGED = "purged"


@dataclass(frozen=True)
class HeldRow:
    """A row that left, without its content."""

    row: int  # its number in the data set, from 0
    digest: str  # hex, rowhash/v1
    kind: str  # a `foretaste.types.Kind`, or "validation"
    verdict: str
    group: str  # "" for a row of no group


@dataclass(frozen=True)
class Entry:
    """Rows that left one data set in one decision."""

    id: str
    name: str  # of the data set
    digest: str  # of the data set the rows left
    made: str  # ISO 8601, UTC
    rows: tuple[HeldRow, ...]
    sealed_rows: str  # digest of the sealed content
    sealed_findings: str
    recipients: tuple[str, ...]  # who can open them
    schema: str = SCHEMA


@dataclass(frozen=True)
class Event:
    """What was decided of an entry, by whom and why."""

    number: int  # from 1
    act: Act
    rows: tuple[int, ...]  # row numbers in the data set
    reason: str
    by: str
    at: str  # ISO 8601, UTC
    before: str  # SHA-256 of the record before this one


def entry_id(digest: str, rows: tuple[HeldRow, ...]) -> str:
    """The same rows leaving the same data set for the same reasons are the same entry.

    Examples
    --------
    >>> row = HeldRow(3, "ab" * 32, "backdoor", "confirmed", "g1")
    >>> entry_id("cd" * 32, (row,)) == entry_id("cd" * 32, (row,))
    True
    """
    parts = [digest, *(f"{r.row} {r.digest} {r.kind} {r.verdict} {r.group}" for r in rows)]
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()[:16]


def record_bytes(record: Entry | Event) -> bytes:
    """The record as JSON with sorted keys."""
    return (json.dumps(dataclasses.asdict(record), sort_keys=True, indent=1) + "\n").encode()


def parse_record(kind: type[Any], content: bytes, name: str) -> Any:
    """The `Entry` or `Event` in `content`; `name` says in errors where it was read.

    Raises
    ------
    UnreadableDataError
        It is none: missing, unknown or ill-typed fields.

    Examples
    --------
    >>> event = Event(1, Act.RELEASE, (3,), "labels checked", "ada", "2026-01-01T00:00:00Z", "")
    >>> parse_record(Event, record_bytes(event), "events/000001.json") == event
    True
    """
    try:
        document = json.loads(content)
        return _build(kind, document)
    except (ValueError, TypeError, KeyError, RecursionError) as error:
        raise UnreadableDataError(
            f"store: {name} is no record of a quarantine ({type(error).__name__}: "
            f"{str(error)[:120]}); restore it from a copy"
        ) from error


def _build(kind: type[Any], document: Mapping[str, Any]) -> Any:
    fields = {field.name for field in dataclasses.fields(kind)}
    if not isinstance(document, dict) or set(document) != fields:
        raise TypeError(f"expected the fields {', '.join(sorted(fields))}")
    values = dict(document)
    if kind is Entry:
        if values["schema"] != SCHEMA:
            raise ValueError(f"schema {values['schema']!r:.60}")
        values["rows"] = tuple(_row(row) for row in values["rows"])
        values["recipients"] = tuple(map(_text, values["recipients"]))
        texts = fields - {"rows", "recipients"}
    else:
        values["act"] = Act(values["act"])
        values["rows"] = tuple(map(_whole, values["rows"]))
        values["number"] = _whole(values["number"])
        texts = {"reason", "by", "at", "before"}
    for name in texts:
        _text(values[name])
    return kind(**values)


def _row(document: Mapping[str, Any]) -> HeldRow:
    row = HeldRow(**document)
    _whole(row.row)
    for value in (row.digest, row.kind, row.verdict, row.group):
        _text(value)
    return row


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise TypeError(f"expected text, got {type(value).__name__}")
    return value


def _whole(value: object) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or value < 0:
        raise TypeError(f"expected a number from 0, got {value!r:.40}")
    return value
