"""Schemas from data: kept by the data, sensible for other data, explained."""

from __future__ import annotations

import io
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image
from sklearn.datasets import load_breast_cancer, load_wine

from foretaste import validate
from foretaste.errors import UnreadableDataError
from foretaste.validate import Interval, Kind, Outcome

cells = {
    "integer": st.integers(-(2**40), 2**40),
    "number": st.floats(allow_nan=False, width=32),
    "string": st.text(st.characters(exclude_categories=["Cs"]), max_size=12),
    "boolean": st.booleans(),
}


@st.composite
def tables(draw: st.DrawFn) -> pa.Table:
    n = draw(st.integers(1, 60))
    kinds = draw(st.lists(st.sampled_from(sorted(cells)), min_size=1, max_size=4))
    return pa.table(
        {
            f"{kind}{place}": draw(st.lists(st.none() | cells[kind], min_size=n, max_size=n))
            for place, kind in enumerate(kinds)
        }
    )


@settings(max_examples=60, deadline=None)
@given(tables())
def test_data_keeps_to_the_schema_made_from_it(table: pa.Table) -> None:
    schema = validate.parse_schema(validate.to_yaml(validate.infer(table)))
    result = validate.check(table, schema)
    assert result.findings == ()
    assert result.outcome is Outcome.PASS


def column_of(values: Any, image: str | None = None) -> validate.Column:
    found = validate.infer({"c": values}, image=image).column("c")
    assert found is not None
    return found


def test_a_domain_is_small_and_saturated() -> None:
    assert column_of(["red", "blue", "green"] * 100).domain == ("blue", "green", "red")
    names = [f"name {n}" for n in range(300)]
    assert column_of(names).domain is None
    rare = ["a"] * 100 + [f"b{n}" for n in range(20)]
    assert column_of(rare).domain is None, "a sixth of the rows have a value seen once"
    assert column_of([0, 1, 2] * 100).domain == ("0", "1", "2")
    assert column_of(list(range(40)) * 30).domain is None, "numbers that are many have a range"


def test_ranges_have_slack_and_heavy_tails_an_allowance() -> None:
    rng = np.random.default_rng(0)
    ages = column_of(rng.integers(18, 90, 2000))
    assert ages.range == Interval(0, 125)
    assert ages.outside == 0.0
    money = column_of(rng.pareto(1.2, 2000))
    assert money.range is not None
    assert money.outside > 0.0


def test_unique_is_exact() -> None:
    rng = np.random.default_rng(0)
    ids = rng.permutation(5000)
    assert column_of(ids).unique
    assert not column_of([*ids[:-1].tolist(), int(ids[0])]).unique


def test_a_form_is_found_only_where_all_rows_have_it() -> None:
    codes = [f"AB-{n:04d}" for n in range(500)]
    assert column_of(codes).pattern == "AB-[0-9]{4}"
    assert column_of([*codes, "x"]).pattern is None
    mails = [f"user{n}@example.org" for n in range(50)]
    assert column_of(mails).pattern is not None


def test_texts_and_images() -> None:
    texts = [f"this is the sentence of number {n}" for n in range(60)]
    found = column_of(texts)
    assert found.kind is Kind.TEXT
    assert 0 < found.marks["zero-width"] < 0.2
    pictures = []
    for shade in range(40):
        out = io.BytesIO()
        Image.new("L", (28, 28), shade).save(out, "PNG")
        pictures.append(out.getvalue())
    picture = column_of(pictures, image="c").picture
    assert picture is not None
    assert (picture.width, picture.modes) == (Interval(28, 28), ("L",))


def test_every_rule_says_why_and_comments_do_not_change_the_schema() -> None:
    schema = validate.infer({"c": list(range(100)), "label": ["a", "b"] * 50})
    text = validate.to_yaml(schema)
    assert "seen: 0 of 100" in text
    bare = "\n".join(line.split("  #")[0] for line in text.splitlines())
    assert validate.parse_schema(bare) == schema


def as_table(bunch: Any, rows: Any) -> pa.Table:
    names = [str(name) for name in bunch.feature_names]
    features = dict(zip(names, bunch.data[rows].T, strict=True))
    return pa.table({**features, "label": bunch.target[rows]})


@pytest.mark.parametrize("load", [load_breast_cancer, load_wine])
def test_half_of_real_data_keeps_to_the_schema_of_the_other_half(load: Any) -> None:
    bunch = load()
    rng = np.random.default_rng(0)
    blocked = 0
    for _ in range(20):
        rows = rng.permutation(len(bunch.target))
        middle = len(rows) // 2
        halves = [as_table(bunch, part) for part in (rows[:middle], rows[middle:])]
        blocked += validate.check(halves[1], validate.infer(halves[0])).outcome is not Outcome.PASS
    assert blocked == 0


def test_no_rows_is_an_error() -> None:
    with pytest.raises(UnreadableDataError, match="no rows"):
        validate.infer(pa.table({"c": pa.array([], pa.int64())}))
