"""The tampering table, data: each change is caught and named, none is missed, none is false."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from tests.provenance.signed_data import NOW, ROWS, Signed

from foretaste.errors import InvalidProvenanceError
from foretaste.provenance import (
    read_bundle,
    read_manifest,
    sign_manifest,
    verify,
    write_bundle,
)

Tamper = Callable[[pa.Table], pa.Table]
Named = tuple[str, int | None, str | None, str | None]  # kind, row, column, was


def with_cell(table: pa.Table, row: int, column: str, value: object) -> pa.Table:
    cells = table.column(column).to_pylist()
    cells[row] = value
    kind = table.schema.field(column).type
    return table.set_column(table.schema.get_field_index(column), column, pa.array(cells, kind))


def flipped(table: pa.Table) -> pa.Table:
    return with_cell(table, 17, "label", "dog" if table["label"][17].as_py() == "cat" else "cat")


def widened_as_text(table: pa.Table) -> pa.Table:
    """As a CSV in between would: 0.1f becomes the double 0.1, another number."""
    cells = [float(str(np.float32(value))) for value in table["size"].to_pylist()]
    return table.set_column(1, "size", pa.array(cells))


def order(*swap: int) -> Tamper:
    numbers = list(range(ROWS))
    numbers[swap[0]], numbers[swap[1]] = swap[1], swap[0]
    return lambda table: table.take(numbers)


def again(place: int, row: int) -> Tamper:
    return lambda table: table.take([*range(place), row, *range(place, ROWS)])


def new_row(table: pa.Table) -> pa.Table:
    fresh = with_cell(with_cell(table, 30, "id", "x-1"), 30, "size", 9.0).slice(30, 1)
    return pa.concat_tables([table.slice(0, 31), fresh, table.slice(31)])


TABLE: dict[str, tuple[Tamper, set[Named]]] = {
    "one cell": (
        lambda t: with_cell(t, 42, "count", 99),
        {("cell", 42, "count", None)},
    ),
    "one cell emptied": (
        lambda t: with_cell(t, 42, "size", None),
        {("cell", 42, "size", None)},
    ),
    "one label": (flipped, {("label", 17, "label", "WAS")}),
    "one row of another source": (
        lambda t: with_cell(t, 5, "vendor", "vendor 3"),
        {("source", 5, "vendor", "vendor 0")},
    ),
    "two rows swapped": (order(3, 207), {("order", 3, None, None)}),
    "neighbours swapped": (order(3, 4), {("order", 3, None, None)}),
    "a row removed": (
        lambda t: t.take([row for row in range(ROWS) if row != 99]),
        {("row removed", 99, None, None)},
    ),
    "the last row removed": (
        lambda t: t.slice(0, ROWS - 1),
        {("row removed", ROWS - 1, None, None)},
    ),
    "a row added": (new_row, {("row added", 31, None, None)}),
    "a row duplicated at the end": (again(ROWS, 12), {("row duplicated", ROWS, None, None)}),
    "a row duplicated in place": (again(13, 12), {("row duplicated", 13, None, None)}),
    "a row replaced by a copy": (
        lambda t: t.take([*range(60), 2, *range(61, ROWS)]),
        {("row removed", 60, None, None), ("row duplicated", 60, None, None)},
    ),
    "a column renamed": (
        lambda t: t.rename_columns(["id", "size", "number", "vendor", "label"]),
        {("column renamed", None, "count", "count")},
    ),
    "a column renamed and a cell of it changed": (
        lambda t: with_cell(t, 8, "count", 77).rename_columns(
            ["id", "size", "number", "vendor", "label"]
        ),
        {("column renamed", None, "count", "count"), ("cell", 8, "count", None)},
    ),
    "a column removed": (
        lambda t: t.drop_columns(["count"]),
        {("column removed", None, "count", "count")},
    ),
    "a column added": (
        lambda t: t.append_column("weight", pa.array(range(ROWS))),
        {("column added", None, "weight", None)},
    ),
    "a float widened": (
        lambda t: t.set_column(1, "size", t["size"].cast(pa.float64())),
        {("type", None, "size", "float")},
    ),
    "two cells, a label and a removed row": (
        lambda t: with_cell(with_cell(flipped(t), 42, "count", 99), 300, "size", 5.0).take(
            [row for row in range(ROWS) if row != 99]
        ),
        {
            ("cell", 42, "count", None),
            ("cell", 299, "size", None),
            ("label", 17, "label", "WAS"),
            ("row removed", 99, None, None),
        },
    ),
}


@pytest.mark.parametrize("case", TABLE)
def test_each_change_is_named_and_nothing_else(signed: Signed, case: str) -> None:
    tamper, expected = TABLE[case]
    pq.write_table(tamper(signed.table), signed.file)
    found = signed.verify().changes
    label = signed.table["label"][17].as_py()
    expected = {(k, r, c, label if was == "WAS" else was) for k, r, c, was in expected}
    assert [c.file for c in found if c.kind == "file changed"] == ["train.parquet"]
    rest = [c for c in found if c.kind != "file changed"]
    assert {(c.kind.value, c.row, c.column, c.was) for c in rest} == expected
    assert len(rest) == len(expected)


def test_a_whole_source_given_to_another(signed: Signed) -> None:
    """Also to one that was never there; what it was is proven from the names in the manifest."""
    names = ["vendor 9" if n == "vendor 2" else n for n in signed.table["vendor"].to_pylist()]
    pq.write_table(signed.table.set_column(3, "vendor", pa.array(names)), signed.file)
    found = [c for c in signed.verify().changes if c.kind.value != "file changed"]
    assert {(c.kind.value, c.was, c.now) for c in found} == {("source", "vendor 2", "vendor 9")}
    assert [c.row for c in found] == list(range(200, 300))


def test_rows_are_named_by_their_ids(signed: Signed) -> None:
    pq.write_table(signed.table.take([r for r in range(ROWS) if r != 99]), signed.file)
    removed = signed.verify().changes[-1]
    assert (removed.row_id, removed.sentence) == (
        "b-0099",
        "row 99 (id 'b-0099') as signed was removed",
    )


def test_a_float_widened_through_text_changes_cells_of_that_column_only(signed: Signed) -> None:
    pq.write_table(widened_as_text(signed.table), signed.file)
    found = signed.verify().changes
    assert {(c.kind.value, c.column) for c in found} == {
        ("file changed", None),
        ("type", "size"),
        ("cell", "size"),
    }


def test_untouched_data_have_no_changes(signed: Signed) -> None:
    assert signed.verify().ok
    signed.verify().raise_if_invalid()


def test_the_same_rows_in_another_file_are_another_file(signed: Signed) -> None:
    pq.write_table(signed.table, signed.file, compression="zstd", row_group_size=50)
    assert [c.kind.value for c in signed.verify().changes] == ["file changed"]
    assert verify(signed.file, signed.bundle, signed.trust, at=NOW, rows_only=True).ok


def test_one_byte_of_the_file(signed: Signed) -> None:
    """A byte that the reader never looks at; rows are the same, the file is not."""
    content = bytearray(signed.file.read_bytes())
    place = content.rindex(b"parquet-cpp")  # the name of the writer
    content[place] ^= 1
    signed.file.write_bytes(content)
    assert [c.kind.value for c in signed.verify().changes] == ["file changed"]


def test_an_error_names_what_changed_and_what_to_do(signed: Signed) -> None:
    pq.write_table(with_cell(signed.table, 42, "count", 99), signed.file)
    with pytest.raises(InvalidProvenanceError, match=r"row 42 .*'count'.*do not train") as caught:
        signed.verify().raise_if_invalid()
    assert caught.value.exit_code == 4


def test_without_the_index_a_change_is_caught_and_not_named(signed: Signed) -> None:
    pq.write_table(with_cell(signed.table, 42, "count", 99), signed.file)
    (signed.file.parent / "train.parquet.rows").unlink()
    assert [c.kind.value for c in signed.verify().changes] == ["file changed", "row changed"]


def test_another_index_is_refused(signed: Signed) -> None:
    pq.write_table(with_cell(signed.table, 42, "count", 99), signed.file)
    index = signed.file.parent / "train.parquet.rows"
    content = bytearray(index.read_bytes())
    content[100] ^= 1
    index.write_bytes(content)
    with pytest.raises(InvalidProvenanceError, match="not the index of rows that was signed"):
        signed.verify()


def test_a_root_that_differs_never_passes(signed: Signed) -> None:
    """Also where the index says that all rows are as they were: signer and index disagree."""
    manifest = read_manifest(read_bundle(signed.bundle)[0])
    lying = replace(manifest, row_root=bytes(32))
    write_bundle(signed.bundle, [sign_manifest(lying, signed.key)])
    assert [c.kind.value for c in signed.verify().changes] == ["row changed"]
