"""Schemas as ExpectationSuites of Great Expectations 1.x (JSON), and back.

Only JSON is read and written; the library is not needed. What the other side cannot say is listed,
never dropped in silence. One difference stays: ``mostly`` counts rows that have a value and is a
hard limit; shares here count all rows and allow for chance.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from foretaste.validate.moments import moment_text
from foretaste.validate.schema import Column, Interval, Kind, Schema, Severity
from foretaste.validate.text_marks import ABOUT

__all__ = ["Suite", "to_expectations"]

_SEVERITY = {Severity.BLOCK: "critical", Severity.WARN: "warning", Severity.INFO: "info"}
# Strings are left out: of pandas 3 the library knows them by no name (measured with 1.24.1).
_TYPES: Mapping[Kind, tuple[str, ...]] = {
    Kind.INTEGER: ("int8", "int16", "int32", "int64", "uint8", "uint16", "uint32", "uint64"),
    Kind.NUMBER: ("float16", "float32", "float64", "int8", "int16", "int32", "int64"),
    Kind.BOOLEAN: ("bool", "boolean"),
    Kind.TIME: ("datetime64[ns]", "datetime64[us]", "datetime64[s]", "Timestamp"),
}
_VERSION = "1.0.0"


@dataclass(frozen=True)
class Suite:
    """An ExpectationSuite as JSON values, and the rules that it cannot hold, one line each."""

    document: dict[str, Any]
    lost: tuple[str, ...] = ()


def to_expectations(schema: Schema, environment: str | None = None) -> Suite:
    """The rules of a schema as an ExpectationSuite.

    Parameters
    ----------
    schema
        What data must look like.
    environment
        Columns that are not in it get no expectations, as a suite knows no environments.

    Examples
    --------
    >>> age = Column("age", Kind.INTEGER, range=Interval(0, 120), outside=0.01)
    >>> suite = to_expectations(Schema("people", (age,)))
    >>> suite.document["expectations"][-1]["kwargs"]
    {'column': 'age', 'min_value': 0, 'max_value': 120, 'mostly': 0.99}
    """
    schema.check_environment(environment)
    made, lost = list(_whole(schema)), list[str]()
    if schema.label is not None and schema.label.prior:
        lost.append(f"the prior of label {schema.label.column!r}")
    for column in schema.columns:
        if environment in column.not_in:
            continue
        for rule, kind, arguments in _expected(column, required=schema.due(column, environment)):
            made.append(
                {
                    "type": kind,
                    "kwargs": {"column": column.name, **arguments},
                    "meta": {"owner": column.owner} if column.owner else {},
                    "severity": _SEVERITY[column.severity_of(rule)],
                }
            )
        lost += _lost(column)
    document = {
        "name": schema.name or "foretaste",
        "expectations": made,
        "meta": {"great_expectations_version": _VERSION},
    }
    return Suite(document, tuple(lost))


def _whole(schema: Schema) -> Iterator[dict[str, Any]]:
    if schema.min_rows > 0:
        rows = {"min_value": schema.min_rows}
        yield _expectation("expect_table_row_count_to_be_between", rows, "critical")
    if not schema.other_columns:
        names = [column.name for column in schema.columns]
        arguments = {"column_set": names, "exact_match": True}
        yield _expectation("expect_table_columns_to_match_set", arguments, "warning")


def _expectation(kind: str, arguments: dict[str, Any], severity: str) -> dict[str, Any]:
    return {"type": kind, "kwargs": arguments, "meta": {}, "severity": severity}


def _expected(column: Column, *, required: bool) -> Iterator[tuple[str, str, dict[str, Any]]]:
    """Rule, type of expectation, arguments."""
    if required:
        yield "presence", "expect_column_to_exist", {}
    if column.kind in _TYPES:
        listed = {"type_list": list(_TYPES[column.kind])}
        yield "type", "expect_column_values_to_be_in_type_list", listed
    if column.missing is not None:
        yield "missing", "expect_column_values_to_not_be_null", _mostly(column.missing)
    if column.unique:
        yield "unique", "expect_column_values_to_be_unique", {}
    if column.domain is not None:
        numeric = column.kind in {Kind.INTEGER, Kind.NUMBER}
        values = [_number(v) for v in column.domain] if numeric else list(column.domain)
        allowed = {"value_set": values, **_mostly(column.others)}
        yield "domain", "expect_column_values_to_be_in_set", allowed
    if column.range is not None:
        limits = _limits(column.range, moment=column.kind is Kind.TIME)
        between = {**limits, **_mostly(column.outside)}
        yield "range", "expect_column_values_to_be_between", between
    if column.length is not None and column.kind is not Kind.LIST:
        yield "length", "expect_column_value_lengths_to_be_between", _limits(column.length)
    if column.pattern is not None:
        regex = {"regex": rf"\A(?:{column.pattern})\Z"}
        yield "pattern", "expect_column_values_to_match_regex", regex


def _lost(column: Column) -> Iterator[str]:
    """Rules that no expectation of the library says."""
    if column.kind not in _TYPES:
        yield f"column {column.name!r}: type {column.kind}"
    for mark in column.marks:
        yield f"column {column.name!r}: no {ABOUT[mark]}"
    if column.picture is not None:
        yield f"column {column.name!r}: rules of images"
    if column.length is not None and column.kind is Kind.LIST:
        yield f"column {column.name!r}: length of lists"


def _mostly(share: float) -> dict[str, float]:
    return {"mostly": round(1.0 - share, 12)} if share else {}


def _limits(interval: Interval, *, moment: bool = False) -> dict[str, Any]:
    ends = {"min_value": interval.low, "max_value": interval.high}
    write = moment_text if moment else _whole_number
    return {name: write(end) for name, end in ends.items() if end is not None}


def _whole_number(value: float) -> float:
    return int(value) if float(value).is_integer() else value


def _number(text: str) -> float:
    return _whole_number(float(text))
