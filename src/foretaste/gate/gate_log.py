"""Gates in an append-only log: an older pass that is put back is not the newest gate any more.

A results folder that somebody replaces with an older, rightly signed one looks whole. The log
remembers which decision on this data was the last; whoever rewrites the log as well is seen
against the copies of it that are kept elsewhere.
"""

from __future__ import annotations

from pathlib import Path

from foretaste.errors import InvalidProvenanceError
from foretaste.gate.attestation import gate_envelope
from foretaste.gate.record import GateRecord
from foretaste.gate.settings import Settings
from foretaste.provenance import (
    Log,
    LogEntry,
    SigningKey,
    Trust,
    append,
    check_log,
    copy_log,
    load_trust,
    open_log,
)

__all__ = ["log_gate", "refuse_unless_newest"]

KIND = "gate"


def log_gate(settings: Settings, record: GateRecord, bundle: Path, key: SigningKey) -> None:
    """Append a decision to the log that ``[gate] log`` names, if it names one.

    Called before the results are published: ended in between, the log knows of a gate that
    nobody can see, and training refuses until the gate is run again.

    Raises
    ------
    foretaste.errors.ForetasteError
        The log is not there, does not hold, or cannot be written.
    """
    if not settings.gate.log:
        return
    folder, trust = settings.path(settings.gate.log), load_trust(settings.path(settings.gate.trust))
    last = _last(open_log(folder), record.data)
    entry = LogEntry(
        KIND,
        record.data,
        1 if last is None else last.version + 1,
        gate_envelope(bundle).digest,
        record.made_at,
    )
    log = append(folder, [entry], key, trust)
    for copy in settings.gate.log_copies:
        copy_log(log, _place(settings, copy))


def refuse_unless_newest(
    settings: Settings, record: GateRecord, bundle: Path, trust: Trust, step: str
) -> None:
    """Whether the gate is the last one that the log knows for this data; without a log, nothing.

    Raises
    ------
    InvalidProvenanceError
        Another gate is newer, this one was never logged, or the log does not hold.
    """
    if not settings.gate.log:
        return
    log = open_log(settings.path(settings.gate.log))
    changes = check_log(log, trust, [_place(settings, copy) for copy in settings.gate.log_copies])
    if changes:
        raise InvalidProvenanceError(
            f"{step}: the log of gates does not hold: {changes[0].sentence}; run foretaste log "
            "check, restore the log from a copy, and find out who can write there"
        )
    last = _last(log, record.data)
    if last is None or last.sha256 != gate_envelope(bundle).digest:
        newer = "knows none" if last is None else f"ends with one of {last.time:%Y-%m-%d %H:%M:%S}"
        raise InvalidProvenanceError(
            f"{step}: the gate {record.run} is not the newest one of {record.data}: the log "
            f"{newer}; its results were put back or never logged: run foretaste gate data"
        )


def _place(settings: Settings, copy: str) -> str | Path:
    """A copy of the log: a bucket as it is, a folder from that of the settings."""
    return copy if "://" in copy else settings.path(copy)


def _last(log: Log, name: str) -> LogEntry | None:
    """The gate of a data set that was logged last."""
    found = None
    for entry in log.entries():
        if (entry.kind, entry.name) == (KIND, name):
            found = entry
    return found
