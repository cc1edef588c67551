"""What changed between schemas: every rule has a direction, loosened ones come first."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from foretaste.validate import (
    Column,
    Direction,
    Interval,
    Kind,
    Label,
    Picture,
    Schema,
    Severity,
    diff,
)

BASE = Column(
    "c",
    Kind.STRING,
    missing=0.1,
    domain=("a", "b"),
    length=Interval(1, 5),
    marks={"empty": 0.1},
    picture=Picture(modes=("L",), aspect=2.0),
)
LOOSENED, CHANGED, TIGHTENED = Direction

CHANGES: list[tuple[str, dict[str, Any], Direction]] = [
    ("type", {"kind": Kind.TEXT}, CHANGED),
    ("required", {"required": False}, LOOSENED),
    ("missing", {"missing": 0.2}, LOOSENED),
    ("missing", {"missing": None}, LOOSENED),
    ("missing", {"missing": 0.0}, TIGHTENED),
    ("unique", {"unique": True}, TIGHTENED),
    ("domain", {"domain": ("a", "b", "c")}, LOOSENED),
    ("domain", {"domain": ("a",)}, TIGHTENED),
    ("domain", {"domain": ("a", "x")}, CHANGED),
    ("length", {"length": Interval(1, 9)}, LOOSENED),
    ("length", {"length": Interval(2, 5)}, TIGHTENED),
    ("pattern", {"pattern": "a|b"}, TIGHTENED),
    ("text:empty", {"marks": {"empty": 0.5}}, LOOSENED),
    ("text:control", {"marks": {"empty": 0.1, "control": 0.0}}, TIGHTENED),
    ("image:modes", {"picture": Picture(modes=("L", "RGB"), aspect=2.0)}, LOOSENED),
    ("severity of range", {"severities": {"range": Severity.WARN}}, LOOSENED),
]


@pytest.mark.parametrize(("rule", "change", "direction"), CHANGES)
def test_one_change(rule: str, change: dict[str, Any], direction: Direction) -> None:
    old, new = (Schema("s", (column,)) for column in (BASE, replace(BASE, **change)))
    found = diff(old, new)
    assert [(c.rule, c.direction) for c in found] == [(rule, direction)]
    back = {LOOSENED: TIGHTENED, TIGHTENED: LOOSENED, CHANGED: CHANGED}
    assert [c.direction for c in diff(new, old)] == [back[direction]]


def test_the_data_set_as_a_whole_and_order() -> None:
    old = Schema("s", (BASE, Column("gone", Kind.NUMBER)), Label("y", {"a": 1.0}), min_rows=10)
    columns = (replace(BASE, missing=0.0), Column("new", Kind.NUMBER))
    new = Schema("s", columns, Label("y"), min_rows=5)
    found = diff(old, new)
    assert [(c.column, c.rule, c.direction) for c in found] == [
        ("gone", "column", LOOSENED),
        ("", "min_rows", LOOSENED),
        ("", "label prior", CHANGED),
        ("new", "column", TIGHTENED),
        ("c", "missing", TIGHTENED),
    ]
    assert "was 10, is 5" in found[1].sentence


@given(st.sampled_from(CHANGES), st.sampled_from(CHANGES))
def test_no_change_is_no_change(one: Any, other: Any) -> None:
    schema = Schema("s", (replace(BASE, **{**one[1], **other[1]}),))
    renamed = replace(schema, name="t", owner="somebody", about="new")
    assert diff(schema, renamed) == ()
