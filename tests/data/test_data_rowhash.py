"""Row digests: equal values, equal digests, whatever carries them; other values, others."""

from __future__ import annotations

import datetime as dt
import math
from decimal import Decimal
from hashlib import sha256
from pathlib import Path
from struct import pack
from typing import Any

import pandas as pd
import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from foretaste.data import open_dataset
from foretaste.data.rowhash import combine, row_digests

CELLS = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-(2**63), 2**63 - 1),
    st.floats(allow_nan=False),
    st.text(st.characters(exclude_categories=["Cs"])),
    st.binary(),
    st.datetimes(dt.datetime(1700, 1, 1), dt.datetime(2200, 1, 1)),  # noqa: DTZ001
    st.lists(st.integers(-5, 5)),
)


def digest(value: Any, kind: pa.DataType | None = None) -> bytes:
    return row_digests([pa.table({"x": pa.array([value], kind)})])[0]


def test_published_vectors_never_change() -> None:
    moment = dt.datetime(2024, 2, 29, 12, 30, 0, 5, tzinfo=dt.UTC)
    table = pa.table(
        {
            "b": [True, None],
            "d": pa.array([Decimal("1.50"), None], pa.decimal128(20, 2)),
            "f": [0.1, math.nan],
            "i": [-1, None],
            "l": [[1.5, None], []],
            "r": [{"b": 1, "a": "x"}, None],
            "s": ["naïve", ""],
            "t": pa.array([moment, None], pa.timestamp("us", "UTC")),
            "u": pa.array([2**63, 1], pa.uint64()),
            "x": [b"\x00\xff", b""],
        }
    )
    assert [d.hex() for d in row_digests([table])] == VECTORS
    assert combine(table.column_names, row_digests([table])) == WHOLE


VECTORS = [
    "3d14abc575b1f95f3fe85fbe094336f79eb148684c76a150c4540a7cc8e424a9",
    "2d21b7a57ad39d63717b97909e64549e8d327ed2f3d34fb26879bea6c8d78ffb",
]
WHOLE = "1ed6b397e5369d85cfb3e163631a2a75be4ced26d46a00092f4dff504150e918"


def test_the_specification_by_hand() -> None:
    """The bytes of one row, written out as the docstring says."""
    header = b"foretaste rowhash/v1\n" + pack(">I", 3)
    header += pack(">I", 1) + b"a" + pack(">I", 1) + b"n" + pack(">I", 1) + b"t"
    heads = b"s" + pack(">Q", 3) + b"i" + pack(">q", -2) + b"t" + pack(">q", 60)
    bodies = "né".encode() + pack(">I", 5000)
    row = {"t": pa.array([60_000_005], pa.timestamp("us")), "n": [-2.0], "a": ["né"]}
    assert row_digests([pa.table(row)]) == [sha256(header + heads + bodies).digest()]


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ((1, pa.int8()), (1, pa.uint64())),
        ((1, pa.int64()), (1.0, pa.float32())),
        ((0.0, pa.float64()), (-0.0, pa.float64())),
        ((0.5, pa.float16()), (0.5, pa.float64())),
        ((None, pa.int64()), (math.nan, pa.float64())),
        ((None, pa.null()), (None, pa.string())),
        ((Decimal("2.50"), pa.decimal128(5, 2)), (2.5, pa.float64())),
        ((Decimal("2.50"), pa.decimal128(20, 2)), (Decimal("2.5"), pa.decimal256(40, 1))),
        (("a", pa.string()), ("a", pa.large_string())),
        (("a", pa.string()), ("a", pa.string_view())),
        (("a", pa.string()), ("a", pa.dictionary(pa.int8(), pa.string()))),
        ((b"a", pa.binary()), (b"a", pa.binary(1))),
        ((b"ab", pa.binary()), ([97, 98], pa.list_(pa.uint8()))),
        ((dt.date(2024, 1, 1), pa.date32()), (dt.date(2024, 1, 1), pa.date64())),
        (
            (dt.date(2024, 1, 1), pa.date32()),
            (dt.datetime(2024, 1, 1), pa.timestamp("ns")),  # noqa: DTZ001
        ),
        ((dt.time(1, 2), pa.time32("s")), (dt.time(1, 2), pa.time64("us"))),
        (([1, 2], pa.list_(pa.int8())), ([1.0, 2.0], pa.list_(pa.float32(), 2))),
        (
            ({"a": 1, "b": 2}, pa.struct([("a", pa.int8()), ("b", pa.int8())])),
            ({"a": 1, "b": 2}, pa.struct([("b", pa.int64()), ("a", pa.int64())])),
        ),
    ],
)
def test_same_value_same_digest(one: tuple[Any, Any], other: tuple[Any, Any]) -> None:
    assert digest(*one) == digest(*other)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (1, "1"),
        (1, True),
        (None, ""),
        ("a", b"a"),
        ("é", "e\u0301"),
        ([1], [[1]]),
        ([], None),
        ([None], []),
        (2**53, 2**53 + 1),
        (1.0, math.inf),
        (math.inf, -math.inf),
        ({"a": 1}, {"b": 1}),
        (dt.datetime(2024, 1, 1), dt.datetime(2024, 1, 1, 0, 0, 0, 1)),  # noqa: DTZ001
    ],
)
def test_other_value_other_digest(one: Any, other: Any) -> None:
    assert digest(one) != digest(other)


def test_widened_float_is_not_the_double() -> None:
    assert digest(0.1, pa.float32()) != digest(0.1, pa.float64())


def test_column_names_count_and_cells_do_not_run_together() -> None:
    tables = [{"a": ["x"]}, {"b": ["x"]}, {"a": ["x"], "b": [""]}, {"a": [""], "b": ["x"]}]
    assert len({row_digests([pa.table(t)])[0] for t in tables}) == 4


@given(st.lists(CELLS, min_size=2, max_size=5))
@settings(max_examples=150, deadline=None)
def test_order_of_columns_does_not_matter(cells: list[Any]) -> None:
    names = [f"c{i}" for i in range(len(cells))]
    forward = {name: [cell] for name, cell in zip(names, cells, strict=True)}
    backward = dict(reversed(forward.items()))
    assert row_digests([pa.table(forward)]) == row_digests([pa.table(backward)])


@given(st.lists(CELLS, min_size=1, max_size=4), st.lists(CELLS, min_size=1, max_size=4))
@settings(max_examples=150, deadline=None)
def test_equal_exactly_when_values_are(one: list[Any], other: list[Any]) -> None:
    def row(cells: list[Any]) -> bytes:
        return row_digests([pa.table({f"c{i}": [cell] for i, cell in enumerate(cells)})])[0]

    def kinds(cells: list[Any]) -> list[Any]:
        return [(isinstance(c, bool), isinstance(c, str), c) for c in cells]

    assert (row(one) == row(other)) == (kinds(one) == kinds(other))


@given(
    st.lists(st.tuples(*[st.lists(st.one_of(st.none(), st.integers(0, 9)))] * 2), min_size=1),
    st.integers(1, 5),
)
@settings(max_examples=60, deadline=None)
def test_blocks_and_slices_do_not_show(rows: list[Any], size: int) -> None:
    kind = pa.list_(pa.int64())
    table = pa.table({"a": pa.array([r[0] for r in rows], kind), "b": [str(r[1]) for r in rows]})
    whole = row_digests([table])
    assert row_digests(table.to_batches(max_chunksize=size)) == whole
    assert row_digests([table.slice(i, 1) for i in range(len(rows))]) == whole


@given(
    st.lists(
        st.tuples(
            st.one_of(st.none(), st.integers(-(10**6), 10**6)),
            st.one_of(st.none(), st.floats(-1e9, 1e9)),
            st.text('abcé,"\n ', min_size=1).filter(lambda t: t.strip() not in {"", "NA"}),
        ),
        min_size=1,
        max_size=8,
    )
)
@settings(max_examples=60, deadline=None)
def test_formats_do_not_show(tmp_path_factory: pytest.TempPathFactory, rows: list[Any]) -> None:
    folder = tmp_path_factory.mktemp("formats")
    columns = [list(column) for column in zip(*rows, strict=True)]
    schema = pa.schema([("i", pa.int64()), ("f", pa.float64()), ("s", pa.string())])
    table = pa.table(columns, schema=schema).append_column("label", pa.array(["a"] * len(rows)))
    frame = table.to_pandas()
    frame.to_csv(folder / "rows.csv", index=False)
    pq.write_table(table, folder / "rows.parquet")
    polars = pl.from_arrow(table)
    assert isinstance(polars, pl.DataFrame)
    polars.write_ndjson(folder / "rows.jsonl")
    polars.write_ipc(folder / "rows.arrow")
    given_as = [table, frame, polars, *sorted(folder.iterdir())]
    assert len({open_dataset(data).digest for data in given_as}) == 1


def test_digest_depends_on_the_order_of_rows(tmp_path: Path) -> None:
    frame = pd.DataFrame({"x": [1, 2], "label": ["a", "b"]})
    assert open_dataset(frame).digest != open_dataset(frame.iloc[::-1]).digest
