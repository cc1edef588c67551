"""JSON documents that come from elsewhere: read strictly, bounded, with errors that say where."""

from __future__ import annotations

import datetime as dt
import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from foretaste.errors import InvalidProvenanceError

__all__ = ["MAX_BYTES", "Fields", "canonical", "from_time", "parse", "to_time"]

MAX_BYTES = 256 * 1024**2  # of one document; a manifest of a million files has about 150 MB
_TIME = "%Y-%m-%dT%H:%M:%SZ"
_HEX = re.compile(r"[0-9a-f]{64}")


def canonical(document: Mapping[str, Any]) -> bytes:
    """JSON as sorted, compact UTF-8: the same document, the same bytes.

    >>> canonical({"b": 1, "a": "é"}).decode()
    '{"a":"é","b":1}'
    """
    text = json.dumps(
        document, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False
    )
    return text.encode()


def parse(content: bytes, where: str) -> dict[str, Any]:
    """One JSON object; keys given twice, NaN, deep nesting and sizes above 256 MiB are refused.

    Raises
    ------
    InvalidProvenanceError
        Names `where` and the rule.

    Examples
    --------
    >>> parse(b'{"a": 1, "a": 2}', "bundle, line 3")
    Traceback (most recent call last):
        ...
    foretaste.errors.InvalidProvenanceError: bundle, line 3: key 'a' is given twice; the document \
was altered or is not from foretaste
    """
    if len(content) > MAX_BYTES:
        raise _invalid(where, f"is {len(content) >> 20} MiB, above the limit of 256 MiB")
    try:
        document = json.loads(
            content.decode("utf-8"), object_pairs_hook=_once, parse_constant=_no_constant
        )
    except _RefusedError as error:
        raise _invalid(where, str(error)) from error
    except (ValueError, RecursionError) as error:
        reason = str(error).splitlines()[0][:120]
        raise _invalid(where, f"is not valid JSON in UTF-8 ({reason})") from error
    if not isinstance(document, dict):
        raise _invalid(where, f"must be a JSON object, got {type(document).__name__}")
    return document


def to_time(moment: dt.datetime) -> str:
    """A moment as RFC 3339, whole seconds, UTC.

    >>> to_time(dt.datetime(2026, 1, 2, 3, 4, 5, tzinfo=dt.UTC))
    '2026-01-02T03:04:05Z'
    """
    return moment.astimezone(dt.UTC).strftime(_TIME)


def from_time(text: str) -> dt.datetime:
    """The moment that `to_time` wrote; a ValueError for anything else."""
    return dt.datetime.strptime(text, _TIME).replace(tzinfo=dt.UTC)


@dataclass(frozen=True)
class Fields:
    """The fields of a JSON object, each read with its rule.

    Examples
    --------
    >>> fields = Fields({"rows": 3, "name": "x"}, "manifest")
    >>> fields.whole("rows"), fields.text("name")
    (3, 'x')
    >>> fields.whole("name")
    Traceback (most recent call last):
        ...
    foretaste.errors.InvalidProvenanceError: manifest.name: must be a whole number from 0, got 'x';\
 the document was altered or is not from foretaste
    """

    document: Mapping[str, Any]
    where: str

    def has(self, name: str) -> bool:
        """Whether the field is there and not null."""
        return self.document.get(name) is not None

    def text(self, name: str) -> str:
        """A string that is valid Unicode."""
        value = self.document.get(name)
        if not isinstance(value, str) or not _is_unicode(value):
            raise self.wrong(name, "a string")
        return value

    def texts(self, name: str) -> tuple[str, ...]:
        """A list of strings."""
        values = self.document.get(name)
        if not isinstance(values, list) or not all(
            isinstance(value, str) and _is_unicode(value) for value in values
        ):
            raise self.wrong(name, "a list of strings")
        return tuple(values)

    def whole(self, name: str, low: int = 0) -> int:
        """A whole number from `low` to below 2^63."""
        value = self.document.get(name)
        if not isinstance(value, int) or isinstance(value, bool) or not low <= value < 2**63:
            raise self.wrong(name, f"a whole number from {low}")
        return value

    def digest(self, name: str) -> bytes:
        """32 bytes, written as 64 hexadecimal digits."""
        value = self.document.get(name)
        if not isinstance(value, str) or not _HEX.fullmatch(value):
            raise self.wrong(name, "64 hexadecimal digits")
        return bytes.fromhex(value)

    def time(self, name: str) -> dt.datetime:
        """A moment such as 2026-01-02T03:04:05Z."""
        value = self.document.get(name)
        try:
            return from_time(value if isinstance(value, str) else "")
        except ValueError:
            raise self.wrong(name, "a time such as 2026-01-02T03:04:05Z") from None

    def inner(self, name: str) -> Fields:
        """An object within."""
        value = self.document.get(name)
        if not isinstance(value, dict):
            raise self.wrong(name, "an object")
        return Fields(value, f"{self.where}.{name}")

    def items(self, name: str) -> Iterator[Fields]:
        """A list of objects."""
        values = self.document.get(name)
        if not isinstance(values, list):
            raise self.wrong(name, "a list")
        for at, value in enumerate(values):
            where = f"{self.where}.{name}[{at}]"
            if not isinstance(value, dict):
                raise _invalid(where, f"must be an object, got {_shown(value)}")
            yield Fields(value, where)

    def wrong(self, name: str, rule: str) -> InvalidProvenanceError:
        """The error for a field that breaks its rule."""
        value = self.document.get(name)
        return _invalid(f"{self.where}.{name}", f"must be {rule}, got {_shown(value)}")


class _RefusedError(Exception):
    """What JSON allows and these documents must not have."""


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    document = dict(pairs)
    if len(document) < len(pairs):
        names = [name for name, _ in pairs]
        twice = next(name for name in names if names.count(name) > 1)
        raise _RefusedError(f"key {twice!r:.60} is given twice")
    return document


def _no_constant(name: str) -> Any:
    raise _RefusedError(f"the number {name} is not allowed")


def _shown(value: Any) -> str:
    """A short look at a value; never at what is nested in it."""
    return type(value).__name__ if isinstance(value, dict | list) else f"{value!r:.60}"


def _is_unicode(text: str) -> bool:
    return not any("\ud800" <= character <= "\udfff" for character in text)


def _invalid(where: str, problem: str) -> InvalidProvenanceError:
    colon = "" if problem.startswith("is ") else ":"
    return InvalidProvenanceError(
        f"{where}{colon} {problem}; the document was altered or is not from foretaste"
    )
