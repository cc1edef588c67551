"""Tables: every type of column as numbers or categories."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from foretaste.data import open_dataset
from foretaste.data.tables import as_number
from foretaste.errors import RoleError
from foretaste.types import Table

NAN = float("nan")


def table_of(values: Any) -> tuple[Table, tuple[str, ...]]:
    data = open_dataset(
        {"x": values, "other": range(len(values)), "label": ["a"] * len(values)},
        features=["x", "other"],
    )
    content = data.content()
    assert isinstance(content, Table)
    return content, data.warnings


@pytest.mark.parametrize(
    ("values", "expected", "categories"),
    [
        ([1, None, 3], [1, NAN, 3], None),
        (pa.array([1.5, NAN, None], from_pandas=False), [1.5, NAN, NAN], None),
        ([Decimal("1.5"), None], [1.5, NAN], None),
        ([True, False, None], [1, 0, NAN], ("False", "True")),
        (["b", None, "a"], [1, NAN, 0], ("a", "b")),
        (["", None, "a"], [0, NAN, 1], ("", "a")),
        (["1", "2.5", None], [1, 2.5, NAN], None),
        (["1", " 2 ", "?"], [1, 2, NAN], None),
        (["007", "012"], [0, 1], ("007", "012")),
        (pa.array([10, 2, 10]).dictionary_encode(), [1, 0, 1], ("2", "10")),
        (pa.array(["10", "2", None]).dictionary_encode(), [1, 0, NAN], ("2", "10")),
        (pa.array([1000, None], pa.timestamp("ms")), [1.0, NAN], None),
        (pa.array([1, 2], pa.date32()), [86400.0, 172800.0], None),
        (pa.array([90, 1], pa.time32("s")), [90, 1], None),
        (pa.array([90, 1], pa.duration("ms")), [0.09, 0.001], None),
        (pa.array([1, 2], pa.float16()), [1, 2], None),
        (pa.array([1, 2**63], pa.uint64()), [1, 2.0**63], None),
    ],
)
def test_values(values: Any, expected: list[float], categories: tuple[str, ...] | None) -> None:
    table, _ = table_of(values)
    assert table.values.dtype == np.float64
    np.testing.assert_array_equal(table.values[:, 0], expected)
    assert table.categories.get("x") == categories


def test_mostly_numbers_name_the_cells_that_are_none() -> None:
    table, warnings = table_of([str(i) for i in range(99)] + ["oops"])
    assert "x" not in table.categories
    assert np.isnan(table.values[99, 0])
    assert "'x' is read as numbers: 1 cells" in warnings[0]
    assert "'oops' in row 99" in warnings[0]


def test_half_numbers_stay_categories() -> None:
    table, warnings = table_of(["1", "x", "2", "y"])
    assert table.categories["x"] == ("1", "2", "x", "y")
    assert warnings == ()


@pytest.mark.parametrize(
    ("values", "told"),
    [
        ([1.0, float("inf")], "1 infinite values count as missing"),
        (["a", "a"], "'x' has the same value in every row"),
        ([None, None], "'x' has no values and is left out"),
        ([[1], [2, 3]], "'x' holds list"),
        ([{"a": 1}, None], "'x' holds struct"),
        ([1, "x"], "'x' mixes int and str"),
        ([10**30, 1], "'x' mixes int"),
        (["\ud800", "b"], "lone surrogates"),
    ],
)
def test_told(values: list[Any], told: str) -> None:
    table, warnings = table_of(values)
    assert told in "; ".join(warnings)
    assert len(table) == 2


def test_no_usable_feature() -> None:
    data = open_dataset({"x": [None, None], "label": ["a", "b"]})
    with pytest.raises(RoleError, match=r"none of the columns x can be used; give at least one"):
        data.content()


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("1", 1.0),
        ("-2.5e3", -2500.0),
        (" 0.5 ", 0.5),
        ("0", 0.0),
        ("N/A", NAN),
        ("", NAN),
        ("01", None),
        ("1_000", None),
        ("1,5", None),
        ("abc", None),
        ("0x10", None),
    ],
)
def test_as_number(text: str, number: float | None) -> None:
    got = as_number(text)
    assert got == number or (got != got and number != number)  # noqa: PLR0124


def test_digits_beyond_any_integer() -> None:
    table, _ = table_of(["9" * 5000, "x"])
    assert len(table.categories["x"]) == 2
