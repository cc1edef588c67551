"""What a stream guard may wait for, hold, and call too much. The only place of its levels."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass

from foretaste.errors import UsageError

__all__ = ["HOUR", "GuardSettings"]

HOUR = 3600.0


@dataclass(frozen=True)
class GuardSettings:
    """Levels of a stream guard; its defaults are meant to be kept.

    Attributes
    ----------
    delay
        Seconds that a row waits before it may teach: what is planted together is seen together.
    round
        Seconds between two judgements of all rows that wait.
    capacity
        Rows that may wait; with more, the older half is judged early.
    horizon
        Merged rows that are kept, so that they can be taken back once their source is convicted.
    ageing
        Seconds after which a source is no longer young.
    share
        A source may give this share of the rows of one label in a round, or ten times its even
        share where there are few sources; a young source half of that.
    at_least
        Rows of one label that each source may give in a round in any case.
    sources
        Sources that are remembered; of more, those silent for longest are forgotten, and are
        young again when they return.
    outputs
        Of the model's own outputs, the last ones that are remembered.
    false_alarm
        Probability that a round of honest rows has a finding, for each kind of finding.
    width
        Numbers that a content is seen as by the guard's own model.
    together
        Seconds within which two sources act together.
    shuffles
        Permutations against which acting together is held.
    """

    delay: float = 24 * HOUR
    round: float = 6 * HOUR
    capacity: int = 50_000
    horizon: int = 50_000
    ageing: float = 7 * 24 * HOUR
    share: float = 0.05
    at_least: int = 10
    sources: int = 200_000
    outputs: int = 1_000
    false_alarm: float = 0.01
    width: int = 512
    together: float = 600.0
    shuffles: int = 19

    def __post_init__(self) -> None:
        least = {"false_alarm": 0.0, "delay": -1.0, "share": 0.0}
        for field in dataclasses.fields(self):
            value = getattr(self, field.name)
            if not value > least.get(field.name, 0):
                raise UsageError(f"guard: {field.name} must be positive, got {value}")
        for name in ("share", "false_alarm"):
            if getattr(self, name) > 1:
                raise UsageError(f"guard: {name} is a share up to 1, got {getattr(self, name)}")
