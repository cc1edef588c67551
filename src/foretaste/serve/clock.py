"""Moments as rows of the database carry them: ISO 8601, UTC, whole seconds; text that sorts."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

__all__ = ["after", "is_past", "moment", "now"]

_FORMAT = "%Y-%m-%dT%H:%M:%SZ"


def now() -> str:
    """The present moment."""
    return datetime.now(UTC).strftime(_FORMAT)


def after(seconds: float, start: str | None = None) -> str:
    """The moment so many seconds after `start`, or from now.

    Examples
    --------
    >>> after(90, "2026-01-01T00:00:00Z")
    '2026-01-01T00:01:30Z'
    """
    begin = datetime.now(UTC) if start is None else moment(start)
    return (begin + timedelta(seconds=seconds)).strftime(_FORMAT)


def moment(text: str) -> datetime:
    """The moment that `now` wrote."""
    return datetime.strptime(text, _FORMAT).replace(tzinfo=UTC)


def is_past(text: str | None) -> bool:
    """Whether this moment has come; None never comes.

    Examples
    --------
    >>> is_past("2020-01-01T00:00:00Z"), is_past(None)
    (True, False)
    """
    return text is not None and text <= now()
