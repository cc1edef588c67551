"""How much evidence there is on every slice, and what level of alarm it is worth.

Slices of one stream are judged together by e-BH: of the alarms that are raised at a time, at most
the stated share is false, however many slices there are and however they overlap.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import IntEnum

from foretaste.gate.watch_section import WatchSection
from foretaste.golden.slices import clopper_pearson
from foretaste.stats.e_process import RateProcess, Side, e_benjamini_hochberg
from foretaste.stats.rate_change import RateChange
from foretaste.watch.observations import Series, Stream

__all__ = ["BLOCK_AT", "WARN_AT", "Level", "Tracked", "follow", "levels", "mix_series"]

WARN_AT, BLOCK_AT = 1 / 20, 1 / 1000  # e-values of 20 and 1000 on a single slice
_USUAL = 0.999  # level of the interval around a usual share of a class
_MOST_CLASSES = 50


class Level(IntEnum):
    """Of an alarm, from least to most."""

    NONE = 0
    INFO = 1  # drift: somebody should know; never blocks
    WARN = 2  # hold promotion
    BLOCK = 3  # stop: evidence of 1000 to 1, or a bad canary was let pass
    ROLLBACK = 4  # confirmed on rows that came after the alarm


@dataclass(frozen=True)
class Tracked:
    """All that is kept of one series."""

    model: str
    stream: Stream
    part: str
    process: RateProcess
    change: RateChange

    @property
    def key(self) -> tuple[str, str, str]:
        """Model, stream, part."""
        return self.model, self.stream.value, self.part

    def after(self, hits: Sequence[bool]) -> Tracked:
        """The state once these trials have been seen."""
        return replace(
            self,
            process=self.process.after(sum(hits), len(hits)),
            change=self.change.after(hits),
        )


def follow(series: Series, before: Tracked | None, stated: WatchSection) -> Tracked:
    """The state of a series after a batch; rates are those of the settings as they are now."""
    rate = _rate(series.stream, stated)
    side = Side.ABOVE
    if before is None:
        start = RateChange(rate, stated.run_length, side)
        before = Tracked(series.model, series.stream, series.part, RateProcess(rate, side), start)
    if before.process.rate != rate:  # counts stay: evidence is never lost to a change of settings
        process = replace(before.process, rate=rate)
        before = replace(before, process=process, change=RateChange(rate, stated.run_length, side))
    return before.after(series.hits)


def mix_series(
    words: Sequence[str],
    model: str,
    usual: dict[str, int],
    before: dict[tuple[str, str, str], Tracked],
    stated: WatchSection,
) -> list[Tracked]:
    """Is a class said more, or less, often than among the first predictions of a model?

    Usual is an interval: the reference is a sample itself.
    """
    total, found = sum(usual.values()), []
    classes = sorted({*usual, *words}, key=lambda name: (-usual.get(name, 0), name))
    for name in classes[:_MOST_CLASSES]:
        low, high = clopper_pearson(usual.get(name, 0), total, _USUAL)
        hits = [word == name for word in words]
        for side, rate, told in ((Side.ABOVE, high, "more"), (Side.BELOW, low, "less")):
            if not 0 < rate < 1:
                continue
            part = f"{name!r}, {told}"
            kept = before.get((model, Stream.MIX.value, part))
            if kept is None:
                change = RateChange(rate, stated.run_length, side)
                kept = Tracked(model, Stream.MIX, part, RateProcess(rate, side), change)
            found.append(kept.after(hits))
    return found


def levels(tracked: Sequence[Tracked]) -> dict[tuple[str, str, str], Level]:
    """What every series is worth now, by key; those worth nothing are left out."""
    found: dict[tuple[str, str, str], Level] = {}
    streams: dict[tuple[str, Stream], list[Tracked]] = {}
    for one in tracked:
        streams.setdefault((one.model, one.stream), []).append(one)
    for (_, stream), together in streams.items():
        for one, level in zip(together, _judged(stream, together), strict=True):
            if level is not Level.NONE:
                found[one.key] = level
    return found


def _judged(stream: Stream, together: Sequence[Tracked]) -> list[Level]:
    if stream is Stream.CANARIES:
        return [Level.BLOCK if one.process.hits else Level.NONE for one in together]
    if stream is Stream.MIX:
        return [Level.INFO if one.change.alarmed else Level.NONE for one in together]
    e_values = [one.process.e_value for one in together]
    warn, block = (e_benjamini_hochberg(e_values, level) for level in (WARN_AT, BLOCK_AT))
    return [
        Level.BLOCK if blocks else Level.WARN if warns or one.change.alarmed else Level.NONE
        for one, warns, blocks in zip(together, warn, block, strict=True)
    ]


def _rate(stream: Stream, stated: WatchSection) -> float:
    return {
        Stream.ERRORS: stated.error_rate,
        Stream.FLIPS: stated.flip_rate,
        Stream.ATTACKS: stated.attack_rate,
    }.get(stream, 0.5)
