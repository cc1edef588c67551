"""A guarded stream at work: messages in, outcomes in the journal, rows in files."""

from __future__ import annotations

import time as clock
from collections.abc import Callable
from pathlib import Path

import pyarrow.parquet as pq

from foretaste.durable import sync_folder, write_new
from foretaste.errors import NotAssessableError, OutputError
from foretaste.stream.batch import Batch
from foretaste.stream.guard import StreamGuard
from foretaste.stream.intake import Intake
from foretaste.stream.journal import Journal
from foretaste.stream.messages import rows_of

__all__ = ["deliver", "take_in"]


def take_in(
    intake: Intake, journal: Journal, *, now: Callable[[], float] = clock.time
) -> StreamGuard:
    """Take in all messages that are there, from where the last run ended.

    Parameters
    ----------
    intake
        Where messages come from.
    journal
        Where everything is written down; `Journal.begin` gave it a guard.
    now
        Seconds, of rows that bear no time.

    Raises
    ------
    NotAssessableError
        The journal holds no guard.
    """
    held = journal.guard()
    if held is None:
        raise NotAssessableError(
            f"{journal.path}: no guard was begun here; give trusted rows (--history)"
        )
    guard = held
    for some in intake.read(journal.offset(intake.name)):
        rows, refused = rows_of(some.messages, now())
        taken: Batch = guard.empty if rows is None else rows
        outcomes = guard.push(taken)
        journal.commit(guard, taken, outcomes, intake.name, some.offset, refused)
    return guard


def deliver(journal: Journal, folder: Path) -> int:
    """Write the rows of outcomes to Parquet files, one a round, and then forget them.

    ``merged``, ``kept-back`` and ``retracted`` are folders; a file that is there already is from
    a run that was killed before it could forget, and is the same. Returns how many rounds.
    """
    delivered = 0
    for outcome in journal.outcomes():
        for name, rows in (
            ("merged", outcome.merged),
            ("kept-back", outcome.kept_back),
            ("retracted", outcome.retracted),
        ):
            if len(rows):
                table = rows.to_table()
                if name == "kept-back":
                    table = table.append_column("reason", [list(outcome.reasons)])
                _write(folder / name / f"round-{outcome.round:08d}.parquet", table)
        journal.delivered(outcome.round)
        delivered += 1
    return delivered


def _write(path: Path, table: object) -> None:
    aside = path.with_suffix(".aside")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        aside.unlink(missing_ok=True)
        write_new(aside, b"")
        pq.write_table(table, aside)
        aside.replace(path)
        sync_folder(path.parent)
    except OSError as error:
        raise OutputError(f"{path}: cannot be written: {error}") from error
