"""The form that all strings of a column have: a known one (UUID, date), or their shape."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

import pyarrow.compute as pc

__all__ = ["common_pattern", "holds"]

_KNOWN = (
    ("UUIDs", r"[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{12}"),
    ("e-mail addresses", r"[^@\s]+@[^@\s]+\.[^@\s.]+"),
    ("web addresses", r"https?://[^\s]+"),
    ("IPv4 addresses", r"[0-9]{1,3}\.[0-9]{1,3}\.[0-9]{1,3}\.[0-9]{1,3}"),
    ("dates", r"[0-9]{4}-[0-9]{2}-[0-9]{2}(?:[T ][0-9:.]+(?:Z|[+-][0-9:]+)?)?"),
)
_RUNS = re.compile(r"[0-9]+|[A-Z]+|[a-z]+|.", re.DOTALL)
_MAX_RUNS = 12
_MIN_VALUES = 30  # different strings; fewer say little of a form


def common_pattern(values: Sequence[str]) -> tuple[str, str] | None:
    """A regular expression that all `values` match, and what it stands for; None without one.

    A form is only taken where it says something: every string has the same runs of digits,
    capitals, small letters and signs; runs of one length keep it.

    Examples
    --------
    >>> common_pattern([f"AB-{n}" for n in range(100, 200)])
    ('AB-[0-9]{3}', 'one shape')
    >>> common_pattern(["red", "Blue green"] * 20) is None
    True
    """
    distinct = list(dict.fromkeys(values))
    if len(distinct) < _MIN_VALUES:
        return None
    for name, pattern in _KNOWN:
        if all(re.fullmatch(pattern, value) for value in distinct):
            return pattern, name
    return _shape(distinct)


def holds(pattern: str, texts: Any) -> Any:
    """(n,) Arrow booleans: which strings match the whole pattern; null stays null.

    Examples
    --------
    >>> import pyarrow as pa
    >>> holds("[0-9]+", pa.array(["12", "1a", None])).to_pylist()
    [True, False, None]
    """
    return pc.match_substring_regex(texts, pattern=rf"\A(?:{pattern})\z")


def _shape(values: Sequence[str]) -> tuple[str, str] | None:
    split = [_RUNS.findall(value[: 4 * _MAX_RUNS * _MAX_RUNS]) for value in values]
    length = len(split[0])
    if not 2 <= length <= _MAX_RUNS or any(len(runs) != length for runs in split):
        return None
    parts = [_run([runs[place] for runs in split]) for place in range(length)]
    if any(part is None for part in parts) or all(map(str.isspace, values[0])):
        return None
    return "".join(part for part in parts if part is not None), "one shape"


def _literal(text: str) -> str:
    """Escaped only where a sign means something: patterns are read by people."""
    return "".join("\\" + sign if sign in r"\.^$*+?{}[]()|" else sign for sign in text)


def _run(runs: Sequence[str]) -> str | None:
    """A pattern for runs at one place; None where they are of several kinds."""
    if len(set(runs)) == 1:
        return _literal(runs[0]) if runs[0].isascii() else None
    for kind, test in (("[0-9]", r"[0-9]+"), ("[A-Z]", r"[A-Z]+"), ("[a-z]", r"[a-z]+")):
        if all(re.fullmatch(test, run) for run in runs):
            lengths = {len(run) for run in runs}
            return f"{kind}{{{lengths.pop()}}}" if len(lengths) == 1 else f"{kind}+"
    return None
