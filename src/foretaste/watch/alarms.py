"""Alarms: who is to act, until when, and how two people can silence one."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum

from foretaste.errors import UsageError
from foretaste.gate.watch_section import WatchSection
from foretaste.report.figures import count, number, share
from foretaste.stats.e_process import RateProcess
from foretaste.watch.evidence import Level, Tracked
from foretaste.watch.observations import Stream

__all__ = ["CONFIRMED_AT", "Alarm", "Silence", "State", "raise_alarm", "silence", "told_again"]

CONFIRMED_AT = 20.0  # e-value of rows after the alarm alone
_LEAST_WORDS = 10  # characters of a reason


class State(StrEnum):
    """What has become of an alarm."""

    OPEN = "open"
    SILENCED = "silenced"
    CLOSED = "closed"


@dataclass(frozen=True)
class Silence:
    """One of two people who take the responsibility."""

    who: str
    reason: str
    at: str
    what: str = "silence"  # or "close": who agrees to the one has not agreed to the other


@dataclass(frozen=True)
class Alarm:
    """An alarm with its evidence."""

    id: int  # 0 before it is written down
    model: str
    stream: Stream
    part: str
    level: Level
    sentence: str
    log_e: float  # evidence when it was raised, nats
    hits: int
    trials: int
    batch: str
    raised: str  # ISO 8601, UTC
    expires: str
    owner: str
    state: State = State.OPEN
    silences: tuple[Silence, ...] = ()
    later_hits: int = 0  # of rows after it was raised
    later_trials: int = 0

    @property
    def key(self) -> tuple[str, str, str]:
        """Model, stream, part."""
        return self.model, self.stream.value, self.part

    @property
    def counts(self) -> bool:
        """Whether promotion is held by it."""
        return self.state is State.OPEN and self.level >= Level.WARN

    def later(self, hits: int, trials: int, rate: float) -> Alarm:
        """The alarm after more rows; block becomes rollback where they say the same on their own.

        Canaries and drift are not confirmed so: one bypass is enough, and drift never blocks.
        """
        seen = replace(
            self, later_hits=self.later_hits + hits, later_trials=self.later_trials + trials
        )
        if self.level is not Level.BLOCK or self.stream in {Stream.CANARIES, Stream.MIX}:
            return seen
        alone = RateProcess(rate, hits=seen.later_hits, trials=seen.later_trials)
        if alone.e_value < CONFIRMED_AT:
            return seen
        told = (
            f"{self.sentence}; confirmed on rows that came later: {count(seen.later_hits)} of "
            f"{count(seen.later_trials)}: roll back to the last model that passed"
        )
        return replace(seen, level=Level.ROLLBACK, sentence=told, state=State.OPEN, silences=())


def raise_alarm(
    one: Tracked, level: Level, batch: str, stated: WatchSection, at: datetime
) -> Alarm:
    """A new alarm for a series."""
    return Alarm(
        0,
        one.model,
        one.stream,
        one.part,
        level,
        _sentence(one, level),
        one.process.log_e_value,
        one.process.hits,
        one.process.trials,
        batch,
        at.isoformat(timespec="seconds"),
        (at + timedelta(days=stated.expire_days)).isoformat(timespec="seconds"),
        stated.owner,
    )


def told_again(alarm: Alarm, stated: WatchSection, at: datetime) -> Alarm | None:
    """An alarm that has expired and was not closed, open again; silence ends so, too.

    None where there is nothing to tell.
    """
    if alarm.state is State.CLOSED or at < datetime.fromisoformat(alarm.expires):
        return None
    expires = (at + timedelta(days=stated.expire_days)).isoformat(timespec="seconds")
    return replace(alarm, state=State.OPEN, silences=(), expires=expires)


def silence(alarm: Alarm, who: str, reason: str, at: datetime, what: str = "silence") -> Alarm:
    """One person asks; with the second, who must be another and ask the same, it is done.

    Parameters
    ----------
    what
        "silence", until the alarm is told again, or "close".

    Raises
    ------
    UsageError
        The alarm is not open, the same person asks twice, or the reason is none.
    """
    name = who.strip()
    if alarm.state is State.CLOSED or (alarm.state is State.SILENCED and what == "silence"):
        raise UsageError(f"alarm {alarm.id}: is {alarm.state} already")
    if not name or len(reason.strip()) < _LEAST_WORDS:
        raise UsageError(
            f"alarm {alarm.id}: give a name and a reason of {_LEAST_WORDS} characters or more"
        )
    before = [one for one in alarm.silences if one.what == what]
    if any(one.who.casefold() == name.casefold() for one in before):
        raise UsageError(
            f"alarm {alarm.id}: {name} has asked already; to {what} takes a second person"
        )
    asked = Silence(name, reason.strip(), at.isoformat(timespec="seconds"), what)
    done = State.CLOSED if what == "close" else State.SILENCED
    silences = (*alarm.silences, asked)
    return replace(alarm, silences=silences, state=done if before else alarm.state)


def _sentence(one: Tracked, level: Level) -> str:
    process = one.process
    seen = f"{count(process.hits)} of {count(process.trials)}"
    whose = f" of model {one.model!r}" if one.model else ""
    if one.stream is Stream.CANARIES:
        return f"{seen} bad canaries were not held: poison like them is being trained on"
    if one.stream is Stream.MIX:
        return f"class {one.part} often{whose} than is usual: {seen} predictions"
    what = {
        Stream.ERRORS: "labelled predictions are wrong",
        Stream.FLIPS: "probes are answered otherwise than before",
        Stream.ATTACKS: "stamped rows are read as the target",
    }[one.stream]
    evidence = math.exp(min(process.log_e_value, 700.0))
    told = f"{one.part}{whose}: {seen} {what}, stated are at most {share(process.rate)}"
    if level is Level.WARN and evidence < 1 / _single(level):
        return f"{told}; of late they are more (average run to a false alarm {_run(one)} rows)"
    return f"{told} (e-value {number(evidence)})"


def _single(level: Level) -> float:
    return 1 / 20 if level is Level.WARN else 1 / 1000


def _run(one: Tracked) -> str:
    return count(one.change.run_length)
