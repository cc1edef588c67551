"""What a changed rule means: does more data pass than before, less, or other data?"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from foretaste.validate.schema import Interval, Severity

__all__ = ["Change", "Direction", "by_interval", "by_severity", "by_share", "by_values", "other"]


class Direction(StrEnum):
    """How a schema changed; loosened first, as it lets data pass that was blocked."""

    LOOSENED = "loosened"
    CHANGED = "changed"
    TIGHTENED = "tightened"


@dataclass(frozen=True)
class Change:
    """One rule that is not what it was; "" as column is the schema as a whole."""

    column: str
    rule: str
    direction: Direction
    was: str
    now: str

    @property
    def sentence(self) -> str:
        """For people.

        Examples
        --------
        >>> Change("age", "missing", Direction.LOOSENED, "0", "0.1").sentence
        "column 'age': missing was 0, is 0.1 (loosened)"
        """
        place = f"column {self.column!r}: " if self.column else ""
        return f"{place}{self.rule} was {self.was}, is {self.now} ({self.direction})"


Judge = Callable[[Any, Any], Direction]


def _gone(was: Any, now: Any) -> Direction | None:
    """A rule that is gone lets more pass, a new one less."""
    if now is None:
        return Direction.LOOSENED
    return Direction.TIGHTENED if was is None else None


def by_share(was: float | None, now: float | None) -> Direction:
    """Rules that allow up to something.

    Examples
    --------
    >>> by_share(0.1, 0.2).value, by_share(0.1, 0.0).value, by_share(None, 0.5).value
    ('loosened', 'tightened', 'tightened')
    """
    gone = _gone(was, now)
    if gone is not None or was is None or now is None:
        return gone or Direction.CHANGED
    return Direction.LOOSENED if now > was else Direction.TIGHTENED


def by_values(was: Sequence[str] | None, now: Sequence[str] | None) -> Direction:
    """Rules that list what is allowed.

    Examples
    --------
    >>> by_values(("a",), ("a", "b")).value, by_values(("a", "b"), ("a", "c")).value
    ('loosened', 'changed')
    """
    gone = _gone(was, now)
    if gone is not None or was is None or now is None:
        return gone or Direction.CHANGED
    if set(now) > set(was):
        return Direction.LOOSENED
    return Direction.TIGHTENED if set(now) < set(was) else Direction.CHANGED


def by_interval(was: Interval | None, now: Interval | None) -> Direction:
    """Ranges and lengths.

    Examples
    --------
    >>> by_interval(Interval(0, 9), Interval(0)).value
    'loosened'
    >>> by_interval(Interval(0, 9), Interval(1, 10)).value
    'changed'
    """
    gone = _gone(was, now)
    if gone is not None or was is None or now is None:
        return gone or Direction.CHANGED
    inf = float("inf")
    lows = [-inf if i.low is None else i.low for i in (was, now)]
    highs = [inf if i.high is None else i.high for i in (was, now)]
    if lows[1] <= lows[0] and highs[1] >= highs[0]:
        return Direction.LOOSENED
    inside = lows[1] >= lows[0] and highs[1] <= highs[0]
    return Direction.TIGHTENED if inside else Direction.CHANGED


def by_severity(was: Severity, now: Severity) -> Direction:
    """What a finding means.

    Examples
    --------
    >>> by_severity(Severity.BLOCK, Severity.WARN).value
    'loosened'
    """
    order = list(Severity)
    return Direction.LOOSENED if order.index(now) > order.index(was) else Direction.TIGHTENED


def other(was: Any, now: Any) -> Direction:
    """Rules of which nobody can say which lets more pass."""
    return _gone(was, now) or Direction.CHANGED
