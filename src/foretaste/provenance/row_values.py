"""What rows are called and hold, for the few that are named."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa

from foretaste.data.kinds import is_text
from foretaste.data.loose import text_of
from foretaste.data.rowhash import row_digests
from foretaste.data.rows import Rows, one_column, pick
from foretaste.provenance.column_changes import RenamedRows

__all__ = ["RowValues", "fetch", "row_name"]

_MAX_DOMAIN = 500  # values that are tried to tell what a cell was


@dataclass(frozen=True)
class RowValues:
    """Some rows of a data set, in memory, under the names of the signed columns."""

    rows: Rows  # all of them
    places: dict[int, int]  # row number to place in `table`
    table: pa.Table
    id_column: str | None

    def name(self, row: int) -> tuple[str, str | None]:
        """How a row is called in a sentence, and its id."""
        if self.id_column is None or self.id_column not in self.table.schema.names:
            return row_name(row, None), None
        row_id = self.text(row, self.id_column)
        return row_name(row, row_id), row_id

    def text(self, row: int, column: str) -> str:
        """One cell as text."""
        return _shown(self.table.column(column).slice(self.places[row], 1))

    def former(self, row: int, column: str, signed: bytes, also: Sequence[str] = ()) -> str | None:
        """What the cell was: the value with which the row has the digest that was signed.

        Tried are the values that the column holds anywhere now, 500 at most, and `also`; a digest
        cannot be inverted, but among few values the right one is proven by it.
        """
        below, names = _below(self.rows)
        present = next((new for new, old in names.items() if old == column), column)
        domain = one_column(below, present).unique().slice(0, _MAX_DOMAIN)
        if also and is_text(domain.type):
            domain = pa.concat_arrays([domain, pa.array(also, domain.type)])
        many = self.table.take(pa.array(np.full(len(domain), self.places[row])))
        tried = many.set_column(many.schema.get_field_index(column), column, domain)
        digests = row_digests([tried.combine_chunks()])
        return _shown(domain.slice(digests.index(signed), 1)) if signed in digests else None


def fetch(rows: Rows, numbers: Iterable[int], id_column: str | None) -> RowValues:
    """Read the rows with these numbers, once."""
    wanted = sorted(set(numbers))
    below, names = _below(rows)
    table = pick(below, np.array(wanted, dtype=np.int64))
    table = table.rename_columns([names.get(name, name) for name in table.schema.names])
    return RowValues(rows, {row: place for place, row in enumerate(wanted)}, table, id_column)


def row_name(row: int, row_id: str | None) -> str:
    """How a row is called.

    >>> row_name(3, "b-17")
    "row 3 (id 'b-17')"
    """
    return f"row {row}" if row_id is None else f"row {row} (id {row_id!r:.60})"


def _below(rows: Rows) -> tuple[Rows, dict[str, str]]:
    """The rows as they are on disk, and how their columns are called here."""
    return (rows.rows, dict(rows.names)) if isinstance(rows, RenamedRows) else (rows, {})


def _shown(cell: Any) -> str:
    """One cell as text."""
    value = cell[0].as_py()
    if value is None:
        return "missing"
    if isinstance(value, bytes):
        return f"{len(value)} bytes, sha256 {hashlib.sha256(value).hexdigest()[:16]}…"
    if isinstance(value, list | dict):
        return f"{value!r:.80}"
    return str(text_of(cell)[0].as_py())
