"""The watch on one screen: a batch comes in, evidence grows, alarms are raised and told.

::

    file ─► series ─► evidence ─► levels ─► alarms ─► outbox        all in one transaction
"""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

from foretaste.errors import ForetasteError, OutputError, UsageError
from foretaste.gate.watch_section import WatchSection
from foretaste.report.codec import encode
from foretaste.watch.alarms import Alarm, State, raise_alarm, silence, told_again
from foretaste.watch.evidence import Level, Tracked, follow, levels, mix_series
from foretaste.watch.journal import Journal
from foretaste.watch.observations import Series, Stream, read_batch, series_of

__all__ = ["Taken", "Watch"]


@dataclass(frozen=True)
class Taken:
    """What a batch came to."""

    name: str
    rows: int
    news: tuple[Alarm, ...] = ()  # raised, or risen to a higher level
    known: bool = False  # it was counted before
    refused: str = ""  # why it is no batch


@dataclass(frozen=True)
class Watch:
    """Watches models over batches; all it knows is in the journal."""

    stated: WatchSection
    journal: Journal

    def take(self, file: Path, at: datetime | None = None) -> Taken:
        """Count a batch, once.

        A file that is no batch is written down as refused, and everything else goes on.

        Raises
        ------
        OutputError
            The journal cannot be written: nothing was counted, and the file is not refused.
        """
        moment = at or datetime.now(UTC)
        try:
            batch = read_batch(file)
        except ForetasteError as error:
            return self._refuse(file, str(error), moment)
        try:
            with self.journal.transaction():
                if self.journal.knows(batch.digest):
                    return Taken(batch.name, 0, known=True)
                found = tuple(series_of(batch, self.stated.slices, self.journal.first_time))
                tracked = self._follow(found)
                news = (
                    *self._confirm(found, tracked),
                    *self._alarms(tracked, batch.name, moment),
                )
                rows = batch.table.num_rows
                self.journal.add_batch(
                    batch.digest, batch.name, rows, moment.isoformat(timespec="seconds")
                )
        except OutputError:
            raise
        except ForetasteError as error:
            return self._refuse(file, str(error), moment)
        return Taken(batch.name, rows, news)

    def look_again(self, at: datetime | None = None) -> tuple[Alarm, ...]:
        """Tell alarms again whose time is over; silence ends with it."""
        moment = at or datetime.now(UTC)
        with self.journal.transaction():
            again = [told_again(alarm, self.stated, moment) for alarm in self.journal.alarms()]
            found = tuple(alarm for alarm in again if alarm is not None)
            for alarm in found:
                self._tell(self.journal.write_alarm(alarm), "again")
        return found

    def silence(self, number: int, who: str, reason: str, at: datetime | None = None) -> Alarm:
        """Ask for the silence of an alarm; it takes two people, and ends when the alarm expires."""
        with self.journal.transaction():
            asked = silence(self._numbered(number), who, reason, at or datetime.now(UTC))
            self.journal.write_alarm(asked)
            self._tell(asked, "silence asked" if asked.state is State.OPEN else "silenced")
        return asked

    def close(self, number: int, who: str, reason: str, at: datetime | None = None) -> Alarm:
        """Close an alarm whose cause was dealt with; it takes two people, and evidence starts anew.

        The first call asks, the second, by another person, closes.
        """
        with self.journal.transaction():
            moment = at or datetime.now(UTC)
            asked = silence(self._numbered(number), who, reason, moment, "close")
            if asked.state is State.CLOSED:
                self.journal.forget(asked.key)
            self.journal.write_alarm(asked)
            self._tell(asked, "closed" if asked.state is State.CLOSED else "closing asked")
        return asked

    @property
    def level(self) -> Level:
        """The highest level of what is open."""
        return max((a.level for a in self.journal.alarms() if a.state is State.OPEN),
                   default=Level.NONE)  # fmt: skip

    def _follow(self, found: tuple[Series, ...]) -> dict[tuple[str, str, str], Tracked]:
        """Grow the evidence; returns what there is now, and keeps what has grown."""
        tracked = self.journal.tracked()
        grown: list[Tracked] = []
        for series in found:
            if series.stream is Stream.MIX:
                grown += self._mix(series, tracked)
            else:
                key = (series.model, series.stream.value, series.part)
                grown.append(follow(series, tracked.get(key), self.stated))
        for one in grown:
            self.journal.keep(one)
            tracked[one.key] = one
        return tracked

    def _mix(self, series: Series, tracked: dict[tuple[str, str, str], Tracked]) -> list[Tracked]:
        """The first predictions say what is usual; later ones are compared with them."""
        usual = self.journal.usual(series.model)
        missing = max(0, self.stated.reference_rows - sum(usual.values()))
        first, rest = series.words[:missing], series.words[missing:]
        self.journal.add_usual(series.model, dict(Counter(first)))
        if not rest:
            return []
        known = self.journal.usual(series.model)
        return mix_series(rest, series.model, known, tracked, self.stated)

    def _confirm(
        self, found: tuple[Series, ...], tracked: dict[tuple[str, str, str], Tracked]
    ) -> Iterator[Alarm]:
        """Rows after an alarm count for it on their own; alarms that have risen so."""
        added = {
            (s.model, s.stream.value, s.part): (sum(s.hits), len(s.hits)) for s in found if s.hits
        }
        for alarm in self.journal.alarms():
            if alarm.key not in added:
                continue
            later = alarm.later(*added[alarm.key], tracked[alarm.key].process.rate)
            self.journal.write_alarm(later)
            if later.level > alarm.level:
                self._tell(later, "risen")
                yield later

    def _alarms(
        self, tracked: dict[tuple[str, str, str], Tracked], batch: str, at: datetime
    ) -> Iterator[Alarm]:
        """Alarms that are new, or worth more than before."""
        standing = {alarm.key: alarm for alarm in self.journal.alarms()}
        for key, level in levels(list(tracked.values())).items():
            before = standing.get(key)
            if before is not None and before.level >= level:
                continue
            alarm = raise_alarm(tracked[key], level, batch, self.stated, at)
            if before is not None:  # risen: what was silenced was something less
                alarm = replace(alarm, id=before.id)
            alarm = self.journal.write_alarm(alarm)
            self._tell(alarm, "raised" if before is None else "risen")
            yield alarm

    def _tell(self, alarm: Alarm, what: str) -> None:
        """One notice a channel; info is shown on the page and told to nobody."""
        if alarm.level < Level.WARN:
            return
        told = {"event": what, "alarm": {**encode(alarm), "level": alarm.level.name.lower()}}
        body = json.dumps(told, sort_keys=True, ensure_ascii=False)
        for url in self.stated.webhooks:
            self.journal.post(f"webhook {url}", body)
        if self.stated.mail_to:
            self.journal.post("mail", body)

    def _numbered(self, number: int) -> Alarm:
        found = {alarm.id: alarm for alarm in self.journal.alarms()}
        if number not in found:
            known = ", ".join(map(str, sorted(found))) or "none"
            raise UsageError(f"alarm: there is no alarm {number} that is not closed ({known})")
        return found[number]

    def _refuse(self, file: Path, why: str, at: datetime) -> Taken:
        try:
            digest = hashlib.sha256(file.read_bytes()).hexdigest()
        except OSError:
            return Taken(file.name, 0, refused=why)
        with self.journal.transaction():
            self.journal.refuse(digest, file.name, why, at.isoformat(timespec="seconds"))
        return Taken(file.name, 0, refused=why)
