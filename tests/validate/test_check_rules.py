"""Every rule on data that breaks it and on data that keeps it; rows and values are named."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from PIL import Image

from foretaste import validate
from foretaste.errors import BlockedError, NotAssessableError, UsageError
from foretaste.validate import (
    Column,
    Interval,
    Kind,
    Label,
    Outcome,
    Picture,
    Schema,
    Severity,
    Validation,
)

N, S = Kind.NUMBER, Kind.STRING
GOOD = ["fine text", "more of it", "Привет, Mia", "a\tb\n", "שלום", "Ã la carte, café", "日本"]
DAY = "1970-01-01"


def marked(mark: str) -> Column:
    return Column("c", Kind.TEXT, marks={mark: 0.0})


def one(column: Column, values: Any) -> Validation:
    return validate.check(pa.table({column.name: values}), Schema("s", (column,)))


# rule, column, values that keep it, values that break it, rows that break it, value named
RULES = [
    ("type", Column("c", Kind.INTEGER), [1, 2, None], [1.0, 2.5], (1,), "2.5"),
    ("type", Column("c", Kind.INTEGER), ["1", " 2 "], ["1", "x", "2"], (1,), "x"),
    ("type", Column("c", N), [1.5, 2], ["1.5", "1,5"], (1,), "1,5"),
    ("type", Column("c", S), ["a"], [1, 2], (0, 1), "1"),
    ("type", Column("c", Kind.BOOLEAN), [True], ["true", "maybe"], (1,), "maybe"),
    ("type", Column("c", Kind.TIME), ["2024-02-29"], ["2024-02-29", "soon"], (1,), "soon"),
    ("type", Column("c", Kind.LIST), [[1.0, 2.0]], ["a"], (0,), "a"),
    ("missing", Column("c", N, missing=0.0), [1.0], [1.0, None, float("nan")], (1, 2), ""),
    ("unique", Column("c", S, unique=True), ["a", None, None], ["a", "b", "a"], (2,), "a"),
    ("unique", Column("c", Kind.INTEGER, unique=True), [1, 2], [7, 7, 7], (1, 2), "7"),
    ("domain", Column("c", S, domain=("a", "b")), ["a", None], ["a", "c"], (1,), "c"),
    ("domain", Column("c", N, domain=("0", "1")), [0.0, 1.0], [0.5, 1.0], (0,), "0.5"),
    ("range", Column("c", N, range=Interval(0, 9)), [0, 9, None], [-1, 4, 10], (0, 2), "-1"),
    ("range", Column("c", Kind.TIME, range=Interval(0)), [DAY], ["1969-12-31"], (0,), "1969-12-31"),
    ("finite", Column("c", N), [1.0], [1.0, float("inf")], (1,), "inf"),
    ("length", Column("c", S, length=Interval(2, 3)), ["ab", "äöü"], ["ab", "a"], (1,), "1"),
    ("length", Column("c", Kind.LIST, length=Interval(2, 2)), [[1, 2]], [[1, 2], [1]], (1,), "1"),
    ("pattern", Column("c", S, pattern="[0-9]+"), ["12", None], ["12", "12x"], (1,), "12x"),
    ("pattern", Column("c", S, pattern="a|b"), ["a", "b"], ["ax", "xb"], (0, 1), "ax"),
    ("text:zero-width", marked("zero-width"), GOOD, ["fr\u200bee"], (0,), "fr\u200bee"),
    ("text:mixed-script", marked("mixed-script"), GOOD, ["fr\u0435e"], (0,), "fr\u0435e"),
    ("text:control", marked("control"), GOOD, ["a\x1b[2J"], (0,), "a\x1b[2J"),
    ("text:direction", marked("direction"), GOOD, ["a\u202eb"], (0,), "a\u202eb"),
    ("text:damaged", marked("damaged"), GOOD, ["cafÃ©"], (0,), "cafÃ©"),
    ("text:lookalike", marked("lookalike"), GOOD, ["ｆree"], (0,), "ｆree"),
    ("text:empty", marked("empty"), GOOD, ["a", "  "], (1,), "  "),
]


@pytest.mark.parametrize(
    ("rule", "column", "kept", "broken", "rows", "value"),
    RULES,
    ids=[f"{r[0]}-{r[1].kind}" for r in RULES],
)
def test_rule(rule: str, column: Column, kept: Any, broken: Any, rows: Any, value: str) -> None:
    assert one(column, kept).findings == ()
    found = one(column, broken).findings
    assert [f.rule for f in found] == [rule]
    assert (found[0].rows, found[0].value, found[0].count) == (rows, value, len(rows))
    assert found[0].column == "c"
    assert "'c'" in found[0].message


def test_rows_are_numbered_over_blocks(tmp_path: Path) -> None:
    values = np.zeros(150_000)
    values[[70_000, 140_000]] = 9.0
    pq.write_table(pa.table({"c": values}), tmp_path / "a.parquet", row_group_size=40_000)
    schema = Schema("s", (Column("c", N, range=Interval(0, 1)),))
    found = validate.check(tmp_path / "a.parquet", schema).findings
    assert found[0].rows == (70_000, 140_000)


def test_a_share_allows_what_chance_explains() -> None:
    column = Column("c", N, missing=0.1)
    assert one(column, [1.0] * 88 + [None] * 12).findings == ()
    assert one(column, [1.0] * 70 + [None] * 30).findings[0].count == 30
    assert one(Column("c", N), [None, None]).findings == (), "a rule that is not there"


def test_columns_that_are_missing_or_new() -> None:
    schema = Schema(
        "s",
        (
            Column("Amount EUR", N),
            Column("label", S, not_in=("serving",)),
            Column("note", S, required=False),
        ),
        environments=("training", "serving"),
        other_columns=False,
    )
    found = validate.check({"amount_eur": [1.0], "label": ["a"]}, schema).findings
    assert [(f.rule, f.column) for f in found] == [
        ("presence", "Amount EUR"),
        ("columns", "amount_eur"),
    ]
    assert "was it renamed?" in found[0].message
    serving = validate.check({"Amount EUR": [1.0]}, schema, environment="serving")
    assert serving.outcome is Outcome.PASS
    training = validate.check({"Amount EUR": [1.0]}, schema, environment="training")
    assert training.outcome is Outcome.BLOCKED
    with pytest.raises(UsageError, match="it has training, serving"):
        validate.check({"Amount EUR": [1.0]}, schema, environment="production")


def test_severity_and_owner_of_a_column() -> None:
    column = Column("c", N, range=Interval(0, 1), severity=Severity.WARN, owner="data team")
    result = one(column, [5.0])
    assert result.outcome is Outcome.PASS
    assert (result.findings[0].severity, result.findings[0].owner) == (Severity.WARN, "data team")
    strict = Column("c", N, range=Interval(0, 1), severities={"range": Severity.BLOCK})
    with pytest.raises(BlockedError, match="outside the range"):
        one(strict, [5.0]).raise_if_blocked()


def test_no_rows_is_no_pass() -> None:
    schema = Schema("s", (Column("c", N),), min_rows=0)
    result = validate.check(pa.table({"c": pa.array([], pa.float64())}), schema)
    assert result.exit_code == 3
    with pytest.raises(NotAssessableError):
        result.raise_if_blocked()


def test_label_prior() -> None:
    label = Label("y", {"a": 0.5, "b": 0.5}, rows=1000)
    schema = Schema("s", (Column("y", S),), label=label)
    assert validate.check({"y": ["a", "b"] * 300}, schema).findings == ()
    assert validate.check({"y": ["a", "a", "b"]}, schema).findings == (), "three rows say nothing"
    found = validate.check({"y": ["a"] * 450 + ["b"] * 150}, schema).findings
    assert [(f.rule, f.severity) for f in found] == [("prior", Severity.WARN)]
    assert found[0].measures["l_infinity"] == pytest.approx(0.25)


def png(size: tuple[int, int], mode: str = "RGB", shade: int = 0) -> bytes:
    out = io.BytesIO()
    Image.new(mode, size, shade if mode == "L" else (shade, 0, 0)).save(out, "PNG")
    return out.getvalue()


def test_images() -> None:
    good = [png((28, 28), shade=n) for n in range(40)]
    rules = Picture(Interval(20, 40), Interval(20, 40), ("RGB",), aspect=1.5, duplicates=0.0)
    column = Column("image", Kind.IMAGE, picture=rules)
    assert one(column, good).findings == ()
    noise = np.random.default_rng(0).integers(0, 256, (28, 28, 3), np.uint8)
    out = io.BytesIO()
    Image.fromarray(noise).save(out, "PNG")
    bad = {
        "unreadable": (b"GIF89a nothing", out.getvalue()[:-900]),
        "size": (png((28, 900)),),
        "mode": (png((28, 28), "L"),),
        "duplicates": (good[3],),
    }
    for rule, images in bad.items():
        found = {f.rule: f for f in one(column, [*good, *images]).findings}
        assert rule in found
        assert found[rule].rows == tuple(range(40, 40 + len(images)))
    assert {f.rule for f in one(column, [*good, png((28, 900))]).findings} == {"size", "aspect"}
