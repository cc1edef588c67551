"""JSON Lines as Arrow tables: one object a line, columns are the keys of all lines."""

from __future__ import annotations

import json
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import Any

import pyarrow as pa

from foretaste.data.encoding import check_text_file
from foretaste.data.loose import joined, loose_column
from foretaste.errors import UnreadableDataError

__all__ = ["read_json_lines"]

_ROWS = 32768  # turned to Arrow at once, as Python objects are large


def read_json_lines(file: Path) -> tuple[pa.Table, tuple[str, ...]]:
    r"""Read one JSON object a line, and notes on columns of mixed types.

    Raises
    ------
    UnreadableDataError
        Names the file and the line.

    Examples
    --------
    >>> import tempfile
    >>> file = Path(tempfile.mkdtemp()) / "rows.jsonl"
    >>> _ = file.write_text('{"x": 1, "label": "a"}\n{"label": "b"}\n')
    >>> read_json_lines(file)[0].to_pydict()
    {'x': [1, None], 'label': ['a', 'b']}
    """
    check_text_file(file)
    notes: list[str] = []
    parts: dict[str, list[Any]] = {}
    rows = 0
    objects = _objects(file)
    while chunk := list(islice(objects, _ROWS)):
        keys = dict.fromkeys(key for row in chunk for key in row)
        for key in keys:
            parts.setdefault(key, [pa.nulls(rows)] if rows else [])
            parts[key].append(loose_column(key, [row.get(key) for row in chunk], notes))
        for key in parts.keys() - keys.keys():
            parts[key].append(pa.nulls(len(chunk)))
        rows += len(chunk)
    if rows == 0:
        raise UnreadableDataError(f"{file}: the file has no rows; give one with rows")
    table = pa.table({key: joined(key, arrays, notes) for key, arrays in parts.items()})
    return table, tuple(dict.fromkeys(notes))


def _objects(file: Path) -> Iterator[dict[str, Any]]:
    with file.open(encoding="utf-8-sig", newline="\n") as stream:
        for number, line in enumerate(stream, start=1):
            if line.strip():
                yield _object(file, number, line)


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
