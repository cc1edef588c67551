"""CSV and TSV files as Arrow tables.

All cells are read as strings; a column becomes whole numbers, numbers, booleans or times only
if every cell of it is one. So the type of a column depends on all its rows, and not on those a
reader saw first. An empty cell without quotes is missing; so are NA, NaN and the like among
numbers, but not among strings, where they may be meant.
"""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv as pc_csv

from foretaste.data.encoding import MAX_ROW_BYTES, check_text_file
from foretaste.data.rows import first_line
from foretaste.errors import UnreadableDataError

__all__ = ["read_delimited"]

_NULL_WORDS = pa.array(["NA", "N/A", "n/a", "NaN", "nan", "NULL", "null", "#N/A", "-nan"])
_TYPES = (pa.int64(), pa.float64(), pa.bool_(), pa.timestamp("us"))
_LEADING_ZERO = r"^\s*[+-]?0[0-9]"


def read_delimited(file: Path, delimiter: str | None = None) -> pa.Table:
    """Read a CSV file with a header row; the delimiter is found in it unless given.

    Raises
    ------
    UnreadableDataError
        Names the file and, where there is one, the row.
    """
    check_text_file(file)
    header = _header_line(file)
    delimiter = delimiter or max(",;\t|", key=header.count)
    try:
        table = pc_csv.read_csv(
            file,
            read_options=pc_csv.ReadOptions(
                block_size=min(MAX_ROW_BYTES, max(1024, file.stat().st_size + 1)),
                use_threads=False,
            ),
            parse_options=pc_csv.ParseOptions(delimiter=delimiter, newlines_in_values=True),
            convert_options=_as_strings(_names(file, header, delimiter)),
        )
    except pa.ArrowInvalid as error:
        raise UnreadableDataError(_explained(file, error)) from error
    if table.num_rows == 0:
        raise UnreadableDataError(f"{file}: the file has a header and no rows; give one with rows")
    return pa.table({n: typed(table.column(n)) for n in table.column_names})


def typed(column: Any) -> Any:
    """A column of strings as the narrowest type that fits every cell.

    Examples
    --------
    >>> import pyarrow as pa
    >>> [str(typed(pa.chunked_array([c])).type) for c in (["1", "NA"], ["1", "x"], ["007"])]
    ['int64', 'large_string', 'large_string']
    """
    column = column.cast(pa.large_string())
    if column.null_count == len(column):
        return column.cast(pa.null())
    words = pc.is_in(pc.utf8_trim_whitespace(column), _NULL_WORDS.cast(pa.large_string()))
    present = pc.if_else(words, None, column)
    if present.null_count == len(column) or _has_codes(present):
        return column
    for kind in _TYPES:
        try:
            return present.cast(kind)
        except pa.ArrowInvalid:
            continue
    return column


def _has_codes(column: Any) -> bool:
    """Whether there are digits with leading zeros, as in postal codes."""
    return bool(pc.any(pc.match_substring_regex(column, _LEADING_ZERO)).as_py())


def _header_line(file: Path) -> str:
    with file.open(encoding="utf-8-sig") as stream:
        return stream.readline(1_000_000)


def _names(file: Path, header: str, delimiter: str) -> list[str]:
    """The column names; each must be there, once."""
    names = [name.strip('"') for name in next(_csv_rows(header, delimiter), [])]
    twice = [name for name, n in Counter(names).items() if n > 1]
    if twice:
        raise UnreadableDataError(
            f"{file}: the header names column {twice[0]!r} more than once; rename one of them"
        )
    return names


def _csv_rows(text: str, delimiter: str) -> Any:
    import csv  # noqa: PLC0415

    return csv.reader([text], delimiter=delimiter)


def _as_strings(names: list[str]) -> pc_csv.ConvertOptions:
    return pc_csv.ConvertOptions(
        column_types=dict.fromkeys(names, pa.large_string()),
        null_values=[""],
        strings_can_be_null=True,
        quoted_strings_can_be_null=False,
    )


def _explained(file: Path, error: Exception) -> str:
    reason = first_line(error)
    if "straddling" in reason:
        return f"{file}: a row is longer than 64 MiB; remove it, or keep large values in Parquet"
    return f"{file}: not a valid CSV file ({reason}); repair the row or quote its cells"
