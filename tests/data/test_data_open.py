"""Opening files and objects, and one clear error for each that cannot be."""

from __future__ import annotations

import datetime as dt
import subprocess
import sys
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import datasets
import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pyarrow.dataset as pa_dataset
import pyarrow.parquet as pq
import pytest
import torch

from foretaste.data import Dataset, open_dataset
from foretaste.data.delimited import DelimitedRows, open_delimited
from foretaste.data.rows import pick
from foretaste.errors import ForetasteError, UnreadableDataError, UsageError
from foretaste.types import Table, Texts

TABLE = pa.table({"x": [1.5, 2.5, None], "colour": ["red", None, "blue"], "label": ["a", "b", "a"]})


def write(path: Path, content: str | bytes) -> Path:
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return path


def values_of(data: Dataset) -> Any:
    content = data.content()
    return content.values  # noqa: PD011 - content is no pandas object


# --- what can be opened -----------------------------------------------------------------------


def as_csv(folder: Path) -> Path:
    return write(folder / "a.csv", "x,colour,label\n1.5,red,a\n2.5,,b\n,blue,a\n")


def as_semicolons(folder: Path) -> Path:
    return write(folder / "a.csv", "\ufeffx;colour;label\r\n1.5;red;a\r\nNA;;b\r\n;blue;a\r\n")


def as_tsv(folder: Path) -> Path:
    return write(folder / "a.tsv", 'x\tcolour\tlabel\n1.5\tred\ta\n2.5\t\tb\n\t"blue"\ta\n')


def as_parquet(folder: Path) -> Path:
    pq.write_table(TABLE, folder / "a.parquet", row_group_size=2)
    return folder / "a.parquet"


def as_parquet_folder(folder: Path) -> Path:
    pq.write_table(TABLE.slice(0, 1), folder / "0.parquet")
    pq.write_table(TABLE.slice(1), folder / "1.parquet")
    write(folder / ".hidden.parquet", "not read")
    write(folder / "README.md", "about")
    return folder


def as_glob(folder: Path) -> str:
    return f"{as_parquet_folder(folder)}/*.parquet"


def as_csv_glob(folder: Path) -> str:
    write(folder / "0.csv", "x,colour,label\n1,red,a\n")
    write(folder / "1.csv", "label,colour,x\nb,,2.5\na,blue,\n")
    return f"{folder}/*.csv"


def as_jsonl(folder: Path) -> Path:
    rows = '{"x": 1.5, "colour": "red", "label": "a"}\n\n{"x": 2.5, "label": "b"}\n'
    return write(folder / "a.jsonl", rows + '{"colour": "blue", "x": null, "label": "a"}')


def as_feather(folder: Path) -> Path:
    pl.DataFrame(TABLE).write_ipc(folder / "a.feather")
    return folder / "a.feather"


def as_stream(folder: Path) -> Path:
    with pa.ipc.new_stream(str(folder / "a.arrow"), TABLE.schema) as writer:
        writer.write_table(TABLE)
    return folder / "a.arrow"


FORMATS: list[Callable[[Path], Any]] = [
    *(as_csv, as_tsv, as_parquet, as_parquet_folder, as_glob, as_jsonl, as_feather, as_stream),
    *(as_semicolons, as_csv_glob),
    lambda _: TABLE,
    lambda _: TABLE.to_batches()[0],
    lambda _: TABLE.to_reader(),
    lambda _: pa_dataset.dataset(TABLE),
    lambda _: TABLE.to_pandas(),
    lambda _: pl.DataFrame(TABLE),
    lambda _: pl.DataFrame(TABLE).lazy(),
    lambda _: datasets.Dataset(TABLE),
    lambda _: TABLE.to_pydict(),
]


@pytest.mark.parametrize("make", FORMATS)
def test_opened(make: Callable[[Path], Any], tmp_path: Path) -> None:
    data = open_dataset(make(tmp_path))
    content = data.content()
    assert isinstance(content, Table)
    assert len(data) == 3
    assert set(data.columns) == {"x", "colour", "label"}
    x = values_of(data)[:, content.names.index("x")]
    assert np.isnan(x[2])
    assert x[0] in {1.0, 1.5}
    assert content.categories["colour"] == ("blue", "red")
    assert data.labels()[0].tolist() == [0, 1, 0]
    assert sum(block.num_rows for block in data.blocks(2)) == 3
    again = data.take([2, 0])
    assert again.row_digests() == [data.row_digests()[i] for i in (2, 0)]


@pytest.mark.parametrize(
    ("given", "kind"),
    [
        (TABLE.to_pandas(), pd.DataFrame),
        (pl.DataFrame(TABLE), pl.DataFrame),
        (pl.DataFrame(TABLE).lazy(), pl.DataFrame),
        (TABLE, pa.Table),
        (TABLE.to_pydict(), pa.Table),
        (datasets.Dataset(TABLE), datasets.Dataset),
    ],
)
def test_native(given: Any, kind: type[Any]) -> None:
    data = open_dataset(given)
    for selected in (data.native([2, 0]), data.take([1, 2, 0]).native([1, 2])):
        assert isinstance(selected, kind)
        first: Any = selected
        assert list(first["colour"])[:1] in (["blue"], [pa.scalar("blue")])
    assert len(data.native(np.array([True, False, True]))) == 2
    with pytest.raises(UsageError, match="row numbers from 0 to 2"):
        data.native([3])


def test_pandas_keeps_its_index_and_names_it_as_id() -> None:
    frame = pd.DataFrame({"x": [1, 2], "label": ["a", "b"]}, index=pd.Index(["p", "q"], name="id"))
    data = open_dataset(frame)
    assert data.ids().tolist() == ["p", "q"]
    pd.testing.assert_frame_equal(data.native([1]), frame.iloc[[1]])


def test_array_pairs() -> None:
    data = open_dataset((np.eye(3), np.array([0, 1, 0])))
    assert data.columns == ("x0", "x1", "x2", "y")
    X, y = data.take([2, 1]).native([0])
    assert (X.tolist(), y.tolist()) == ([[0.0, 0.0, 1.0]], [0])
    assert isinstance(open_dataset((["good film", "bad film"], [1, 0])).content(), Texts)
    mixed = open_dataset((np.array([[1, "a"], [2, "b"]], dtype=object), ["u", "v"]))
    assert isinstance(mixed.content(), Table)


def test_frame_and_series() -> None:
    frame, labels = pd.DataFrame({"size": [1, 2]}), pd.Series(["u", "v"])
    data = open_dataset((frame, labels))
    assert (data.roles.label, data.labels()[1]) == ("y", ("u", "v"))
    X, y = data.native([1])
    assert (X["size"].tolist(), y.tolist()) == ([2], ["v"])


def test_torch_pairs() -> None:
    pairs = torch.utils.data.TensorDataset(torch.eye(3), torch.tensor([0, 1, 0]))
    data = open_dataset(pairs)
    assert data.columns == ("x0", "x1", "x2", "y")
    assert data.native([2])[0][0].tolist() == [0.0, 0.0, 1.0]
    pictures = torch.utils.data.TensorDataset(torch.rand(2, 3, 8, 8), torch.tensor([0, 1]))
    assert values_of(open_dataset(pictures)).shape == (2, 8, 8, 3)


def test_hugging_face_class_names_and_selection() -> None:
    features = datasets.Features(
        {"text": datasets.Value("string"), "label": datasets.ClassLabel(names=["neg", "pos"])}
    )
    whole = datasets.Dataset.from_dict(
        {"text": ["good film", "bad film", "dull film"], "label": [1, 0, 0]}, features=features
    )
    data = open_dataset(whole.select([2, 0]))
    assert (data.labels()[0].tolist(), data.labels()[1]) == ([0, 1], ("neg", "pos"))
    assert values_of(data).tolist() == ["dull film", "good film"]
    with pytest.raises(UsageError, match="give one of its splits: 'train'"):
        open_dataset(datasets.DatasetDict({"train": whole}))


def test_embedding_alone_is_the_table() -> None:
    data = open_dataset({"emb": [[1.0, 2.0], [3.0, 4.0]], "label": ["a", "b"]})
    content = data.content()
    assert isinstance(content, Table)
    assert content.names == ("emb[0]", "emb[1]")
    assert values_of(data).tolist() == [[1, 2], [3, 4]]


def test_texts_that_are_empty_and_columns_not_looked_at_are_told() -> None:
    data = open_dataset({"text": ["one two", None], "label": ["a", "b"], "stars": [1, 2]})
    assert values_of(data).tolist() == ["one two", ""]
    assert any("1 of 2 texts are empty" in w for w in data.warnings)
    assert any("not these columns: stars" in w for w in data.warnings)


def test_arrays_are_read_only() -> None:
    data = open_dataset({"x": [1, 2], "label": ["a", "b"], "source": ["s", "t"]})
    sources = data.sources()
    assert sources is not None
    for array in (values_of(data), data.labels()[0], data.ids(), sources[0]):
        assert not array.flags.writeable


@pytest.mark.parametrize(
    ("cells", "kind"),
    [
        (["1", "2"], "int64"),
        (["1", "2.5"], "double"),
        (["1", "NA"], "int64"),
        (["true", "False"], "bool"),
        (["2024-01-01", "2024-01-02 10:00:00"], "timestamp[us]"),
        (["2024-01-01T10:00:00Z", "2024-01-01T10:00:00+02:00"], "timestamp[us, tz=UTC]"),
        (["007", "012"], "large_string"),
        (["1", "x"], "large_string"),
        (["NA", "null"], "large_string"),
        (["", ""], "null"),
        (["a", ""], "large_string"),
    ],
)
def test_types_of_csv_columns(cells: list[str], kind: str, tmp_path: Path) -> None:
    rows = "".join(f"{cell},a\n" for cell in cells)
    data = open_dataset(write(tmp_path / "a.csv", "x,label\n" + rows), features=["x"])
    assert str(data.rows.schema.field("x").type) == kind


def test_quoted_cells_keep_lines_and_empty_strings(tmp_path: Path) -> None:
    data = open_dataset(
        write(tmp_path / "a.csv", 'x,label\n"two\nlines, one cell",a\n"",b\n,b\n'), features=["x"]
    )
    block = next(data.blocks())
    assert block.column("x").to_pylist() == ["two\nlines, one cell", "", None]


def test_json_lines_of_mixed_types(tmp_path: Path) -> None:
    rows = '{"x": 1, "label": "a"}\n{"x": "two", "label": "b"}\n{"x": 3.0, "label": "b"}\n'
    data = open_dataset(write(tmp_path / "a.jsonl", rows))
    assert data.content().categories["x"] == ("1", "3", "two")  # type: ignore[union-attr]
    assert "'x' mixes float and int and str" in data.warnings[0]


@pytest.mark.parametrize("names", [("x", "y"), ("train_images", "train_labels")])
def test_npz(names: tuple[str, str], tmp_path: Path) -> None:
    X, y = np.zeros((3, 8, 8), np.uint8), np.array([[0], [1], [0]])
    np.savez_compressed(tmp_path / "a.npz", **dict(zip(names, (X, y), strict=True)))  # type: ignore[arg-type]
    data = open_dataset(tmp_path / "a.npz")
    assert (values_of(data).shape, data.labels()[0].tolist()) == ((3, 8, 8, 1), [0, 1, 0])


def test_large_csv_is_read_block_by_block(tmp_path: Path) -> None:
    small = open_delimited(as_csv(tmp_path))
    large = DelimitedRows(tmp_path / "a.csv", ",", small.schema, small.n_rows)
    assert [block.num_rows for block in large.blocks(2)] == [2, 1]
    assert pa.Table.from_batches(list(large.blocks(2))).equals(
        pa.Table.from_batches(list(small.blocks(9)))
    )
    assert next(large.blocks(9, ["label"])).schema.names == ["label"]
    assert pick(large, np.array([2, 0, 2])).column("label").to_pylist() == ["a", "a", "a"]


# --- what cannot ------------------------------------------------------------------------------


def damaged_parquet(folder: Path) -> Path:
    pq.write_table(pa.table({"x": range(5000), "label": range(5000)}), folder / "a.parquet")
    data = (folder / "a.parquet").read_bytes()
    return write(folder / "a.parquet", data[:200] + bytes(4000) + data[4200:])


def spoilt(name: str, *, text: bytes) -> Callable[[Path], Path]:
    """A file in which a letter of `text` became a byte that is no UTF-8."""

    def make(folder: Path) -> Path:
        table = pa.table({"colour": ["scarlet", "emerald"], "label": ["a", "b"]})
        file = folder / name
        if name.endswith(".parquet"):
            pq.write_table(table, file, compression="none", use_dictionary=False)
        else:
            with pa.ipc.new_file(str(file), table.schema) as writer:
                writer.write_table(table)
        content = file.read_bytes()
        assert text in content
        return write(file, content.replace(text, text[:2] + b"\xb8" + text[3:]))

    return make


def truncated(make: Callable[[Path], Path]) -> Callable[[Path], Path]:
    def cut(folder: Path) -> Path:
        file = make(folder)
        return write(file, file.read_bytes()[:-60])

    return cut


def encrypted_npz(folder: Path) -> Path:
    """An archive whose members claim to need a password."""
    np.savez(folder / "a.npz", x=np.eye(2), y=np.array([0, 1]))
    content = bytearray((folder / "a.npz").read_bytes())
    for header, flags in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        at = content.find(header)
        while at >= 0:
            content[at + flags] |= 1
            at = content.find(header, at + 4)
    return write(folder / "a.npz", bytes(content))


def two_schemas(folder: Path) -> Path:
    pq.write_table(TABLE, folder / "0.parquet")
    pq.write_table(TABLE.drop_columns(["x"]), folder / "1.parquet")
    return folder


def two_formats(folder: Path) -> Path:
    as_csv(folder)
    as_parquet(folder)
    return folder


def file(name: str, content: str | bytes) -> Callable[[Path], Path]:
    return lambda folder: write(folder / name, content)


def packed(**arrays: Any) -> Callable[[Path], Path]:
    def save(folder: Path) -> Path:
        np.savez_compressed(folder / "a.npz", **arrays)
        return folder / "a.npz"

    return save


def claiming_npz(folder: Path) -> Path:
    """A small archive whose array claims 8 TB."""
    header = b"{'descr': '<f8', 'fortran_order': False, 'shape': (1000000000000,), }\n"
    body = b"\x93NUMPY\x01\x00" + len(header).to_bytes(2, "little") + header
    with zipfile.ZipFile(folder / "a.npz", "w") as archive:
        archive.writestr("x.npy", body)
        archive.writestr("y.npy", body)
    return folder / "a.npz"


class Strange:
    """No data."""


BAD: list[tuple[str, Callable[[Path], Any], list[str]]] = [
    ("missing", lambda f: f / "no.csv", ["no.csv", "no such file", "check the path"]),
    ("glob", lambda f: f"{f}/*.csv", ["*.csv", "matches no file", "check"]),
    ("folder", lambda f: f, ["no data file", "give CSV"]),
    ("formats", two_formats, ["csv, parquet", "give a pattern"]),
    ("suffix", file("a.docx", "x"), ["a.docx", ".docx is unknown", "give CSV"]),
    ("pickle", file("a.pkl", b"\x80\x04."), ["a.pkl", "pickles", "save the rows as Parquet"]),
    ("torch file", file("a.pt", b"PK"), ["a.pt", "pickles", "Parquet"]),
    ("npy", file("a.npy", b"\x93NUMPY"), ["a.npy", "without labels", "(X, y)"]),
    ("json", file("a.json", "[]"), ["a.json", "one JSON document", ".jsonl"]),
    ("zip", file("a.zip", b"PK"), ["a.zip", "not unpacked", "unpack it"]),
    ("gz", file("a.csv.gz", b"\x1f\x8b"), ["a.csv.gz", "not unpacked"]),
    ("excel", file("a.xlsx", b"PK"), ["a.xlsx", "export as CSV"]),
    ("empty csv", file("a.csv", ""), ["a.csv", "empty", "give a file"]),
    ("empty jsonl", file("a.jsonl", "\n\n"), ["a.jsonl", "no rows", "give one"]),
    ("empty parquet", file("a.parquet", ""), ["a.parquet", "empty", "give a file"]),
    ("empty arrow", file("a.arrow", ""), ["a.arrow", "empty", "give a file"]),
    ("header only", file("a.csv", "x,label\n"), ["a.csv", "no rows", "give one"]),
    ("latin-1", file("a.csv", "x,label\ncafé,1\n".encode("latin1")), ["byte 11 (0xe9)", "iconv"]),
    ("utf-16", file("a.csv", "x,label\n1,2\n".encode("utf-16")), ["byte 0", "iconv -f utf-16"]),
    ("cut in a character", file("a.csv", "x,y\n1,é".encode()[:-1]), ["a.csv", "byte 6", "UTF-8"]),
    ("latin-1 jsonl", file("a.jsonl", b'{"x": "\xe9"}'), ["a.jsonl", "byte 7", "UTF-8"]),
    ("ragged", file("a.csv", "x,label\n1,2\n1,2,3\n"), ["Row #3", "repair the row"]),
    ("same name", file("a.csv", "x,x,label\n1,2,3\n"), ["'x' more than once", "rename"]),
    ("long line", file("a.csv", "x,label\n" + "x" * (65 << 20) + ",1\n"), ["byte 8", "64 MiB"]),
    ("long cell", file("a.csv", 'x,label\n"' + "x\n" * (33 << 20) + '",1\n'), ["'x'", "64 MiB"]),
    ("long json", file("a.jsonl", '{"x": "' + "x" * (65 << 20)), ["byte 0", "64 MiB", "Parquet"]),
    ("broken json", file("a.jsonl", '{"x": 1}\n{"x"\n'), ["line 2", "not valid JSON", "repair"]),
    ("deep json", file("a.jsonl", '{"x":' + "[" * 10**5), ["line 1", "not valid JSON"]),
    ("list json", file("a.jsonl", "[1, 2]\n"), ["line 1", "no JSON object but list", "write each"]),
    ("cut parquet", truncated(as_parquet), ["a.parquet", "truncated", "write it again"]),
    ("cut arrow", truncated(as_feather), ["a.feather", "truncated", "write it again"]),
    ("no UTF-8 in parquet", spoilt("a.parquet", text=b"emerald"), ["'colour'", "UTF-8", "again"]),
    ("no UTF-8 in arrow", spoilt("a.arrow", text=b"emerald"), ["a.arrow", "UTF8", "again"]),
    ("no UTF-8 name", spoilt("a.arrow", text=b"colour"), ["a.arrow", "utf-8", "write it again"]),
    ("not parquet", file("a.parquet", "hello" * 9), ["a.parquet", "no readable", "write it again"]),
    ("schemas", two_schemas, ["1.parquet", "columns differ", "(x)", "same columns"]),
    ("damaged pages", damaged_parquet, ["a.parquet", "damaged", "write it again"]),
    ("npz of objects", packed(x=np.eye(2), y=np.array(["a", 1], object)), ["y.npy", "pickles"]),
    ("npz without y", packed(x=np.eye(2)), ["a.npz", "among x", "np.savez"]),
    ("npz claims", claiming_npz, ["a.npz", "claims 8000000000000 bytes", "save it again"]),
    ("encrypted npz", encrypted_npz, ["a.npz", "no readable .npz", "save it again"]),
    ("no npz", file("a.npz", "hello"), ["a.npz", "no readable .npz", "save it again"]),
    ("no rows", lambda _: TABLE.slice(0, 0), ["Arrow table", "no rows", "give data"]),
    ("list", lambda _: [1, 2], ["list", "cannot be opened", "give a path"]),
    ("object", lambda _: Strange(), ["Strange", "cannot be opened", "give a path"]),
    ("lengths", lambda _: {"x": [1, 2], "label": [1]}, ["x 2, label 1", "one value a row"]),
    ("y too short", lambda _: (np.eye(3), np.zeros(2)), ["(3, 3)", "(2,)", "one label"]),
    ("one-hot", lambda _: (np.eye(3), np.eye(3)), ["(3, 3)", "argmax"]),
    ("5 axes", lambda _: (np.zeros((2, 1, 1, 1, 1)), [0, 1]), ["5 axes", "give"]),
    ("dates as pixels", lambda _: (np.zeros((2, 2, 2), "M8[s]"), [0, 1]), ["datetime64", "uint8"]),
    (
        "same pandas name",
        lambda _: pd.DataFrame([[1, 2, 3]], columns=["x", "x", "label"]),
        ["same name", "rename"],
    ),
    (
        "same arrow name",
        lambda _: pa.table([[1], [2], ["a"]], names=["x", "x", "label"]),
        ["'x'", "more than once", "rename"],
    ),
    (
        "embedding with a gap",
        lambda _: {"emb": [[1.0, 2.0], None], "label": ["a", "b"]},
        ["embedding", "row 1", "'emb'", "0 numbers, others 2", "drop or embed"],
    ),
    (
        "embedding with NaN",
        lambda _: {"emb": [[1.0, 2.0], [1.0, np.nan]], "label": ["a", "b"]},
        ["embedding", "row 1", "missing or infinite", "drop or embed"],
    ),
    (
        "singles",
        lambda _: torch.utils.data.TensorDataset(torch.eye(2)),
        ["torch Dataset", "(x, y)", "map it"],
    ),
]


def read_all(given: Any) -> str:
    data = open_dataset(given)
    data.embedding()
    return data.digest


@pytest.mark.parametrize(("make", "told"), [case[1:] for case in BAD], ids=[c[0] for c in BAD])
def test_refused(make: Callable[[Path], Any], told: list[str], tmp_path: Path) -> None:
    given = make(tmp_path)
    with pytest.raises((UnreadableDataError, UsageError)) as error:
        read_all(given)
    assert isinstance(error.value, ForetasteError)
    message = str(error.value)
    assert "\n" not in message
    assert [part for part in told if part not in message] == [], message


def test_time_zone_does_not_show_in_the_digest() -> None:
    moment = dt.datetime(2024, 1, 1, tzinfo=dt.UTC)
    columns = {"x": [1], "label": ["a"]}
    kinds = (pa.timestamp("ns", "Europe/Paris"), pa.timestamp("s"), pa.timestamp("us", "UTC"))
    digests = {
        open_dataset(pa.table(columns | {"t": pa.array([moment], kind)})).digest for kind in kinds
    }
    assert len(digests) == 1


@pytest.mark.parametrize("library", ["pandas", "polars", "torch", "datasets"])
def test_optional_libraries_are_not_imported(library: str) -> None:
    code = f"import foretaste.data, sys; raise SystemExit({library!r} in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
