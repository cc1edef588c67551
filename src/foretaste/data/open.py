"""Open anything that holds labelled rows."""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import Any

import pyarrow as pa

from foretaste.data.columnar import one_schema, open_arrow, open_parquet
from foretaste.data.dataset import Dataset
from foretaste.data.delimited import open_delimited
from foretaste.data.imagefolder import open_image_folder
from foretaste.data.jsonlines import read_json_lines
from foretaste.data.memory import load
from foretaste.data.origin import Origin
from foretaste.data.packed import read_packed
from foretaste.data.pairs import PairColumns, find_pairs, read_pairs
from foretaste.data.paths import Found, find_files
from foretaste.data.roles import Stated, infer_roles, is_labelled, modality_of
from foretaste.data.rows import Rows, TableRows, normal
from foretaste.errors import RoleError, UnreadableDataError
from foretaste.types import Modality

__all__ = ["open_dataset", "open_rows"]

_SAMPLE = 2000  # first rows, of which types and the look of texts are judged


def open_dataset(
    data: Any,
    *,
    label: str | None = None,
    source: str | None = None,
    id: str | None = None,  # noqa: A002 - the word users know
    time: str | None = None,
    features: Sequence[str] | None = None,
    text: str | None = None,
    image: str | None = None,
    embedding: str | None = None,
) -> Dataset:
    """Open labelled rows from a file, a folder or an object in memory.

    Parameters
    ----------
    data
        A path, folder or glob of CSV, TSV, Parquet, JSON Lines, Arrow or Feather files; a folder
        of images with one sub-folder a class; a pandas or polars frame; an Arrow table; a dict of
        columns; arrays ``(X, y)``; a torch or Hugging Face Dataset. What this function returned
        before comes back as it is. Rows of prompt and response, messages, or chosen and rejected,
        without a label, are texts whose label is the kind of their answer.
    label, source, id, time, text, image, embedding
        The column that plays the role. None infers it from names and values; an empty string
        says that there is none.
    features
        The columns that are the content of table rows; all others by default.

    Returns
    -------
    Dataset
        With roles and modality; rows of Parquet and Arrow files stay on disk.

    Raises
    ------
    RoleError
        No label column, a stated column is missing, or rows without a label.
    UnreadableDataError
        The data cannot be read; the message names the file or row and the next step.

    Examples
    --------
    >>> data = open_dataset({"size": [1.5, 2.5], "vendor": ["u", "v"], "label": ["cat", "dog"]})
    >>> data.roles.source, data.roles.features, data.labels()[1]
    ('vendor', ('size',), ('cat', 'dog'))
    """
    stated = Stated(label, source, id, time, text, image, embedding, features)
    if isinstance(data, Dataset):
        return _as_it_is(data, stated)
    name, rows, origin, notes = _rows(data)
    if rows.n_rows == 0:
        raise UnreadableDataError(f"{name}: there are no rows; give data with rows")
    columns = _pair_columns(rows, stated)
    roles = infer_roles(rows, _sample(rows), stated, columns)
    if modality_of(roles) is Modality.TABLE and not (roles.features or roles.embedding):
        raise RoleError(
            f"{name}: no column is left as a feature beside {', '.join(rows.schema.names)}; "
            "give data with at least one column that describes the rows"
        )
    pairs = None if columns is None else read_pairs(rows, columns)
    dataset = Dataset(name, rows, roles, modality_of(roles), origin, notes, pairs)
    dataset.labels()  # rows without a label are an error from the start
    return dataset


def open_rows(data: Any) -> Rows:
    """The rows of anything that `open_dataset` opens, without a look at what they mean.

    Examples
    --------
    >>> open_rows({"size": [1.5, 2.5]}).n_rows  # no label is needed
    2
    """
    return data.rows if isinstance(data, Dataset) else _rows(data)[1]


def _pair_columns(rows: Rows, stated: Stated) -> PairColumns | None:
    """The columns of prompts and answers, unless a label says what the rows are about."""
    if is_labelled(rows.schema) and stated.label is None:
        return None
    columns = find_pairs(rows.schema)
    if columns is None or (stated.image or stated.embedding or stated.features):
        return None
    asked = {stated.label or columns.answer, stated.text or columns.prompt}
    return columns if asked == {columns.answer, columns.prompt} else None


def _as_it_is(dataset: Dataset, stated: Stated) -> Dataset:
    if stated != Stated():
        raise RoleError(
            f"{dataset.name}: the data set was opened before, and has roles; "
            "state them when it is opened"
        )
    return dataset


def _rows(data: Any) -> tuple[str, Rows, Origin, tuple[str, ...]]:
    if isinstance(data, str | os.PathLike):
        found = find_files(data)
        if found.format == "npz" and len(found.files) == 1:
            loaded = load(read_packed(found.files[0]))
            return os.fspath(data), TableRows(loaded.table), loaded.origin, loaded.notes
        rows, notes = _open_files(found)
        return os.fspath(data), rows, Origin(), notes
    loaded = load(data)
    return loaded.name, TableRows(loaded.table), loaded.origin, loaded.notes


def _open_files(found: Found) -> tuple[Rows, tuple[str, ...]]:
    notes = _ignored(found)
    match found.format:
        case "parquet":
            return open_parquet(found.files), notes
        case "image":
            return _images(found), notes
        case "npz":
            raise UnreadableDataError(f"{found.files[0]}: open one .npz file at a time")
        case "jsonl":
            read = [read_json_lines(file) for file in found.files]
            notes += tuple(note for _, more in read for note in more)
            return _together(found, [table for table, _ in read]), notes
        case "arrow":
            return _together(found, [open_arrow(file).table for file in found.files]), notes
        case _:
            delimiter = "\t" if found.format == "tsv" else None
            parts = [open_delimited(file, delimiter) for file in found.files]
            return (parts[0] if len(parts) == 1 else _joined(found, parts)), notes


def _images(found: Found) -> Rows:
    if found.root is None:
        raise UnreadableDataError(
            f"{found.files[0]}: single images have no label; "
            "give the folder that holds one folder of images a class"
        )
    return open_image_folder(found.root, found.files)


def _joined(found: Found, parts: list[Rows]) -> TableRows:
    tables = [pa.Table.from_batches(list(rows.blocks(65536)), rows.schema) for rows in parts]
    return _together(found, tables)


def _together(found: Found, tables: list[pa.Table]) -> TableRows:
    schema = one_schema(found.files, [table.schema for table in tables])
    return TableRows(pa.concat_tables([normal(table, schema) for table in tables]))


def _ignored(found: Found) -> tuple[str, ...]:
    named = [file for file in found.ignored if file.suffix.lower() not in {".md", ".txt", ""}]
    if not named:
        return ()
    return (f"{len(named)} files are of other formats and were not looked at: {named[0]}",)


def _sample(rows: Rows) -> pa.Table:
    block = next(iter(rows.blocks(_SAMPLE)))
    return pa.Table.from_batches([block], block.schema)
