"""Store room: evidence that is written once, and rows that wait behind bars.

::

    place       what a store must be able to do: create, read, list, remove names
      ├─ folder   on disk: whole or not at all, synced, never overwritten
      └─ bucket   on S3-compatible storage, by conditional writes
    evidence    content by its SHA-256, checked on every read
    sealing     encryption at rest (age)
    quarantine  rows that left a training set: kept, explained, released or purged
      ├─ ledger   what is written down of them, in a chain of digests (entries: its records)
      └─ intents  what was begun: finished or undone by whoever comes next

Nothing here knows how rows are judged, or by whom.
"""

from foretaste.store.entries import Entry, Event, HeldRow
from foretaste.store.evidence import Evidence
from foretaste.store.location import open_place
from foretaste.store.place import Place
from foretaste.store.quarantine import Parcel, Quarantine

__all__ = [
    "Entry",
    "Event",
    "Evidence",
    "HeldRow",
    "Parcel",
    "Place",
    "Quarantine",
    "open_place",
]
