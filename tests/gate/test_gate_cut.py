"""Data sets in two: the same format, the same bytes, the same order, and nothing between."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.feather
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from foretaste.data import open_dataset
from foretaste.errors import OutputError, UnreadableDataError
from foretaste.gate.cut import cut, pack, unpack
from foretaste.gate.raw_lines import split_delimited, split_json_lines
from foretaste.gate.snapshot import Snapshot, digest_of_file, take_snapshot

TABLE = pa.table(
    {
        "size": [1.5, None, 3.25, 4.0, 5.0],
        "text": ["a", 'b "x"', "c,\nd", "é", None],
        "label": ["u", "v", "u", "v", "u"],
    }
).replace_schema_metadata({"made by": "test"})
KEEP = np.array([True, False, True, True, False])


def csv_bytes(table: pa.Table, delimiter: str = ",") -> bytes:
    text = io.StringIO()
    writer = csv.writer(text, delimiter=delimiter, lineterminator="\r\n")
    writer.writerow(table.column_names)
    writer.writerows([list(row.values()) for row in table.to_pylist()])
    return text.getvalue().encode()


def write_csv(folder: Path) -> Path:
    (folder / "rows.csv").write_bytes(b"\xef\xbb\xbf" + csv_bytes(TABLE, ";"))
    return folder / "rows.csv"


def write_tsv(folder: Path) -> Path:
    (folder / "rows.tsv").write_bytes(csv_bytes(TABLE, "\t").rstrip())
    return folder / "rows.tsv"


def write_json_lines(folder: Path) -> Path:
    rows = [json.dumps(row) for row in TABLE.to_pylist()]
    (folder / "rows.jsonl").write_text("\n".join([rows[0], "", *rows[1:]]))
    return folder / "rows.jsonl"


def write_parquet(folder: Path) -> Path:
    pq.write_table(TABLE, folder / "rows.parquet", row_group_size=2, compression="gzip")
    return folder / "rows.parquet"


def write_feather(folder: Path) -> Path:
    pa.feather.write_feather(TABLE, folder / "rows.feather")
    return folder / "rows.feather"


def write_stream(folder: Path) -> Path:
    with pa.ipc.new_stream(folder / "rows.arrow", TABLE.schema) as writer:
        writer.write_table(TABLE)
    return folder / "rows.arrow"


def write_packed(folder: Path) -> Path:
    labels = np.array([0, 1, 0, 1, 0])
    np.savez(folder / "rows.npz", X=np.arange(10.0).reshape(5, 2), y=labels)
    return folder / "rows.npz"


def write_parts(folder: Path) -> Path:
    (folder / "parts" / "deep").mkdir(parents=True)
    pq.write_table(TABLE.slice(0, 3), folder / "parts" / "a.parquet")
    pq.write_table(TABLE.slice(3), folder / "parts" / "deep" / "b.parquet")
    return folder / "parts"


def write_images(folder: Path) -> Path:
    for name in ("u/1", "u/2", "v/3", "v/4", "v/5"):
        target = folder / "images" / f"{name}.png"
        target.parent.mkdir(parents=True, exist_ok=True)
        Image.new("L", (4, 4), int(name[-1])).save(target)
    return folder / "images"


WRITERS = [
    *(write_csv, write_tsv, write_json_lines, write_parquet, write_feather, write_stream),
    *(write_packed, write_parts, write_images),
]


@pytest.mark.parametrize("write", WRITERS, ids=lambda w: w.__name__)
def test_both_halves_are_the_rows(write: Callable[[Path], Path], tmp_path: Path) -> None:
    data = write(tmp_path)
    digests = open_dataset(str(data), id="").row_digests()
    snapshot = take_snapshot(str(data), tmp_path / "copy")
    (tmp_path / "clean").mkdir()
    pieces = cut(snapshot, KEEP, tmp_path / "clean")
    (tmp_path / "gone").mkdir()
    for name, content in pieces.removed:
        target = tmp_path / "gone" / name
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(content)
    for folder, rows in (("clean", KEEP), ("gone", ~KEEP)):
        found = open_dataset(str(snapshot.below(tmp_path / folder)), id="").row_digests()
        assert found == [d for d, stays in zip(digests, rows, strict=True) if stays], folder
    assert unpack(pack(pieces.removed)) == list(pieces.removed)


def test_csv_keeps_every_byte(tmp_path: Path) -> None:
    text = 'x,label\r\n1.10,"a"\r\n\r\n 2 ,b\r\n"3\n",a'
    (tmp_path / "rows.csv").write_bytes(text.encode())
    snapshot = take_snapshot(str(tmp_path / "rows.csv"), tmp_path / "copy")
    (tmp_path / "clean").mkdir()
    pieces = cut(snapshot, np.array([True, True, False]), tmp_path / "clean")
    kept = (tmp_path / "clean" / "rows.csv").read_bytes()
    assert kept == b'x,label\r\n1.10,"a"\r\n\r\n 2 ,b\r\n'
    assert pieces.removed == (("rows.csv", b'x,label\r\n"3\n",a'),)


def test_all_stay_byte_by_byte(tmp_path: Path) -> None:
    for number, write in enumerate(WRITERS):
        data = write(tmp_path)
        snapshot = take_snapshot(str(data), tmp_path / f"copy-{number}")
        target = tmp_path / f"clean-{number}"
        target.mkdir()
        pieces = cut(snapshot, np.ones(5, dtype=bool), target)
        assert (pieces.kept, pieces.removed) == (snapshot.files, ())
        for file in pieces.kept:
            assert digest_of_file(target / file.name, file.name) == file


def test_parquet_keeps_types_metadata_and_compression(tmp_path: Path) -> None:
    snapshot = take_snapshot(str(write_parquet(tmp_path)), tmp_path / "copy")
    (tmp_path / "clean").mkdir()
    cut(snapshot, KEEP, tmp_path / "clean")
    found = pq.ParquetFile(tmp_path / "clean" / "rows.parquet")
    assert found.schema_arrow.equals(TABLE.schema)
    assert found.schema_arrow.metadata[b"made by"] == b"test"
    assert found.metadata.row_group(0).column(0).compression == "GZIP"


def test_a_file_of_which_nothing_stays_is_not_there(tmp_path: Path) -> None:
    snapshot = take_snapshot(str(write_parts(tmp_path)), tmp_path / "copy")
    (tmp_path / "clean").mkdir()
    pieces = cut(snapshot, np.array([True] * 3 + [False] * 2), tmp_path / "clean")
    assert [file.name for file in pieces.kept] == ["a.parquet"]
    assert not (tmp_path / "clean" / "deep").exists()


def test_other_numbers_of_rows_are_refused(tmp_path: Path) -> None:
    snapshot = take_snapshot(str(write_csv(tmp_path)), tmp_path / "copy")
    (tmp_path / "clean").mkdir()
    with pytest.raises(UnreadableDataError, match="7 rows were looked at and 5 are found"):
        cut(snapshot, np.ones(7, dtype=bool), tmp_path / "clean")


def test_nothing_is_overwritten(tmp_path: Path) -> None:
    snapshot = take_snapshot(str(write_csv(tmp_path)), tmp_path / "copy")
    with pytest.raises(OutputError, match="your data is untouched"):
        cut(snapshot, KEEP, tmp_path)


def test_a_bomb_beside_the_rows_is_not_unpacked(tmp_path: Path) -> None:
    rows = {"X": np.arange(10.0).reshape(5, 2), "y": np.array([0, 1, 0, 1, 0])}
    np.savez_compressed(tmp_path / "rows.npz", bomb=np.zeros(10_000_000), **rows)  # type: ignore[arg-type]
    assert (tmp_path / "rows.npz").stat().st_size < 200_000
    snapshot = take_snapshot(str(tmp_path / "rows.npz"), tmp_path / "copy")
    (tmp_path / "clean").mkdir()
    with pytest.raises(UnreadableDataError, match="unpack to 80000128 bytes, more than the rows"):
        cut(snapshot, KEEP, tmp_path / "clean")


@pytest.mark.parametrize("name", ["rows.zip", "rows.csv.gz", "rows.pkl", "rows.tar", "rows.xlsx"])
def test_archives_and_pickles_are_refused(name: str, tmp_path: Path) -> None:
    (tmp_path / name).write_bytes(b"PK\x03\x04")
    with pytest.raises(UnreadableDataError, match=r"unpack|pickle|export"):
        take_snapshot(str(tmp_path / name), tmp_path / "copy")
    assert not (tmp_path / "copy").exists()


_CELL = st.text("ab \",;'\n\ré0", max_size=5)


@settings(max_examples=150, deadline=None)
@given(
    st.lists(st.lists(_CELL, min_size=2, max_size=2), max_size=8), st.sampled_from(["\n", "\r\n"])
)
def test_csv_records_are_those_of_a_csv_reader(rows: list[list[str]], end: str) -> None:
    text = io.StringIO()
    bare = any("\r" in cell for row in rows for cell in row)  # which Python does not quote
    writer = csv.writer(text, lineterminator=end, quoting=csv.QUOTE_ALL if bare else 0)
    writer.writerows([["x", "label"], *rows])
    content = text.getvalue().encode()
    lines = split_delimited(content, ",")
    assert lines.head + b"".join(lines.records) == content
    assert len(lines.records) == len(rows)
    for record, row in zip(lines.records, rows, strict=True):
        assert next(csv.reader(io.StringIO(record.decode(), newline=""))) == row


@settings(max_examples=150, deadline=None)
@given(st.binary(max_size=60) | st.from_regex(rb'[ab",\r\n]{0,40}', fullmatch=True))
def test_no_byte_is_lost_whatever_the_file(content: bytes) -> None:
    for lines in (split_delimited(content, ","), split_json_lines(content)):
        assert lines.head + b"".join(lines.records) == content


@pytest.mark.parametrize("name", ["../a", "/etc/x", "a/../../b", "a//b", "a\\b", ".", ""])
def test_packed_names_lead_nowhere_else(name: str) -> None:
    with pytest.raises(UnreadableDataError, match="leads out"):
        unpack(pack([(name, b"")]))


@given(st.binary(max_size=80))
def test_no_content_crashes_the_unpacker(content: bytes) -> None:
    with pytest.raises(UnreadableDataError):
        unpack(content)


def test_a_copy_is_of_regular_files_only(tmp_path: Path) -> None:
    (tmp_path / "secret").mkdir()
    (tmp_path / "secret" / "b.csv").write_text("x,label\n")
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "a.csv").symlink_to(tmp_path / "secret" / "b.csv")
    with pytest.raises(UnreadableDataError, match="leads out of the folder"):
        take_snapshot(str(tmp_path / "data"), tmp_path / "copy")


def test_errors_name_the_data_not_the_copy(tmp_path: Path) -> None:
    (tmp_path / "rows.csv").write_text("x,x\n")
    snapshot: Snapshot = take_snapshot(str(tmp_path / "rows.csv"), tmp_path / "copy")
    with pytest.raises(UnreadableDataError) as caught, snapshot.spoken_of_as_source():
        open_dataset(str(snapshot.path))
    assert str(caught.value).startswith(f"{tmp_path / 'rows.csv'}:")
