"""A schema from YAML, each rule checked as it is read; errors name the line."""

from __future__ import annotations

import dataclasses
import math
import os
from collections.abc import Callable, Mapping
from enum import StrEnum
from pathlib import Path
from typing import Any, NoReturn, TypeVar

import pyarrow as pa
import pyarrow.compute as pc

from foretaste.errors import UnreadableDataError, UsageError
from foretaste.validate.careful_yaml import MAX_BYTES, Entry, parse_yaml
from foretaste.validate.moments import as_moment
from foretaste.validate.schema import (
    DEFAULT_SEVERITY,
    FORMAT,
    MARKS,
    Column,
    DriftLimits,
    Interval,
    Kind,
    Label,
    Picture,
    Schema,
    Severity,
)

__all__ = ["parse_schema", "read_schema"]

_Choice = TypeVar("_Choice", bound=StrEnum)
_Reader = Callable[["_Place"], Any]


def read_schema(path: str | os.PathLike[str]) -> Schema:
    """The schema in a YAML file.

    Raises
    ------
    UsageError
        The file is no schema; the message names the line, the rule and what was expected.
    UnreadableDataError
        The file cannot be read.
    """
    file = Path(path)
    try:
        with file.open("rb") as stream:
            content = stream.read(MAX_BYTES + 1)
        text = content.decode("utf-8-sig")
    except OSError as error:
        reason = (error.strerror or type(error).__name__).lower()
        raise UnreadableDataError(
            f"cannot read {file}: {reason}; give the schema that foretaste schema infer wrote"
        ) from error
    except UnicodeDecodeError as error:
        raise UsageError(
            f"{file}: byte {error.start} is not UTF-8; save the file as UTF-8"
        ) from error
    return parse_schema(text, str(file))


def parse_schema(text: str, name: str = "schema") -> Schema:
    """The schema in a YAML text; `name` is what it is called in errors.

    Examples
    --------
    >>> text = '''
    ... schema: foretaste/schema/v1
    ... columns:
    ...   age: {type: integer, range: {min: 0, max: 120}}
    ... '''
    >>> parse_schema(text).column("age").range
    Interval(low=0.0, high=120.0)
    >>> parse_schema(text.replace("0, max", "zero, max"), "people.yaml")
    Traceback (most recent call last):
        ...
    foretaste.errors.UsageError: people.yaml, line 4: columns.age.range.min must be a number, \
got 'zero'
    """
    root = _Place(parse_yaml(text, name), "", name)
    members = root.members()
    if "schema" not in members or members["schema"].text() != FORMAT:
        got = members["schema"].text() if "schema" in members else "none"
        root.refuse(f"must be a schema of format {FORMAT!r}, got {got!r:.60}")
    known = {**_SCHEMA, "columns": _columns}
    given = {_FIELDS.get(key, key): known[key](place) for key, place in root.only(known).items()}
    given.pop("schema")
    given.setdefault("name", Path(name).stem)
    given.setdefault("columns", ())
    try:
        return Schema(**given)
    except UsageError as error:
        raise UsageError(f"{name}: {error}") from error


class _Place:
    """An entry, where it is, and what may be read from it."""

    def __init__(self, entry: Entry, path: str, file: str) -> None:
        self._entry, self.path, self._file = entry, path, file

    def refuse(self, told: str) -> NoReturn:
        path = f"{self.path} " if self.path else ""
        raise UsageError(f"{self._file}, line {self._entry.line}: {path}{told}")

    def text(self) -> str:
        if not isinstance(self._entry.value, str):
            self.refuse("must be text")
        return self._entry.value

    def _scalar(self, what: str) -> str:
        if not isinstance(self._entry.value, str):
            self.refuse(f"must be {what}, got a {self._shape()}")
        return self._entry.value

    def _shape(self) -> str:
        return "list" if isinstance(self._entry.value, tuple) else "mapping"

    def number(self) -> float:
        told = self._scalar("a number")
        try:
            value = float(told)
        except ValueError:
            value = math.nan
        if not math.isfinite(value):
            self.refuse(f"must be a number, got {told!r:.60}")
        return value

    def limit(self) -> float:
        """A number, or a moment in ISO 8601 as seconds since 1970."""
        told = self._scalar("a number or a time")
        moment = as_moment(told)
        return self.number() if moment is None else moment

    def share(self) -> float:
        value = self.number()
        if not 0.0 <= value <= 1.0:
            self.refuse(f"must be a share from 0 to 1, got {value:g}")
        return value

    def whole(self) -> int:
        value = self.number()
        if value < 0 or value != int(value):
            self.refuse(f"must be a whole number of at least 0, got {value:g}")
        return int(value)

    def positive(self) -> float:
        value = self.number()
        if value <= 0:
            self.refuse(f"must be above 0, got {value:g}")
        return value

    def flag(self) -> bool:
        told = self._scalar("true or false").lower()
        if told not in {"true", "false"}:
            self.refuse(f"must be true or false, got {told!r:.60}")
        return told == "true"

    def choice(self, kind: type[_Choice]) -> _Choice:
        told, allowed = self._scalar("text"), [str(member.value) for member in kind]
        if told not in allowed:
            self.refuse(f"must be one of {', '.join(allowed)}, got {told!r:.60}")
        return kind(told)

    def items(self) -> tuple[_Place, ...]:
        value = self._entry.value
        if not isinstance(value, tuple):
            self.refuse("must be a list, such as [a, b]")
        return tuple(_Place(e, f"{self.path}[{i}]", self._file) for i, e in enumerate(value))

    def texts(self) -> tuple[str, ...]:
        texts = tuple(item.text() for item in self.items())
        twice = (
            sorted({text for text in texts if texts.count(text) > 1}) if len(texts) < 5000 else []
        )
        if twice:
            self.refuse(f"has {twice[0]!r:.60} twice; remove one")
        return texts

    def members(self) -> dict[str, _Place]:
        value = self._entry.value
        if not isinstance(value, dict):
            self.refuse("must be a mapping of names to rules")
        dot = f"{self.path}." if self.path else ""
        return {key: _Place(entry, f"{dot}{key}", self._file) for key, entry in value.items()}

    def only(self, known: Mapping[str, Any]) -> dict[str, _Place]:
        """The members, if all of them are known."""
        members = self.members()
        for key, place in members.items():
            if key not in known:
                place.refuse(f"is no rule here; known are {', '.join(known)}")
        return members


def _interval(read: _Reader) -> _Reader:
    def interval(place: _Place) -> Interval:
        members = place.only({"min": read, "max": read})
        low, high = (read(members[k]) if k in members else None for k in ("min", "max"))
        if low is not None and high is not None and low > high:
            place.refuse(f"must go up, got min {low:g} above max {high:g}")
        return Interval(low, high)

    return interval


def _pattern(place: _Place) -> str:
    told = place.text()
    try:
        pc.match_substring_regex(pa.array([""]), pattern=told)
    except pa.ArrowInvalid as error:
        place.refuse(f"must be a regular expression that RE2 knows ({str(error)[:120]})")
    return told


def _marks(place: _Place) -> dict[str, float]:
    return {mark: at.share() for mark, at in place.only(dict.fromkeys(MARKS)).items()}


def _severities(place: _Place) -> dict[str, Severity]:
    return {rule: at.choice(Severity) for rule, at in place.only(DEFAULT_SEVERITY).items()}


def _picture(place: _Place) -> Picture:
    return Picture(**{key: _PICTURE[key](at) for key, at in place.only(_PICTURE).items()})


def _drift(place: _Place) -> DriftLimits:
    known = {field.name: None for field in dataclasses.fields(DriftLimits)}
    return DriftLimits(**{key: at.positive() for key, at in place.only(known).items()})


def _label(place: _Place) -> Label:
    members = place.only(_LABEL)
    if "column" not in members:
        place.refuse("must name its column: column: NAME")
    label = Label(**{key: _LABEL[key](at) for key, at in members.items()})
    total = sum(label.prior.values())
    if label.prior and abs(total - 1.0) > 0.01:
        members["prior"].refuse(f"must add up to 1, got {total:.4g}")
    return label


def _prior(place: _Place) -> dict[str, float]:
    return {name: at.share() for name, at in place.members().items()}


def _columns(place: _Place) -> tuple[Column, ...]:
    return tuple(_column(name, at) for name, at in place.members().items())


def _column(name: str, place: _Place) -> Column:
    members = place.only(_COLUMN)
    if "type" not in members:
        place.refuse(f"must say its type: one of {', '.join(Kind)}")
    given = {_FIELDS.get(key, key): _COLUMN[key](at) for key, at in members.items()}
    try:
        column = Column(name, **given)
    except UsageError as error:
        place.refuse(f"cannot be: {error}")
    for rule, kinds in _FITS.items():
        if rule in members and column.kind not in kinds:
            members[rule].refuse(f"is no rule for a column of type {column.kind}")
    return column


# The name in YAML -> the field, where they differ.
_FIELDS = {"type": "kind", "text": "marks", "image": "picture"}
_SCHEMA: Mapping[str, _Reader] = {
    "schema": _Place.text,
    "name": _Place.text,
    "owner": _Place.text,
    "about": _Place.text,
    "environments": _Place.texts,
    "min_rows": _Place.whole,
    "other_columns": _Place.flag,
    "source": _Place.text,
    "label": _label,
    "drift": _drift,
}
_LABEL: Mapping[str, _Reader] = {
    "column": _Place.text,
    "prior": _prior,
    "rows": _Place.whole,
    "tolerance": _Place.share,
}
_PICTURE: Mapping[str, _Reader] = {
    "width": _interval(_Place.number),
    "height": _interval(_Place.number),
    "modes": _Place.texts,
    "aspect": _Place.positive,
    "duplicates": _Place.share,
}
_COLUMN: Mapping[str, _Reader] = {
    "type": lambda place: place.choice(Kind),
    "required": _Place.flag,
    "not_in": _Place.texts,
    "missing": _Place.share,
    "unique": _Place.flag,
    "domain": _Place.texts,
    "others": _Place.share,
    "range": _interval(_Place.limit),
    "outside": _Place.share,
    "finite": _Place.flag,
    "length": _interval(_Place.number),
    "pattern": _pattern,
    "text": _marks,
    "image": _picture,
    "drift": _drift,
    "severity": lambda place: place.choice(Severity),
    "severities": _severities,
    "owner": _Place.text,
}
_NUMBERS = frozenset({Kind.INTEGER, Kind.NUMBER})
_STRINGS = frozenset({Kind.STRING, Kind.TEXT})
_FITS: Mapping[str, frozenset[Kind]] = {
    "domain": _NUMBERS | _STRINGS | {Kind.BOOLEAN},
    "range": _NUMBERS | {Kind.TIME},
    "finite": _NUMBERS,
    "length": _STRINGS | {Kind.LIST},
    "pattern": _STRINGS,
    "text": _STRINGS,
    "image": frozenset({Kind.IMAGE}),
    "unique": frozenset(Kind) - {Kind.OTHER, Kind.LIST},
}
