"""JSON Lines as Arrow tables: one object a line, columns are the keys of all lines."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pyarrow as pa

from foretaste.data.encoding import check_text_file
from foretaste.data.loose import loose_table
from foretaste.errors import UnreadableDataError

__all__ = ["read_json_lines"]


def read_json_lines(file: Path) -> tuple[pa.Table, tuple[str, ...]]:
    """Read one JSON object a line, and notes on columns of mixed types.

    Raises
    ------
    UnreadableDataError
        Names the file and the line.
    """
    check_text_file(file)
    columns: dict[str, list[Any]] = {}
    rows = 0
    with file.open(encoding="utf-8-sig") as stream:
        for number, line in enumerate(stream, start=1):
            if not line.strip():
                continue
            for key, value in _object(file, number, line).items():
                values = columns.setdefault(key, [])
                values.extend([None] * (rows - len(values)))
                values.append(value)
            rows += 1
    if rows == 0:
        raise UnreadableDataError(f"{file}: the file has no rows; give one with rows")
    for values in columns.values():
        values.extend([None] * (rows - len(values)))
    return loose_table(columns)


def _object(file: Path, number: int, line: str) -> dict[str, Any]:
    try:
        value = json.loads(line)
    except (ValueError, RecursionError) as error:
        raise UnreadableDataError(
            f"{file}: line {number} is not valid JSON ({error}); repair or remove the line"
        ) from error
    if not isinstance(value, dict):
        raise UnreadableDataError(
            f"{file}: line {number} is no JSON object but {type(value).__name__}; "
            'write each row as {"column": value, ...}'
        )
    return value
