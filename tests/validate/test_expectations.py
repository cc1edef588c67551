"""ExpectationSuites of Great Expectations: what is written is read there and judged alike.

The library lives in an environment of its own (requirements/gx.txt); the tests that need it are
skipped where that is not there. ``FORETASTE_GX_PYTHON`` names its interpreter.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from foretaste import validate
from foretaste.errors import UsageError
from foretaste.validate import Column, Interval, Kind, Label, Schema, Severity

ROOT = Path(__file__).resolve().parents[2]
PYTHON = Path(os.environ.get("FORETASTE_GX_PYTHON", ROOT / ".venv-gx" / "bin" / "python"))
needs_gx = pytest.mark.skipif(
    not PYTHON.exists(), reason=f"no Great Expectations at {PYTHON}: see requirements/gx.txt"
)

SCHEMA = Schema(
    "people",
    (
        Column("id", Kind.STRING, missing=0.0, unique=True, pattern="[A-Z]{2}-[0-9]{3}"),
        Column("age", Kind.INTEGER, range=Interval(0, 120), owner="registry"),
        Column("score", Kind.NUMBER, missing=0.2, range=Interval(0.5, None)),
        Column("size", Kind.STRING, domain=("s", "m", "l"), length=Interval(1, 1)),
        Column("level", Kind.INTEGER, domain=("1", "2", "3")),
    ),
    min_rows=3,
    other_columns=False,
)
GOOD: dict[str, list[Any]] = {
    "id": ["AB-001", "AB-002", "XY-003", "XY-004"],
    "age": [0, 40, 120, 77],
    "score": [0.5, 9.0, 3.0, 1.0],
    "size": ["s", "m", "l", "s"],
    "level": [1, 2, 3, 1],
}
# what is broken -> the rules that say so
BAD: list[tuple[dict[str, list[Any]], set[tuple[str, str]]]] = [
    ({"age": [0, 40, 121, 77]}, {("range", "age")}),
    ({"id": ["AB-001", "AB-001", "XY-003", "XY-004"]}, {("unique", "id")}),
    ({"id": ["AB-001", "ab-002", "XY-003", "XY-004x"]}, {("pattern", "id")}),
    ({"id": ["AB-001", None, "XY-003", "XY-004"]}, {("missing", "id")}),
    ({"score": [0.4, 9.0, 3.0, 1.0]}, {("range", "score")}),
    ({"size": ["s", "m", "x", "s"]}, {("domain", "size")}),
    ({"size": ["s", "m", "ll", "s"]}, {("domain", "size"), ("length", "size")}),
    ({"level": [1, 2, 3, 4]}, {("domain", "level")}),
    ({"note": ["a", "b", "c", "d"]}, {("columns", "note")}),
]
RULES = {
    "expect_column_values_to_be_between": "range",
    "expect_column_values_to_be_unique": "unique",
    "expect_column_values_to_match_regex": "pattern",
    "expect_column_values_to_not_be_null": "missing",
    "expect_column_values_to_be_in_set": "domain",
    "expect_column_value_lengths_to_be_between": "length",
    "expect_table_columns_to_match_set": "columns",
    "expect_column_values_to_be_in_type_list": "type",
}
JUDGE = """
import json, sys, warnings
warnings.simplefilter("ignore")
import great_expectations as gx
import pandas as pd

told = json.load(sys.stdin)
context = gx.get_context(mode="ephemeral")
batches = context.data_sources.add_pandas("p").add_dataframe_asset("a")
definition = batches.add_batch_definition_whole_dataframe("b")
suite = gx.ExpectationSuite(**told["suite"])
out = {"suite": suite.to_json_dict(), "failed": []}
for data in told["data"]:
    batch = definition.get_batch({"dataframe": pd.DataFrame(data)})
    result = batch.validate(suite)
    out["failed"].append([
        [r.expectation_config.type, r.expectation_config.kwargs.get("column", "")]
        for r in result.results if not r.success
    ])
print("\\n" + json.dumps(out))
"""


def great_expectations(suite: dict[str, Any], data: list[dict[str, list[Any]]]) -> dict[str, Any]:
    told = json.dumps({"suite": suite, "data": data})
    done = subprocess.run(
        [str(PYTHON), "-c", JUDGE], input=told, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr[-2000:]
    read: dict[str, Any] = json.loads(done.stdout.strip().splitlines()[-1])
    return read


@needs_gx
def test_the_library_reads_the_suite_and_judges_alike() -> None:
    suite = validate.to_expectations(SCHEMA)
    assert suite.lost == ("column 'id': type string", "column 'size': type string")
    sets = [GOOD, *({**GOOD, **change} for change, _ in BAD)]
    read = great_expectations(suite.document, sets)
    back = validate.from_expectations(json.dumps(read["suite"]))
    assert back.lost == ()
    for number, (data, failed) in enumerate(zip(sets, read["failed"], strict=True)):
        theirs = {(RULES[kind], column) for kind, column in failed}
        ours = {(f.rule, f.column) for f in validate.check(data, SCHEMA).findings}
        again = {(f.rule, f.column) for f in validate.check(data, back.schema).findings}
        assert ours == (BAD[number - 1][1] if number else set())
        assert again == ours
        # a suite names the table where it has columns too many, not the column
        assert theirs == {(rule, "" if rule == "columns" else column) for rule, column in ours}


def test_there_and_back() -> None:
    suite = validate.to_expectations(SCHEMA)
    back = validate.from_expectations(json.dumps(suite.document)).schema
    for column in SCHEMA.columns:
        read = back.column(column.name)
        assert read is not None
        kept = replace(column, severities=read.severities, owner=read.owner)
        same_kind = {column.kind, Kind.INTEGER, Kind.NUMBER}
        assert read.kind in same_kind
        assert replace(read, kind=column.kind) == kept
    assert (back.min_rows, back.other_columns) == (3, False)


def test_what_the_other_side_cannot_say_is_listed() -> None:
    columns = (
        Column("note", Kind.TEXT, marks={"zero-width": 0.0}),
        Column("image", Kind.IMAGE),
        Column("y", Kind.STRING, not_in=("serving",)),
    )
    label = Label("y", {"a": 0.5, "b": 0.5})
    schema = Schema("s", columns, label, environments=("serving",))
    suite = validate.to_expectations(schema, environment="serving")
    assert len(suite.lost) == 4
    assert not any(e["kwargs"].get("column") == "y" for e in suite.document["expectations"])


VALUES = "expect_column_values_to_"
UNKNOWN: list[tuple[str, dict[str, Any], str]] = [
    ("expect_column_mean_to_be_between", {"column": "a"}, "not known"),
    (f"{VALUES}be_between", {"column": "a", "min_value": 1, "strict_min": True}, "not included"),
    (f"{VALUES}be_between", {"column": "a", "min_value": {"$PARAMETER": "x"}}, "is no number"),
    (f"{VALUES}be_between", {"column": "a", "min_value": 2, "max_value": 1}, "must go up"),
    (f"{VALUES}be_unique", {"column": "a", "mostly": 0.5}, "share"),
    (f"{VALUES}match_regex", {"column": "a", "regex": "(?=x)"}, "RE2"),
    (f"{VALUES}be_in_set", {"column": "a", "value_set": []}, "no list"),
    (f"{VALUES}be_of_type", {"column": "a", "type_": "geometry"}, "not known"),
    (f"{VALUES}be_of_type", {"column": "a", "type_list": 7}, "not known"),
    (f"{VALUES}be_between", {"column": "a", "min_value": 10**400}, "is no number"),
    ("expect_column_to_exist", {"column": "a", "row_condition": "b>1"}, "some rows"),
    ("expect_table_row_count_to_equal", {"value": 3}, "not known"),
]


@pytest.mark.parametrize(("kind", "arguments", "why"), UNKNOWN)
def test_what_is_not_taken_over_is_said(kind: str, arguments: dict[str, Any], why: str) -> None:
    suite = {"name": "s", "expectations": [{"type": kind, "kwargs": arguments}]}
    made = validate.from_expectations(json.dumps(suite))
    assert len(made.lost) == 1
    assert why in made.lost[0]


# an expression as it stands in a suite, strings it finds, strings it does not
EXPRESSIONS = [
    ("b+", ["abba", "b"], ["aa"]),
    ("^[0-9]{3}$", ["123"], ["1234", "x123"]),
    ("^a|b$", ["ax", "xb"], ["xax"]),
    (r"\A(?:a)|(?:b)\Z", ["ax", "xb"], ["xax"]),
    (r"\A(?:a|b)\Z", ["a", "b"], ["ab"]),
]


@pytest.mark.parametrize(("expression", "found", "other"), EXPRESSIONS)
def test_expressions_mean_the_same(expression: str, found: list[str], other: list[str]) -> None:
    one = {"type": f"{VALUES}match_regex", "kwargs": {"column": "a", "regex": expression}}
    made = validate.from_expectations(json.dumps({"name": "s", "expectations": [one]}))
    assert made.lost == ()
    assert validate.check({"a": found}, made.schema).findings == ()
    assert validate.check({"a": other}, made.schema).findings[0].count == len(other)
    assert all(re.search(expression, text) for text in found)
    assert not any(re.search(expression, text) for text in other)


def test_older_suites_and_severities() -> None:
    old = {
        "expectation_suite_name": "old",
        "expectations": [
            {
                "expectation_type": "expect_column_values_to_match_regex",
                "kwargs": {"column": "a", "regex": "b+"},
                "severity": "warning",
            }
        ],
    }
    column = validate.from_expectations(json.dumps(old)).schema.column("a")
    assert column is not None
    assert column.severity_of("pattern") is Severity.WARN
    schema = Schema("s", (column,))
    assert validate.check({"a": ["abba", "b"]}, schema).findings == ()
    assert validate.check({"a": ["aa"]}, schema).findings[0].rule == "pattern"


@pytest.mark.parametrize("severity", [[], {}, 3, "odd"])
def test_a_severity_of_another_kind_is_none(severity: object) -> None:
    one = {"type": "expect_column_to_exist", "kwargs": {"column": "a"}, "severity": severity}
    made = validate.from_expectations(json.dumps({"name": "s", "expectations": [one]}))
    assert made.schema.column("a") == Column("a", Kind.OTHER, required=True)


def test_half_a_character_is_refused() -> None:
    one = {"type": f"{VALUES}match_regex", "kwargs": {"column": "a", "regex": "\ud800"}}
    with pytest.raises(UsageError, match="not valid JSON"):
        validate.from_expectations(json.dumps({"name": "s", "expectations": [one]}))


keys = st.sampled_from(["expectations", "type", "kwargs", "column", "a"])
values = st.recursive(
    st.none() | st.integers() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(keys, inner, max_size=4),
)


@given(st.text(max_size=100) | values.map(json.dumps))
def test_anything_else_is_one_error(text: str) -> None:
    try:
        validate.from_expectations(text)
    except UsageError as error:
        assert str(error).startswith("suite")  # noqa: PT017
