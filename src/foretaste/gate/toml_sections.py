"""TOML tables as frozen dataclasses: each value is checked, each error names its place."""

from __future__ import annotations

import dataclasses
import difflib
import tomllib
import types
import typing
from enum import Enum
from pathlib import Path
from typing import Any, TypeVar

from foretaste.errors import UsageError

__all__ = ["parse_toml", "read_section"]

_Section = TypeVar("_Section")
_MAX_BYTES = 1_000_000
_WORDS = {str: "text", int: "a whole number", float: "a number", bool: "true or false"}


def parse_toml(file: Path) -> dict[str, Any]:
    """The tables of a TOML file.

    Raises
    ------
    UsageError
        It is missing, larger than 1 MB, or not TOML; names the line.
    """
    try:
        with file.open("rb") as stream:
            content = stream.read(_MAX_BYTES + 1)
    except OSError as error:
        reason = (error.strerror or type(error).__name__).lower()
        raise UsageError(
            f"{file}: {reason}; foretaste init DATA writes one, --config names another"
        ) from error
    if len(content) > _MAX_BYTES:
        raise UsageError(f"{file}: above 1 MB, which no settings need; look at what is in it")
    try:
        return tomllib.loads(content.decode("utf-8-sig"))
    except (ValueError, RecursionError) as error:  # no TOML, no UTF-8, or a number of 5,000 digits
        raise UsageError(f"{file}: not TOML ({str(error)[:200]}); repair the line") from error


def read_section(kind: type[_Section], table: object, place: str) -> _Section:
    """The dataclass `kind` from a table; missing values take their defaults.

    Raises
    ------
    UsageError
        Names the place, the rule and the value: an unknown name, a wrong type, a missing value.

    Examples
    --------
    >>> @dataclasses.dataclass(frozen=True)
    ... class Scan:
    ...     profile: str = "balanced"
    ...     seed: int = 0
    >>> read_section(Scan, {"seed": 7}, "[scan]")
    Scan(profile='balanced', seed=7)
    >>> read_section(Scan, {"sede": 7}, "[scan]")
    Traceback (most recent call last):
        ...
    foretaste.errors.UsageError: [scan]: there is no setting 'sede'; did you mean 'seed'?
    """
    if not isinstance(table, dict):
        raise UsageError(f"{place}: expected a table of settings, got {table!r:.60}")
    hints = typing.get_type_hints(kind)
    fields = {field.name: field for field in dataclasses.fields(kind)}  # type: ignore[arg-type]
    for name in table:
        if name not in fields:
            raise UsageError(
                f"{place}: there is no setting {name!r:.60}{_hint(name, list(fields))}"
            )
    for name, field in fields.items():
        needed = field.default is field.default_factory is dataclasses.MISSING
        if needed and name not in table:
            raise UsageError(f"{place}: {name} is missing; state it")
    values = {name: _value(hints[name], table[name], f"{place} {name}") for name in table}
    return kind(**values)


def _hint(name: str, known: list[str]) -> str:
    near = difflib.get_close_matches(name, known, n=1)
    return f"; did you mean {near[0]!r}?" if near else f"; there are: {', '.join(known)}"


def _value(kind: Any, value: object, place: str) -> Any:
    if typing.get_origin(kind) is types.UnionType:
        (kind,) = (k for k in typing.get_args(kind) if k is not types.NoneType)
    if typing.get_origin(kind) is tuple:
        if not isinstance(value, list):
            raise UsageError(f"{place}: expected a list, got {value!r:.60}")
        inner = typing.get_args(kind)[0]
        return tuple(_value(inner, item, f"{place}[{at}]") for at, item in enumerate(value))
    if isinstance(kind, type) and issubclass(kind, Enum):
        allowed = [str(member.value) for member in kind]
        if value not in allowed:
            raise UsageError(f"{place}: expected one of {', '.join(allowed)}, got {value!r:.60}")
        return kind(value)
    if kind is float and type(value) is int:
        return float(value)
    if type(value) is not kind:  # a bool is no number here
        raise UsageError(f"{place}: expected {_WORDS[kind]}, got {value!r:.60}")
    if isinstance(value, str) and "\0" in value:
        raise UsageError(f"{place}: holds a null character; remove it")
    return value
