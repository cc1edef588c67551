"""What verification names: one `Change` for each thing that is not as it was signed."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

__all__ = ["Change", "ChangeKind"]


class ChangeKind(StrEnum):
    """What kind of thing changed; the values are stable and written into reports."""

    # the statement itself
    SIGNATURE = "signature"  # altered, unknown key, no signature
    KEY = "key"  # revoked, expired, retired, or not allowed to sign this
    EXPIRED = "expired"  # the manifest's own date
    REPLAYED = "replayed"  # an older version than the log knows
    NOT_LOGGED = "not logged"
    LOG = "log"  # rewritten, truncated, or at odds with a copy
    CHAIN = "chain"  # an input or a step is missing, altered or not signed
    # the data
    FILE_CHANGED = "file changed"
    FILE_MISSING = "file missing"
    FILE_ADDED = "file added"
    ROW_ADDED = "row added"
    ROW_REMOVED = "row removed"
    ROW_DUPLICATED = "row duplicated"
    ROW_CHANGED = "row changed"  # where the cell is not known
    CELL = "cell"
    LABEL = "label"
    SOURCE = "source"
    SOURCE_SIGNATURE = "source signature"
    ORDER = "order"
    COLUMN_RENAMED = "column renamed"
    COLUMN_ADDED = "column added"
    COLUMN_REMOVED = "column removed"
    TYPE = "type"


@dataclass(frozen=True)
class Change:
    """One thing that is not as it was signed.

    Row numbers count from 0. They are those of the data as it is now, and for removed rows those
    of the data as it was signed.
    """

    kind: ChangeKind
    sentence: str  # for people; names everything that is known
    file: str | None = None
    row: int | None = None
    row_id: str | None = None
    column: str | None = None
    was: str | None = None  # where it could be proven
    now: str | None = None
    source: str | None = None
