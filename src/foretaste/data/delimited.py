"""CSV and TSV files as rows that are parsed block by block.

All cells are read as strings; a column becomes whole numbers, numbers, booleans or times only
if every cell of it is one. So the type of a column depends on all its rows, and not on those a
reader saw first. An empty cell without quotes is missing; so are NA, NaN and the like among
numbers, but not among strings, where they may be meant. Digits with leading zeros are strings.
"""

from __future__ import annotations

import csv
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv as arrow_csv

from foretaste.data.encoding import MAX_ROW_BYTES, check_text_file
from foretaste.data.rows import Rows, TableRows, first_line
from foretaste.errors import UnreadableDataError

__all__ = ["DelimitedRows", "open_delimited"]

_SMALL = 128 * 1024**2  # files up to this many bytes are kept in memory
_TEXT = pa.large_string()
_MISSING = ("NA", "N/A", "n/a", "NaN", "nan", "NULL", "null", "#N/A", "-nan")
_NUMBERS = (pa.int64(), pa.float64())
_TYPES = (*_NUMBERS, pa.bool_(), pa.timestamp("us"), pa.timestamp("us", "UTC"))
_CODE = "^[+-]?0[0-9]"


@dataclass(frozen=True)
class DelimitedRows:
    """Rows of a CSV file, parsed each time they are read."""

    file: Path
    delimiter: str
    schema: pa.Schema
    n_rows: int

    def blocks(self, size: int, columns: Sequence[str] | None = None) -> Iterator[pa.RecordBatch]:
        """Read in order; columns get the types of the schema."""
        names = self.schema.names if columns is None else list(columns)
        schema = pa.schema([self.schema.field(name) for name in names])
        for batch in _strings(self.file, self.delimiter, self.schema.names, names):
            for start in range(0, batch.num_rows, size):
                part = batch.slice(start, size)
                arrays = [_as(part.column(field.name), field.type) for field in schema]
                yield pa.RecordBatch.from_arrays(arrays, schema=schema)


def open_delimited(file: Path, delimiter: str | None = None) -> Rows:
    r"""Rows of a CSV file with a header row; the delimiter is found in it unless given.

    Raises
    ------
    UnreadableDataError
        Names the file and, where there is one, the row.

    Examples
    --------
    >>> import tempfile
    >>> file = Path(tempfile.mkdtemp()) / "rows.csv"
    >>> _ = file.write_text("size;label\n1;a\n2.5;b\n")
    >>> rows = open_delimited(file)
    >>> rows.n_rows, [str(kind) for kind in rows.schema.types]
    (2, ['double', 'large_string'])
    """
    check_text_file(file)
    header = _header_line(file)
    delimiter = delimiter or max(",;\t|", key=header.count)
    names = _names(file, header, delimiter)
    types = dict.fromkeys(names, pa.null())
    rows = 0
    for batch in _strings(file, delimiter, names, names):
        rows += batch.num_rows
        for name in names:
            types[name] = _common(types[name], _narrowest(batch.column(name)))
    if rows == 0:
        raise UnreadableDataError(f"{file}: the file has a header and no rows; give one with rows")
    schema = pa.schema(list(types.items()))
    lazy = DelimitedRows(file, delimiter, schema, rows)
    if file.stat().st_size > _SMALL:
        return lazy
    return TableRows(pa.Table.from_batches(list(lazy.blocks(rows)), schema))


def _strings(
    file: Path, delimiter: str, names: Sequence[str], wanted: Sequence[str]
) -> Iterator[pa.RecordBatch]:
    """Parse the file, all cells as strings."""
    block = min(MAX_ROW_BYTES, max(1024, file.stat().st_size + 1))
    try:
        with arrow_csv.open_csv(
            file,
            read_options=arrow_csv.ReadOptions(block_size=block, use_threads=False),
            parse_options=arrow_csv.ParseOptions(delimiter=delimiter, newlines_in_values=True),
            convert_options=arrow_csv.ConvertOptions(
                column_types=dict.fromkeys(names, _TEXT),
                include_columns=list(wanted),
                null_values=[""],
                strings_can_be_null=True,
                quoted_strings_can_be_null=False,
            ),
        ) as reader:
            for batch in reader:
                _check_cells(file, batch)
                yield batch
    except (pa.ArrowException, OSError) as error:
        raise UnreadableDataError(_explained(file, error)) from error


def _check_cells(file: Path, batch: pa.RecordBatch) -> None:
    """Refuse a cell above 64 MiB, which may stretch over many lines within quotes."""
    for name in batch.schema.names:
        longest = pc.max(pc.binary_length(batch.column(name))).as_py() or 0
        if longest > MAX_ROW_BYTES:
            raise UnreadableDataError(
                f"{file}: a cell of column {name!r} is longer than 64 MiB; "
                "look for a quote that is never closed, or keep large values in Parquet"
            )


def _narrowest(column: Any) -> Any:
    """The first of the types that all cells of a column of strings have, else text."""
    if column.null_count == len(column):
        return pa.null()
    cleaned = _cleaned(column)
    kind = next((kind for kind in _TYPES if _fits(cleaned, kind)), _TEXT)
    if cleaned.null_count == len(column) or (kind in _NUMBERS and _has_codes(cleaned)):
        return _TEXT
    return kind


def _common(one: Any, other: Any) -> Any:
    """The type that holds two types."""
    if pa.types.is_null(one) or one == other:
        return other
    if pa.types.is_null(other):
        return one
    return pa.float64() if one in _NUMBERS and other in _NUMBERS else _TEXT


def _fits(cleaned: Any, kind: Any) -> bool:
    try:
        cleaned.slice(0, 256).cast(kind)  # most types fail here, at little cost
        cleaned.cast(kind)
    except pa.ArrowInvalid:
        return False
    return True


def _has_codes(cleaned: Any) -> bool:
    return bool(pc.any(pc.match_substring_regex(cleaned, _CODE)).as_py())


def _cleaned(column: Any) -> Any:
    """Strings without spaces around, and missing where they say so."""
    trimmed = pc.utf8_trim_whitespace(column)
    return pc.if_else(pc.is_in(trimmed, pa.array(_MISSING, _TEXT)), None, trimmed)


def _as(column: Any, kind: Any) -> Any:
    """A column of strings in one of the types."""
    if kind == _TEXT:
        return column
    return pa.nulls(len(column)) if pa.types.is_null(kind) else _cleaned(column).cast(kind)


def _header_line(file: Path) -> str:
    with file.open(encoding="utf-8-sig") as stream:
        return stream.readline(1_000_000)


def _names(file: Path, header: str, delimiter: str) -> list[str]:
    """The column names; each must be there once."""
    names = next(csv.reader([header], delimiter=delimiter), [])
    twice = [name for name, n in Counter(names).items() if n > 1]
    if twice:
        raise UnreadableDataError(
            f"{file}: the header names column {twice[0]!r} more than once; rename one of them"
        )
    return names


def _explained(file: Path, error: Exception) -> str:
    reason = first_line(error)
    if "straddling" in reason:
        return f"{file}: a row is longer than 64 MiB; remove it, or keep large values in Parquet"
    return f"{file}: not a valid CSV file ({reason}); repair the row or quote its cells"
