"""Moments in ISO 8601 as seconds since 1970, and back."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

__all__ = ["as_moment", "moment_text"]

_DAY = re.compile(r"\d{4}-\d{2}-\d{2}")
_START = datetime(1970, 1, 1, tzinfo=UTC)


def as_moment(text: str) -> float | None:
    """Seconds since 1970 (UTC where no zone is said); None where the text is no moment.

    Examples
    --------
    >>> as_moment("1970-01-02"), as_moment("1970-01-01T01:00:00+01:00"), as_moment("12")
    (86400.0, 0.0, None)
    """
    if not _DAY.match(text):
        return None
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return None
    moment = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    return (moment - _START).total_seconds()


def moment_text(seconds: float) -> str:
    """ISO 8601 (UTC), to the day where nothing is lost by it.

    Examples
    --------
    >>> moment_text(86400.0), moment_text(90.5)
    ('1970-01-02', '1970-01-01T00:01:30.500000+00:00')
    """
    try:
        moment = _START + timedelta(seconds=seconds)
    except OverflowError:
        return f"{seconds:g} s"
    return moment.date().isoformat() if seconds % 86400 == 0 else moment.isoformat()
