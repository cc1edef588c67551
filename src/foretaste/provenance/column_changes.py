"""Columns renamed, added, removed, or of another type than they were signed with."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from foretaste.data.rows import Rows
from foretaste.provenance.changes import Change, ChangeKind
from foretaste.provenance.manifest import Column
from foretaste.provenance.row_index import RowIndex

__all__ = ["RenamedRows", "columns_of", "find_renamed", "name_columns", "type_name"]

_SAME = 0.5  # share of equal cells above which a column is taken to be another under a new name


def type_name(kind: Any) -> str:
    """The name of an Arrow type, without what does not show in values: encodings, offsets.

    >>> type_name(pa.dictionary(pa.int8(), pa.large_string())), type_name(pa.float32())
    ('string', 'float')
    """
    if pa.types.is_dictionary(kind) or pa.types.is_run_end_encoded(kind):
        return type_name(kind.value_type)
    return str(kind).replace("large_", "").replace("_view", "")


def columns_of(schema: pa.Schema) -> tuple[Column, ...]:
    """The columns of a schema, as a manifest holds them."""
    return tuple(Column(f.name, type_name(f.type)) for f in schema)


@dataclass(frozen=True)
class RenamedRows:
    """Rows whose columns get other names as they are read."""

    rows: Rows
    names: Mapping[str, str] = field(default_factory=dict)  # present name to signed name

    @property
    def schema(self) -> pa.Schema:
        """With the new names."""
        schema = self.rows.schema
        return pa.schema([f.with_name(self.names.get(f.name, f.name)) for f in schema])

    @property
    def n_rows(self) -> int:
        """How many rows there are."""
        return self.rows.n_rows

    def blocks(self, size: int, columns: Sequence[str] | None = None) -> Iterator[pa.RecordBatch]:
        """As the rows below give them."""
        back = {new: old for old, new in self.names.items()}
        wanted = None if columns is None else [back.get(name, name) for name in columns]
        for block in self.rows.blocks(size, wanted):
            names = [self.names.get(name, name) for name in block.schema.names]
            yield pa.RecordBatch.from_arrays(block.columns, names=names)


def find_renamed(
    signed: Sequence[Column], now: Sequence[Column], before: RowIndex | None, after: RowIndex
) -> dict[str, str]:
    """Columns that hold the cells of a signed column under another name: present to signed name."""
    lost = [c.name for c in signed if c.name not in {n.name for n in now}]
    new = [c.name for c in now if c.name not in {s.name for s in signed}]
    if before is None or before.checks is None or after.checks is None:
        return {}
    renamed: dict[str, str] = {}
    for name in new:
        cells = after.checks[:, after.columns.index(name)]
        free = [old for old in lost if old not in renamed.values()]
        shares = {old: _likeness(before.checks[:, before.columns.index(old)], cells)
                  for old in free}  # fmt: skip
        best = max(shares, key=lambda old: shares[old], default=None)
        if best is not None and shares[best] > _SAME:
            renamed[name] = best
    return renamed


def name_columns(
    signed: Sequence[Column], now: Sequence[Column], renamed: Mapping[str, str]
) -> Iterator[Change]:
    """What became of the columns."""
    types = {column.name: column.type for column in signed}
    present = {renamed.get(column.name, column.name) for column in now}
    for column in now:
        old = renamed.get(column.name, column.name)
        if column.name in renamed:
            yield Change(
                ChangeKind.COLUMN_RENAMED,
                f"column {old!r} was renamed to {column.name!r}",
                column=old,
                was=old,
                now=column.name,
            )
        if old not in types:
            yield Change(ChangeKind.COLUMN_ADDED, f"column {old!r} was added", column=old, now=old)
        elif types[old] != column.type:
            yield Change(
                ChangeKind.TYPE,
                f"column {old!r} was signed as {types[old]} and is now {column.type}",
                column=old,
                was=types[old],
                now=column.type,
            )
    for column in signed:
        if column.name not in present:
            yield Change(
                ChangeKind.COLUMN_REMOVED,
                f"column {column.name!r} was removed",
                column=column.name,
                was=column.name,
            )


def _likeness(one: npt.NDArray[np.uint32], other: npt.NDArray[np.uint32]) -> float:
    """The share of equal cells; where the number of rows differs, of cells that are in both."""
    if len(one) == len(other):
        return float(np.mean(one == other)) if len(one) else 0.0
    return min(float(np.mean(np.isin(one, other))), float(np.mean(np.isin(other, one))))
