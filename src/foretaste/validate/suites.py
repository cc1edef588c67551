"""A schema from an ExpectationSuite of Great Expectations 1.x, or of 0.x, as JSON."""

from __future__ import annotations

import json
import math
import os
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from foretaste.errors import UnreadableDataError, UsageError
from foretaste.validate.moments import as_moment
from foretaste.validate.schema import Column, Interval, Kind, Schema, Severity

__all__ = ["Imported", "from_expectations", "read_suite"]

_MAX_BYTES = 8 * 1024**2
_SEVERITIES = {"critical": Severity.BLOCK, "warning": Severity.WARN, "info": Severity.INFO}


@dataclass(frozen=True)
class Imported:
    """The schema, and the expectations that it cannot hold, one line each."""

    schema: Schema
    lost: tuple[str, ...] = ()


class _Lost(Exception):  # noqa: N818 - never leaves this file
    """Why an expectation is not taken over."""


@dataclass
class _Draft:
    """The rules of one column while they are gathered."""

    kind: Kind | None = None
    required: bool = False
    rules: dict[str, Any] = field(default_factory=dict)
    severities: dict[str, Severity] = field(default_factory=dict)


def from_expectations(text: str, name: str = "suite") -> Imported:
    """The schema that an ExpectationSuite says; `name` is what the file is called in errors.

    Raises
    ------
    UsageError
        It is no JSON, or no suite.

    Examples
    --------
    >>> text = '''{"name": "people", "expectations": [
    ...   {"type": "expect_column_values_to_be_between",
    ...    "kwargs": {"column": "age", "min_value": 0, "max_value": 120}},
    ...   {"type": "expect_column_mean_to_be_between", "kwargs": {"column": "age"}}]}'''
    >>> made = from_expectations(text)
    >>> made.schema.column("age").range, made.lost
    (Interval(low=0.0, high=120.0), ("expect_column_mean_to_be_between of 'age': not known here",))
    """
    document = _suite(text, name)
    drafts: dict[str, _Draft] = {}
    whole: dict[str, Any] = {"other_columns": True, "min_rows": 0}
    lost: list[str] = []
    for place, one in enumerate(document["expectations"]):
        kind, arguments = _parts(one, f"{name}: expectations[{place}]")
        column = arguments.get("column")
        try:
            if isinstance(column, str):
                _take(drafts.setdefault(column, _Draft()), kind, arguments, one)
            else:
                _take_whole(whole, drafts, kind, arguments)
        except _Lost as reason:
            of = f" of {column!r}" if isinstance(column, str) else ""
            lost.append(f"{kind}{of}: {reason}")
    columns = tuple(_column(column, draft) for column, draft in drafts.items())
    title = document.get("name") or document.get("expectation_suite_name") or name
    return Imported(Schema(str(title), columns, about=f"Made from {name}.", **whole), tuple(lost))


def read_suite(path: str | os.PathLike[str]) -> Imported:
    """The schema that an ExpectationSuite in a file says.

    Raises
    ------
    UsageError
        It is no suite.
    UnreadableDataError
        The file cannot be read.
    """
    file = Path(path)
    try:
        with file.open("rb") as stream:
            content = stream.read(_MAX_BYTES + 1)
    except OSError as error:
        reason = (error.strerror or type(error).__name__).lower()
        raise UnreadableDataError(f"cannot read {file}: {reason}; give a suite as JSON") from error
    return from_expectations(content.decode("utf-8", "replace"), file.name)


def _suite(text: str, name: str) -> dict[str, Any]:
    if len(text) > _MAX_BYTES:
        raise UsageError(f"{name}: a suite above {_MAX_BYTES >> 20} MiB is refused; split it")
    try:
        document = json.loads(text)
        json.dumps(document, ensure_ascii=False).encode()  # "\\ud800" is half a character
    except (ValueError, RecursionError) as error:
        raise UsageError(f"{name}: not valid JSON ({error})") from error
    if not isinstance(document, dict) or not isinstance(document.get("expectations"), list):
        raise UsageError(f"{name}: no ExpectationSuite: it has no list of expectations")
    return document


def _parts(one: Any, place: str) -> tuple[str, dict[str, Any]]:
    kind = one.get("type", one.get("expectation_type")) if isinstance(one, dict) else None
    arguments = one.get("kwargs") if isinstance(one, dict) else None
    if not isinstance(kind, str) or not isinstance(arguments, dict):
        raise UsageError(f"{place} must have a type and kwargs")
    return kind, arguments


def _take_whole(
    whole: dict[str, Any], drafts: dict[str, _Draft], kind: str, arguments: Mapping[str, Any]
) -> None:
    if kind == "expect_table_row_count_to_be_between":
        if arguments.get("max_value") is not None:
            raise _Lost("a largest number of rows is not known here")
        whole["min_rows"] = int(_number(arguments.get("min_value") or 0))
    elif kind == "expect_table_columns_to_match_set":
        for name in _texts(arguments.get("column_set")):
            drafts.setdefault(name, _Draft()).required = True
        whole["other_columns"] = arguments.get("exact_match") is False
    else:
        raise _Lost("not known here")


def _take(draft: _Draft, kind: str, arguments: Mapping[str, Any], one: Mapping[str, Any]) -> None:
    """Add one expectation of a column to its draft."""
    if kind not in _READERS:
        raise _Lost("not known here")
    if arguments.get("row_condition") or one.get("row_condition"):
        raise _Lost("it holds for some rows only")
    rule, read = _READERS[kind]
    read(draft, arguments)
    severity = one.get("severity")
    if isinstance(severity, str) and severity in _SEVERITIES:
        draft.severities[rule] = _SEVERITIES[severity]


def _share(arguments: Mapping[str, Any]) -> float:
    """The share of rows that may fail."""
    mostly = arguments.get("mostly")
    return 0.0 if mostly is None else round(1.0 - min(1.0, max(0.0, _number(mostly))), 12)


def _number(value: Any) -> float:
    if isinstance(value, int | float) and not isinstance(value, bool):
        try:
            number = float(value)
        except OverflowError:  # a whole number beyond every float
            number = math.inf
        if math.isfinite(number):
            return number
    raise _Lost(f"{value!r:.40} is no number")


def _texts(values: Any) -> tuple[str, ...]:
    if not isinstance(values, list) or not values:
        raise _Lost("no list of values")
    return tuple(dict.fromkeys(str(value) for value in values))


def _exists(draft: _Draft, _: Mapping[str, Any]) -> None:
    draft.required = True


def _type(draft: _Draft, arguments: Mapping[str, Any]) -> None:
    told = arguments.get("type_list")
    listed = told if isinstance(told, list) and told else [arguments.get("type_")]
    names = [str(name).lower() for name in listed]
    for kind, starts in _KINDS:
        if all(name.startswith(starts) for name in names):
            draft.kind = kind
            return
    raise _Lost(f"the types {', '.join(names)[:60]} are not known here")


def _present(draft: _Draft, arguments: Mapping[str, Any]) -> None:
    draft.rules["missing"] = _share(arguments)


def _unique(draft: _Draft, arguments: Mapping[str, Any]) -> None:
    if _share(arguments):
        raise _Lost("a share of repeats is not known here")
    draft.rules["unique"] = True


def _in_set(draft: _Draft, arguments: Mapping[str, Any]) -> None:
    values = arguments.get("value_set")
    texts = _texts(values)
    numeric = all(isinstance(v, int | float) and not isinstance(v, bool) for v in values or ())
    draft.kind = draft.kind or (Kind.NUMBER if numeric else Kind.STRING)
    draft.rules |= {"domain": texts, "others": _share(arguments)}


def _between(draft: _Draft, arguments: Mapping[str, Any]) -> None:
    if arguments.get("strict_min") or arguments.get("strict_max"):
        raise _Lost("limits that are not included are not known here")
    ends = [arguments.get("min_value"), arguments.get("max_value")]
    moments = [as_moment(end) if isinstance(end, str) else None for end in ends]
    if any(moment is not None for moment in moments):
        draft.kind = draft.kind or Kind.TIME
        limits = moments
    else:
        draft.kind = draft.kind or Kind.NUMBER
        limits = [None if end is None else _number(end) for end in ends]
    draft.rules |= {"range": _interval(*limits), "outside": _share(arguments)}


def _lengths(draft: _Draft, arguments: Mapping[str, Any]) -> None:
    if _share(arguments):
        raise _Lost("a share of other lengths is not known here")
    equal = arguments.get("value")
    ends = (equal, equal) if equal is not None else tuple(map(arguments.get, _ENDS))
    draft.kind = draft.kind or Kind.STRING
    draft.rules["length"] = _interval(*(None if end is None else _number(end) for end in ends))


def _regex(draft: _Draft, arguments: Mapping[str, Any]) -> None:
    if _share(arguments):
        raise _Lost("a share of other forms is not known here")
    told = str(arguments.get("regex", ""))
    own = _OWN.fullmatch(told)  # as `to_expectations` writes it
    if own is not None and _compiles(own[1]):
        pattern = own[1]
    elif _ANCHORED.fullmatch(told):
        pattern = told[1:-1]
    else:  # an expectation looks for the expression anywhere
        ended = _END.sub(r"\1\\z", told)  # RE2 spells the end of the text with a small z
        pattern = f"(?s:.*)(?:{ended})(?s:.*)"
    if not _compiles(pattern):
        raise _Lost("RE2 does not know the expression")
    draft.kind = draft.kind or Kind.STRING
    draft.rules["pattern"] = pattern


def _compiles(pattern: str) -> bool:
    try:
        pc.match_substring_regex(pa.array([""]), pattern=pattern)
    except pa.ArrowInvalid:
        return False
    return True


def _interval(low: float | None, high: float | None) -> Interval:
    try:
        return Interval(low, high)
    except UsageError as error:
        raise _Lost(str(error)) from None


def _column(name: str, draft: _Draft) -> Column:
    kind = draft.kind or Kind.OTHER
    return Column(name, kind, required=draft.required, severities=draft.severities, **draft.rules)


_OWN = re.compile(r"\\A\(\?:(.*)\)\\Z", re.DOTALL)
_END = re.compile(r"(?<!\\)((?:\\\\)*)\\Z")
_ANCHORED = re.compile(r"\^[^|\\]*\$")
_ENDS = ("min_value", "max_value")
_KINDS: tuple[tuple[Kind, tuple[str, ...]], ...] = (
    (Kind.INTEGER, ("int", "uint", "bigint", "smallint")),
    (Kind.NUMBER, ("float", "double", "int", "uint", "decimal", "numeric")),
    (Kind.BOOLEAN, ("bool",)),
    (Kind.STRING, ("str", "object", "varchar", "text", "char")),
    (Kind.TIME, ("datetime", "timestamp", "date")),
)
_READERS: Mapping[str, tuple[str, Callable[[_Draft, Mapping[str, Any]], None]]] = {
    "expect_column_to_exist": ("presence", _exists),
    "expect_column_values_to_be_in_type_list": ("type", _type),
    "expect_column_values_to_be_of_type": ("type", _type),
    "expect_column_values_to_not_be_null": ("missing", _present),
    "expect_column_values_to_be_unique": ("unique", _unique),
    "expect_column_values_to_be_in_set": ("domain", _in_set),
    "expect_column_values_to_be_between": ("range", _between),
    "expect_column_value_lengths_to_be_between": ("length", _lengths),
    "expect_column_value_lengths_to_equal": ("length", _lengths),
    "expect_column_values_to_match_regex": ("pattern", _regex),
}
