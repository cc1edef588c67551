"""What the watch knows, in SQLite: each batch is one transaction, synced before it is over.

Whenever a process ends (crash, power, ``kill -9``) a batch was counted whole or not at all, and
the notices it gives rise to stand in the outbox with it.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from foretaste.errors import OutputError, UnreadableDataError
from foretaste.gate.watch_section import WatchSection
from foretaste.report.codec import decode, encode
from foretaste.stats.e_process import RateProcess, Side
from foretaste.stats.rate_change import RateChange
from foretaste.watch.alarms import Alarm, Silence, State
from foretaste.watch.evidence import Level, Tracked
from foretaste.watch.observations import Stream

__all__ = ["Journal", "Notice", "Point", "open_journal"]

_SCHEMA = """
CREATE TABLE IF NOT EXISTS batches (
  digest TEXT PRIMARY KEY, name TEXT NOT NULL, rows INTEGER NOT NULL, at TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS refused (
  digest TEXT PRIMARY KEY, name TEXT NOT NULL, why TEXT NOT NULL, at TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS series (
  model TEXT, stream TEXT, part TEXT, rate REAL, side TEXT, hits INTEGER, trials INTEGER,
  run_length REAL, change_rate REAL, change_trials INTEGER, change_state TEXT,
  first_alarm INTEGER, PRIMARY KEY (model, stream, part)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS probes (
  model TEXT, stream TEXT, probe TEXT, PRIMARY KEY (model, stream, probe)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS usual (
  model TEXT, class TEXT, seen INTEGER, PRIMARY KEY (model, class)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS history (
  id INTEGER PRIMARY KEY, model TEXT, stream TEXT, part TEXT, log_e REAL,
  hits INTEGER, trials INTEGER);
CREATE TABLE IF NOT EXISTS alarms (
  id INTEGER PRIMARY KEY, model TEXT, stream TEXT, part TEXT, level INTEGER, sentence TEXT,
  log_e REAL, hits INTEGER, trials INTEGER, batch TEXT, raised TEXT, expires TEXT, owner TEXT,
  state TEXT, silences TEXT, later_hits INTEGER, later_trials INTEGER);
CREATE TABLE IF NOT EXISTS outbox (
  id INTEGER PRIMARY KEY, channel TEXT NOT NULL, body TEXT NOT NULL, tries INTEGER NOT NULL,
  due REAL NOT NULL, sent INTEGER NOT NULL, problem TEXT NOT NULL);
"""
_HISTORY = 200  # points kept of a series
_FIELDS = (
    "model, stream, part, level, sentence, log_e, hits, trials, batch, raised, expires, owner, "
    "state, silences, later_hits, later_trials"
)


@dataclass(frozen=True)
class Notice:
    """Something to be told through one channel, until it has arrived."""

    id: int
    channel: str  # "webhook URL", "mail"
    body: str
    tries: int
    problem: str = ""


@dataclass(frozen=True)
class Point:
    """A series after one batch."""

    log_e: float
    hits: int
    trials: int


class Journal:
    """The database; each thread opens its own, one process writes, any number read."""

    def __init__(self, file: Path) -> None:
        self.file = file
        try:
            file.parent.mkdir(parents=True, exist_ok=True)
            self._base = sqlite3.connect(
                file, timeout=30.0, isolation_level=None, check_same_thread=False
            )
            self._base.execute("PRAGMA journal_mode=WAL")
            self._base.execute("PRAGMA synchronous=FULL")
            self._base.executescript(_SCHEMA)
        except (OSError, sqlite3.Error) as error:
            raise OutputError(
                f"cannot keep what was seen in {file}: {error}; name another [watch] state"
            ) from error

    def close(self) -> None:
        """Let go of the file."""
        self._base.close()

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """All or nothing.

        Raises
        ------
        OutputError
            The disk is full, or the file is held by another process for half a minute; nothing of
            it was kept, and it can be done again.
        """
        try:
            self._base.execute("BEGIN IMMEDIATE")
            yield
            self._base.execute("COMMIT")
        except BaseException as error:
            if self._base.in_transaction:  # a full disk may have ended it already
                self._base.execute("ROLLBACK")
            if not isinstance(error, sqlite3.Error):
                raise
            raise OutputError(
                f"cannot keep what was seen in {self.file}: {error}; nothing was counted, "
                "make room and run it again"
            ) from error

    # --- batches and series ------------------------------------------------------------------

    def knows(self, digest: str) -> bool:
        """Whether a batch was counted or refused."""
        found = self._one("SELECT 1 FROM batches WHERE digest = ?", digest)
        return found is not None or (
            self._one("SELECT 1 FROM refused WHERE digest = ?", digest) is not None
        )

    def add_batch(self, digest: str, name: str, rows: int, at: str) -> None:
        """A batch is counted."""
        self._base.execute("INSERT INTO batches VALUES (?, ?, ?, ?)", (digest, name, rows, at))

    def refuse(self, digest: str, name: str, why: str, at: str) -> None:
        """A file is no batch; it is told once."""
        self._base.execute(
            "INSERT OR IGNORE INTO refused VALUES (?, ?, ?, ?)", (digest, name, why, at)
        )

    def totals(self) -> tuple[int, int, int, str]:
        """Batches, rows, refused files, and when the last batch was counted."""
        batches, rows, last = self._all(
            "SELECT count(*), coalesce(sum(rows), 0), coalesce(max(at), '') FROM batches"
        )[0]
        (refused,) = self._all("SELECT count(*) FROM refused")[0]
        return int(batches), int(rows), int(refused), str(last)

    def first_time(self, model: str, stream: str, probe: str) -> bool:
        """Whether this model has not been asked this before; it has been from now on."""
        done = self._base.execute(
            "INSERT OR IGNORE INTO probes VALUES (?, ?, ?)", (model, stream, probe)
        )
        return done.rowcount == 1

    def tracked(self) -> dict[tuple[str, str, str], Tracked]:
        """Every series by model, stream and part."""
        found = {}
        for row in self._all("SELECT * FROM series ORDER BY model, stream, part"):
            model, stream, part, rate, side, hits, trials = row[:7]
            length, own, seen, state, first = row[7:]
            process = RateProcess(rate, Side(side), hits, trials)
            held = tuple(json.loads(state))
            change = RateChange(own, length, Side(side), seen, held, first)
            found[model, stream, part] = Tracked(model, Stream(stream), part, process, change)
        return found

    def keep(self, one: Tracked) -> None:
        """The new state of a series."""
        process, change = one.process, one.change
        state = json.dumps(change.state)
        self._base.execute(
            "INSERT OR REPLACE INTO series VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            (*one.key, process.rate, process.side.value, process.hits, process.trials,
             change.run_length, change.rate, change.trials, state, change.first_alarm),
        )  # fmt: skip
        point = (*one.key, process.log_e_value, process.hits, process.trials)
        self._base.execute(
            "INSERT INTO history (model, stream, part, log_e, hits, trials) "
            "VALUES (?, ?, ?, ?, ?, ?)",
            point,
        )
        self._base.execute(
            "DELETE FROM history WHERE model = ? AND stream = ? AND part = ? AND id NOT IN "
            "(SELECT id FROM history WHERE model = ? AND stream = ? AND part = ? "
            "ORDER BY id DESC LIMIT ?)",
            (*one.key, *one.key, _HISTORY),
        )

    def forget(self, key: tuple[str, str, str]) -> None:
        """A series starts anew: what it was about was dealt with."""
        for table in ("series", "history"):
            self._base.execute(
                f"DELETE FROM {table} WHERE model = ? AND stream = ? AND part = ?",  # noqa: S608
                key,
            )

    def history(self, key: tuple[str, str, str]) -> tuple[Point, ...]:
        """The last states of a series, in order."""
        rows = self._all(
            "SELECT log_e, hits, trials FROM history WHERE model = ? AND stream = ? AND part = ? "
            "ORDER BY id",
            *key,
        )
        return tuple(Point(*row) for row in rows)

    def usual(self, model: str) -> dict[str, int]:
        """How often the first predictions of a model said each class."""
        rows = self._all("SELECT class, seen FROM usual WHERE model = ?", model)
        return {str(name): int(seen) for name, seen in rows}

    def add_usual(self, model: str, counts: dict[str, int]) -> None:
        """More first predictions."""
        self._base.executemany(
            "INSERT INTO usual VALUES (?, ?, ?) "
            "ON CONFLICT (model, class) DO UPDATE SET seen = seen + excluded.seen",
            [(model, name, seen) for name, seen in counts.items()],
        )

    # --- alarms and notices ------------------------------------------------------------------

    def alarms(self, *, closed: bool = False) -> tuple[Alarm, ...]:
        """Alarms, the newest first."""
        where = "" if closed else f"WHERE state != '{State.CLOSED.value}'"
        rows = self._all(f"SELECT id, {_FIELDS} FROM alarms {where} ORDER BY id DESC")  # noqa: S608
        return tuple(_alarm(row) for row in rows)

    def write_alarm(self, alarm: Alarm) -> Alarm:
        """Write an alarm down; a new one gets its number."""
        values = (
            *alarm.key, int(alarm.level), alarm.sentence, alarm.log_e, alarm.hits, alarm.trials,
            alarm.batch, alarm.raised, alarm.expires, alarm.owner, alarm.state.value,
            json.dumps(encode(alarm.silences)), alarm.later_hits, alarm.later_trials,
        )  # fmt: skip
        known = alarm.id or None
        done = self._base.execute(
            f"INSERT OR REPLACE INTO alarms (id, {_FIELDS}) "  # noqa: S608 - own names
            f"VALUES (?, {', '.join('?' * len(values))})",
            (known, *values),
        )
        return alarm if known else replace(alarm, id=int(done.lastrowid or 0))

    def post(self, channel: str, body: str) -> None:
        """Put a notice into the outbox."""
        self._base.execute(
            "INSERT INTO outbox (channel, body, tries, due, sent, problem) "
            "VALUES (?, ?, 0, 0, 0, '')",
            (channel, body),
        )

    def due(self, now: float) -> tuple[Notice, ...]:
        """Notices that are to be sent now, in order."""
        rows = self._all(
            "SELECT id, channel, body, tries, problem FROM outbox WHERE sent = 0 AND due <= ? "
            "ORDER BY id LIMIT 100",
            now,
        )
        return tuple(Notice(*row) for row in rows)

    def waiting(self) -> int:
        """Notices that have not arrived."""
        return int(self._all("SELECT count(*) FROM outbox WHERE sent = 0")[0][0])

    def delivered(self, notice: Notice) -> None:
        """A notice has arrived."""
        self._base.execute("UPDATE outbox SET sent = 1 WHERE id = ?", (notice.id,))

    def failed(self, notice: Notice, problem: str, due: float) -> None:
        """A notice has not arrived; it is tried again later."""
        self._base.execute(
            "UPDATE outbox SET tries = tries + 1, problem = ?, due = ? WHERE id = ?",
            (problem[:500], due, notice.id),
        )

    def _all(self, query: str, *values: object) -> list[tuple[Any, ...]]:
        return self._base.execute(query, values).fetchall()

    def _one(self, query: str, *values: object) -> tuple[Any, ...] | None:
        found: tuple[Any, ...] | None = self._base.execute(query, values).fetchone()
        return found


def open_journal(stated: WatchSection, root: Path) -> Journal:
    """The journal that the settings name; it is made where it is not there yet.

    Raises
    ------
    UnreadableDataError
        The file is none.
    """
    file = root / Path(stated.state).expanduser() / "watch.db"
    try:
        return Journal(file)
    except sqlite3.DatabaseError as error:
        raise UnreadableDataError(f"{file}: {error}; it is no journal of foretaste") from error


def _alarm(row: tuple[Any, ...]) -> Alarm:
    names = ("id", *(name.strip() for name in _FIELDS.split(",")))
    held = dict(zip(names, row, strict=True))
    asked = decode(tuple[Silence, ...], json.loads(held.pop("silences")), "silences")
    stream, level, state = Stream(held["stream"]), Level(held["level"]), State(held["state"])
    return Alarm(**held | {"stream": stream, "level": level, "state": state, "silences": asked})
