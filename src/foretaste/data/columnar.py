"""Parquet and Arrow files: rows stay on disk."""

from __future__ import annotations

from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from foretaste.data.rows import DAMAGE, ParquetRows, TableRows, first_line, normal, normal_schema
from foretaste.errors import UnreadableDataError

__all__ = ["one_schema", "open_arrow", "open_parquet"]


def open_parquet(files: tuple[Path, ...]) -> ParquetRows:
    """Rows of Parquet files with the same columns, read when needed.

    Raises
    ------
    UnreadableDataError
        A file is empty, truncated, or has other columns than the first.
    """
    schemas, rows = [], 0
    for file in files:
        _check_not_empty(file)
        try:
            with pq.ParquetFile(file) as parquet:
                schemas.append(normal_schema(parquet.schema_arrow))
                rows += parquet.metadata.num_rows
        except DAMAGE as error:
            raise UnreadableDataError(
                f"{file}: no readable Parquet file ({first_line(error)}); "
                "it may be truncated, fetch or write it again"
            ) from error
    return ParquetRows(files, one_schema(files, schemas), rows)


def open_arrow(file: Path) -> TableRows:
    """Rows of an Arrow IPC or Feather file, memory-mapped.

    Raises
    ------
    UnreadableDataError
        The file is empty, truncated, or its buffers do not fit together.
    """
    _check_not_empty(file)
    try:
        source = pa.memory_map(str(file))
        try:
            table = pa.ipc.open_file(source).read_all()
        except pa.ArrowInvalid:
            source.seek(0)
            table = pa.ipc.open_stream(source).read_all()
        table.validate(full=True)
        return TableRows(normal(table, normal_schema(table.schema)))
    except DAMAGE as error:
        raise UnreadableDataError(
            f"{file}: no readable Arrow file ({first_line(error)}); "
            "it may be truncated, fetch or write it again"
        ) from error


def one_schema(files: tuple[Path, ...], schemas: list[pa.Schema]) -> pa.Schema:
    """The schema that fits all files: the same names, types widened where they differ."""
    first = schemas[0]
    for file, schema in zip(files, schemas, strict=True):
        if set(schema.names) != set(first.names):
            other = sorted(set(schema.names) ^ set(first.names))
            raise UnreadableDataError(
                f"{file}: columns differ from those of {files[0]} ({', '.join(other[:5])}); "
                "open files of the same columns together"
            )
    try:
        whole = pa.unify_schemas(schemas, promote_options="permissive")
    except pa.ArrowException as error:
        raise UnreadableDataError(
            f"{files[0].parent}: the same column has types that do not fit together in "
            f"several files ({first_line(error)}); write them with one schema"
        ) from error
    return whole.with_metadata(first.metadata)


def _check_not_empty(file: Path) -> None:
    if file.stat().st_size == 0:
        raise UnreadableDataError(f"{file}: the file is empty; give a file with rows")
