"""What a guarded stream must not forget: rows, offsets, outcomes and state, committed together.

One SQLite file. A micro-batch and the place in its source where the next one begins are one
transaction; so are the outcomes of a round and the state after it. The guard is deterministic:
what a killed process had not yet written comes out the same again, from the last state and the
rows since. No row is lost, and none is counted twice.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Self

import numpy as np

from foretaste.errors import OutputError, UnreadableDataError
from foretaste.stream.batch import Batch
from foretaste.stream.guard import StreamGuard
from foretaste.stream.messages import Refused
from foretaste.stream.outcome import Outcome
from foretaste.stream.saving import restore, save
from foretaste.stream.window import Finding

__all__ = ["Journal"]

_TABLES = """
CREATE TABLE IF NOT EXISTS state (one INTEGER PRIMARY KEY CHECK (one = 1), content BLOB NOT NULL);
CREATE TABLE IF NOT EXISTS inbox (number INTEGER PRIMARY KEY, rows BLOB NOT NULL);
CREATE TABLE IF NOT EXISTS offsets (source TEXT PRIMARY KEY, offset TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS outbox (
    round INTEGER PRIMARY KEY, merged BLOB NOT NULL, kept_back BLOB NOT NULL,
    retracted BLOB NOT NULL, facts TEXT NOT NULL
);
CREATE TABLE IF NOT EXISTS refused (
    source TEXT, place TEXT, reason TEXT NOT NULL, PRIMARY KEY (source, place)
);
CREATE TABLE IF NOT EXISTS totals (
    one INTEGER PRIMARY KEY CHECK (one = 1),
    taken INTEGER NOT NULL, merged INTEGER NOT NULL, kept_back INTEGER NOT NULL
);
INSERT OR IGNORE INTO totals VALUES (1, 0, 0, 0);
"""


class Journal:
    """The file of one guarded stream.

    Parameters
    ----------
    path
        SQLite file; made where there is none.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            self._file = sqlite3.connect(path, isolation_level=None)
            self._file.execute("PRAGMA journal_mode = WAL")
            self._file.execute("PRAGMA synchronous = FULL")
            self._file.executescript(_TABLES)
        except (OSError, sqlite3.Error) as error:
            raise OutputError(
                f"{path}: the journal of the stream cannot be opened: {error}"
            ) from error

    def close(self) -> None:
        """Close the file."""
        self._file.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def begin(self, guard: StreamGuard) -> None:
        """Write down the guard that the stream begins with."""
        with self._together():
            self._keep_state(guard)

    def guard(self) -> StreamGuard | None:
        """The guard as it was when the last micro-batch was committed; None before `begin`."""
        found = self._file.execute("SELECT content FROM state").fetchone()
        if found is None:
            return None
        guard = restore(found[0])
        for (rows,) in self._file.execute("SELECT rows FROM inbox ORDER BY number"):
            guard.push(Batch.from_bytes(rows))  # no round came due with them, else it were state
        return guard

    def offset(self, source: str) -> str | None:
        """Where the next micro-batch of a source begins."""
        query = "SELECT offset FROM offsets WHERE source = ?"
        found = self._file.execute(query, (source,)).fetchone()
        return None if found is None else str(found[0])

    def commit(
        self,
        guard: StreamGuard,
        rows: Batch,
        outcomes: list[Outcome],
        source: str,
        offset: str,
        refused: Sequence[Refused] = (),
    ) -> None:
        """Write down rows that were pushed, what came out, and where their source goes on."""
        with self._together():
            self._file.execute("INSERT OR REPLACE INTO offsets VALUES (?, ?)", (source, offset))
            self._file.execute("UPDATE totals SET taken = taken + ?", (len(rows),))
            self._file.executemany(
                "INSERT OR REPLACE INTO refused VALUES (?, ?, ?)",
                [(source, each.place, each.reason) for each in refused],
            )
            if outcomes:
                self._keep_outcomes(outcomes)
                self._file.execute("DELETE FROM inbox")
                self._keep_state(guard)
            elif len(rows):
                self._file.execute("INSERT INTO inbox (rows) VALUES (?)", (rows.to_bytes(),))

    def finish(self, guard: StreamGuard, outcomes: list[Outcome]) -> None:
        """Write down what came out without further rows."""
        with self._together():
            self._keep_outcomes(outcomes)
            self._file.execute("DELETE FROM inbox")
            self._keep_state(guard)

    def outcomes(self, after: int = 0) -> Iterator[Outcome]:
        """Outcomes of rounds that are still here, in order."""
        query = "SELECT * FROM outbox WHERE round > ? ORDER BY round"
        for number, merged, kept_back, retracted, facts in self._file.execute(query, (after,)):
            told = json.loads(facts)
            findings = tuple(
                Finding(
                    f["kind"],
                    np.empty(0, dtype=np.int64),
                    tuple(f["sources"]),
                    f["nats"],
                    f["sentence"],
                )
                for f in told["findings"]
            )
            yield Outcome(
                round=number,
                time=float(told["time"]),
                merged=Batch.from_bytes(merged),
                kept_back=Batch.from_bytes(kept_back),
                reasons=tuple(told["reasons"]),
                retracted=Batch.from_bytes(retracted),
                findings=findings,
                golden_loss=told["golden_loss"],
                frozen=told["frozen"],
                early=told["early"],
            )

    def delivered(self, up_to: int) -> None:
        """Forget outcomes up to a round, once their rows are safe elsewhere."""
        with self._together():
            self._file.execute("DELETE FROM outbox WHERE round <= ?", (up_to,))

    def totals(self) -> tuple[int, int, int]:
        """Rows taken in, merged, and kept back, since the stream began."""
        taken, merged, kept = self._file.execute(
            "SELECT taken, merged, kept_back FROM totals"
        ).fetchone()
        return int(taken), int(merged), int(kept)

    def refused(self) -> list[Refused]:
        """Messages that were no rows."""
        query = "SELECT place, reason FROM refused ORDER BY source, place"
        return [Refused(place, reason) for place, reason in self._file.execute(query)]

    def _keep_state(self, guard: StreamGuard) -> None:
        self._file.execute("INSERT OR REPLACE INTO state VALUES (1, ?)", (save(guard),))

    def _keep_outcomes(self, outcomes: list[Outcome]) -> None:
        for each in outcomes:
            facts = {
                "time": str(each.time),
                "reasons": each.reasons,
                "golden_loss": each.golden_loss,
                "frozen": each.frozen,
                "early": each.early,
                "findings": [
                    {"kind": f.kind, "sources": f.sources, "nats": f.nats, "sentence": f.sentence}
                    for f in each.findings
                ],
            }
            content = [part.to_bytes() for part in (each.merged, each.kept_back, each.retracted)]
            self._file.execute(
                "INSERT INTO outbox VALUES (?, ?, ?, ?, ?)",
                (each.round, *content, json.dumps(facts, ensure_ascii=False)),
            )
            self._file.execute(
                "UPDATE totals SET merged = merged + ?, kept_back = kept_back + ?",
                (len(each.merged), len(each.kept_back)),
            )

    @contextmanager
    def _together(self) -> Iterator[None]:
        """All or nothing, on the disk when it ends."""
        try:
            self._file.execute("BEGIN IMMEDIATE")
            try:
                yield
            except BaseException:
                self._file.execute("ROLLBACK")
                raise
            self._file.execute("COMMIT")
        except sqlite3.DatabaseError as error:
            raise UnreadableDataError(f"{self.path}: the journal of the stream: {error}") from error
