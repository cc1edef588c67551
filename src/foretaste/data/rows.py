"""Where the rows are: in an Arrow table (memory, memory map), in Parquet files, in a folder."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from foretaste.errors import UnreadableDataError

__all__ = [
    "DAMAGE",
    "ParquetRows",
    "Rows",
    "TableRows",
    "first_line",
    "normal",
    "normal_schema",
    "one_column",
    "pick",
]

DAMAGE = (pa.ArrowException, OSError, UnicodeDecodeError)  # what Arrow raises on spoilt files
_FIRST_BLOCK = 64  # rows read before anything is known about their size
_BLOCK_BYTES = 256 * 1024**2  # blocks are made smaller so that they stay about below this
_ROW_BYTES = 64 * 1024**2
_COLUMN_BYTES = 16 * 1024**3  # of one column in memory, where a small file unfolds to much


class Rows(Protocol):
    """n rows of named columns that can be read column by column or block by block."""

    @property
    def schema(self) -> pa.Schema:
        """Names and types of the columns."""

    @property
    def n_rows(self) -> int:
        """How many rows there are."""

    def blocks(self, size: int, columns: Sequence[str] | None = None) -> Iterator[pa.RecordBatch]:
        """Read in order, at most `size` rows at once, only `columns` where given."""


@dataclass(frozen=True)
class TableRows:
    """Rows of an Arrow table, in memory or memory-mapped."""

    table: pa.Table

    @property
    def schema(self) -> pa.Schema:
        """Names and types of the columns."""
        return self.table.schema

    @property
    def n_rows(self) -> int:
        """How many rows there are."""
        return int(self.table.num_rows)

    def blocks(self, size: int, columns: Sequence[str] | None = None) -> Iterator[pa.RecordBatch]:
        """Read in order, without copying."""
        table = self.table if columns is None else self.table.select(list(columns))
        yield from table.to_batches(max_chunksize=size)


@dataclass(frozen=True)
class ParquetRows:
    """Rows of Parquet files of one schema, read from disk each time."""

    files: tuple[Path, ...]
    schema: pa.Schema
    n_rows: int

    def blocks(self, size: int, columns: Sequence[str] | None = None) -> Iterator[pa.RecordBatch]:
        """Read file after file; blocks of heavy rows are smaller than `size`."""
        names = self.schema.names if columns is None else list(columns)
        wanted = pa.schema([self.schema.field(name) for name in names])
        for file in self.files:
            try:
                yield from _file_blocks(file, size, wanted)
            except DAMAGE as error:
                raise UnreadableDataError(
                    f"{file}: the Parquet file is damaged or truncated ({first_line(error)}); "
                    "fetch or write it again"
                ) from error


def _file_blocks(file: Path, size: int, wanted: pa.Schema) -> Iterator[pa.RecordBatch]:
    """Read one file, starting with few rows, as a small file can hold very large rows."""
    with pq.ParquetFile(file, memory_map=True) as parquet:
        for group in range(parquet.num_row_groups):
            step = min(size, _FIRST_BLOCK)
            probe = next(parquet.iter_batches(step, [group], wanted.names, use_threads=False), None)
            if probe is None:
                continue
            weight = max(1, probe.nbytes // max(1, probe.num_rows))
            if weight > _ROW_BYTES:
                raise UnreadableDataError(
                    f"{file}: rows of {weight >> 20} MiB are above the limit of 64 MiB; "
                    "reduce or remove them"
                )
            step = max(1, min(size, _BLOCK_BYTES // weight))
            for batch in parquet.iter_batches(step, [group], wanted.names, use_threads=False):
                _check_text(batch, file)
                yield normal(batch, wanted)


def _check_text(batch: pa.RecordBatch, file: Path) -> None:
    """Parquet has no checksums, and Arrow does not look whether text is text."""
    for name, column in zip(batch.schema.names, batch.columns, strict=True):
        try:
            column.validate(full=True)
        except pa.ArrowInvalid as error:
            raise UnreadableDataError(
                f"{file}: column {name!r:.80} holds damaged values ({first_line(error)}); "
                "text must be UTF-8: fetch or write the file again"
            ) from error


def normal_schema(schema: pa.Schema) -> pa.Schema:
    """The same columns with types that every step can read (no views, no run lengths)."""
    return pa.schema(
        [pa.field(f.name, _plain(f.type), f.nullable, f.metadata) for f in schema],
        schema.metadata,
    )


def _plain(kind: Any) -> Any:
    if pa.types.is_string_view(kind):
        return pa.large_string()
    if pa.types.is_binary_view(kind):
        return pa.large_binary()
    if pa.types.is_run_end_encoded(kind):
        return _plain(kind.value_type)
    if isinstance(kind, pa.BaseExtensionType) and not isinstance(kind, pa.FixedShapeTensorType):
        return _plain(kind.storage_type)
    return kind


def normal(data: Any, schema: pa.Schema) -> Any:
    """A table or batch with the columns and the (normal) types of `schema`."""
    columns = [_cast(data.column(field.name), field.type) for field in schema]
    return type(data).from_arrays(columns, schema=schema)


def _cast(column: Any, kind: Any) -> Any:
    if column.type == kind:
        return column
    if pa.types.is_run_end_encoded(column.type):
        column = pc.run_end_decode(column)
    if isinstance(column.type, pa.BaseExtensionType):
        chunks = getattr(column, "chunks", [column])
        storage = [chunk.storage for chunk in chunks]
        column = pa.chunked_array(storage) if hasattr(column, "chunks") else storage[0]
    return column.cast(kind)


def pick(rows: Rows, wanted: npt.NDArray[np.int64], columns: Sequence[str] | None = None) -> Any:
    """The `wanted` rows, in that order, as an Arrow table; reads no more than one block extra."""
    if isinstance(rows, TableRows):
        table = rows.table if columns is None else rows.table.select(list(columns))
        return table.take(pa.array(wanted))
    order = np.argsort(wanted, kind="stable")
    ranked = wanted[order]
    parts, start = [], 0
    for block in rows.blocks(65536, columns):
        low, high = np.searchsorted(ranked, [start, start + block.num_rows])
        if high > low:
            parts.append(block.take(pa.array(ranked[low:high] - start)))
        start += block.num_rows
    back = np.empty_like(order)
    back[order] = np.arange(len(order))
    names = rows.schema.names if columns is None else list(columns)
    schema = pa.schema([rows.schema.field(n) for n in names], rows.schema.metadata)
    return pa.Table.from_batches(parts, schema).take(pa.array(back))


def one_column(rows: Rows, name: str) -> Any:
    """One whole column as a chunked array."""
    if isinstance(rows, TableRows):
        return rows.table.column(name)
    chunks, weight = [], 0
    for block in rows.blocks(65536, [name]):
        chunks.append(block.column(0))
        weight += block.nbytes
        if weight > _COLUMN_BYTES:
            raise UnreadableDataError(
                f"column {name!r} takes more than 16 GiB in memory; split the data set"
            )
    return pa.chunked_array(chunks, type=rows.schema.field(name).type)


def first_line(error: BaseException) -> str:
    """The first line of a message, for one-line errors."""
    return (str(error).splitlines() or [type(error).__name__])[0][:200]
