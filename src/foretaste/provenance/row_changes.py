"""What happened to single rows: cells, labels, sources, order, rows gone or come."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pyarrow as pa

from foretaste.data.rows import Rows
from foretaste.provenance.changes import Change, ChangeKind
from foretaste.provenance.column_changes import (
    RenamedRows,
    columns_of,
    find_renamed,
    name_columns,
)
from foretaste.provenance.manifest import Manifest
from foretaste.provenance.row_index import RowIndex, as_index, index_table
from foretaste.provenance.row_matching import Matching, match_rows
from foretaste.provenance.row_sums import sum_rows
from foretaste.provenance.row_values import RowValues, fetch, row_name

__all__ = ["MAX_NAMED", "name_row_changes"]

MAX_NAMED = 100  # changes of one kind that are named one by one
_KINDS = {"label": ChangeKind.LABEL, "source": ChangeKind.SOURCE}


def name_row_changes(manifest: Manifest, before: RowIndex, rows: Rows) -> list[Change]:
    """Compare rows, one by one, with those that were signed.

    Parameters
    ----------
    manifest
        Of the rows as they were signed.
    before
        Its index.
    rows
        As they are now.

    Returns
    -------
    list of Change
        Empty only if all rows are as they were signed.
    """
    now = columns_of(rows.schema)
    after = _index(rows)
    renamed = find_renamed(manifest.columns, now, before, after)
    changes = list(name_columns(manifest.columns, now, renamed))
    if renamed:
        rows = RenamedRows(rows, renamed)
        after = _index(rows)
    comparison = _Comparison(manifest, before, after, rows)
    return [*changes, *comparison.changes()]


def _index(rows: Rows) -> RowIndex:
    parts: list[pa.Table] = []
    sum_rows(rows, watch=lambda encoded, digests: parts.append(index_table(encoded, digests)))
    names = tuple(sorted(rows.schema.names, key=lambda name: str(name).encode()))
    if not parts:
        return RowIndex(np.empty((0, 32), np.uint8), None, names)
    return as_index(pa.concat_tables(parts), names)


@dataclass(frozen=True)
class _Comparison:
    """Signed rows beside present ones, of the same column names as far as possible."""

    manifest: Manifest
    before: RowIndex
    after: RowIndex
    rows: Rows

    def changes(self) -> Iterator[Change]:
        """In the order of kinds: changed, removed, added, moved."""
        found = match_rows(self._old_keys, self._new_keys, self._alike)
        wanted = [new for _, new in found.changed[:MAX_NAMED]]
        wanted += [row for rows in self._parted(found.added) for row in rows[:MAX_NAMED]]
        wanted += found.moved[:2]
        values = fetch(self.rows, wanted, self.manifest.role("id"))
        yield from self._changed(found.changed, values)
        yield from self._removed(found.removed)
        yield from self._added(found.added, values)
        yield from _moved(found, values)

    # --- matching -------------------------------------------------------------------------

    @cached_property
    def _common(self) -> tuple[list[int], list[int], tuple[str, ...]]:
        """The columns of both sides: their places in either index, and their names."""
        names = tuple(name for name in self.before.columns if name in self.after.columns)
        return (
            [self.before.columns.index(name) for name in names],
            [self.after.columns.index(name) for name in names],
            names,
        )

    @property
    def _same_columns(self) -> bool:
        return self.before.columns == self.after.columns

    @cached_property
    def _old_keys(self) -> list[bytes]:
        return self._keys(self.before, self._common[0])

    @cached_property
    def _new_keys(self) -> list[bytes]:
        return self._keys(self.after, self._common[1])

    def _keys(self, index: RowIndex, columns: list[int]) -> list[bytes]:
        """What rows are compared by: digests, or checks of the common columns."""
        if self._same_columns or index.checks is None:
            return _cut(index.digests.tobytes(), 32)
        return _cut(np.ascontiguousarray(index.checks[:, columns]).tobytes(), 4 * len(columns))

    def _differing(self, old: int, new: int) -> list[str] | None:
        """The columns in which two rows differ; None where that is not known."""
        if self.before.checks is None or self.after.checks is None:
            return None
        mine, theirs, names = self._common
        same = self.before.checks[old, mine] == self.after.checks[new, theirs]
        return [name for name, equal in zip(names, same, strict=True) if not equal]

    def _alike(self, old: int, new: int) -> bool:
        differing = self._differing(old, new)
        if differing is None:
            return True
        names, key = self._common[2], self.manifest.role("id")
        same_id = key in names and key not in differing
        return same_id or 2 * len(differing) <= max(2, len(names))

    # --- naming ---------------------------------------------------------------------------

    def _changed(self, pairs: Sequence[tuple[int, int]], values: RowValues) -> Iterator[Change]:
        for old, new in pairs[:MAX_NAMED]:
            differing = self._differing(old, new)
            if not differing:
                shown, row_id = values.name(new)
                sentence = f"{shown} was changed"
                yield Change(ChangeKind.ROW_CHANGED, sentence, row=new, row_id=row_id)
            for column in differing or ():
                yield self._cell(old, new, column, values, alone=len(differing or ()) == 1)
        more: Counter[str] = Counter()
        for old, new in pairs[MAX_NAMED:]:
            more.update(self._differing(old, new) or [""])
        for column, number in more.items():
            if column:
                sentence = f"{number:,} more cells of column {column!r} were changed"
                yield Change(self._kind(column), sentence, column=column)
            else:
                yield Change(ChangeKind.ROW_CHANGED, f"{number:,} more rows were changed")

    def _cell(self, old: int, new: int, column: str, values: RowValues, *, alone: bool) -> Change:
        shown, row_id = values.name(new)
        kind, now = self._kind(column), values.text(new, column)
        was = None
        if alone and kind is not ChangeKind.CELL and self._same_columns:
            known = [share.name for share in self.manifest.sources]
            also = known if kind is ChangeKind.SOURCE else ()
            was = values.former(new, column, self.before.digests[old].tobytes(), also)
        told = f" from {was!r:.80}" if was is not None else ""
        what = f"column {column!r}" if kind is ChangeKind.CELL else f"{kind} ({column!r})"
        sentence = f"{shown}: {what} was changed{told} to {now!r:.80}"
        return Change(kind, sentence, row=new, row_id=row_id, column=column, was=was, now=now)

    def _removed(self, removed: Sequence[int]) -> Iterator[Change]:
        for row in removed[:MAX_NAMED]:
            row_id = self.before.ids[row] if self.before.ids else None
            sentence = f"{row_name(row, row_id)} as signed was removed"
            yield Change(ChangeKind.ROW_REMOVED, sentence, row=row, row_id=row_id)
        yield from _rest(ChangeKind.ROW_REMOVED, len(removed), "rows were removed")

    def _added(self, added: Sequence[int], values: RowValues) -> Iterator[Change]:
        copies, fresh = self._parted(added)
        for row in copies[:MAX_NAMED]:
            shown, row_id = values.name(row)
            sentence = f"{shown} is a copy of row {self._signed[self._new_keys[row]]} as signed"
            yield Change(ChangeKind.ROW_DUPLICATED, sentence, row=row, row_id=row_id)
        yield from _rest(ChangeKind.ROW_DUPLICATED, len(copies), "rows are copies of signed rows")
        for row in fresh[:MAX_NAMED]:
            shown, row_id = values.name(row)
            yield Change(ChangeKind.ROW_ADDED, f"{shown} was added", row=row, row_id=row_id)
        yield from _rest(ChangeKind.ROW_ADDED, len(fresh), "rows were added")

    def _parted(self, added: Sequence[int]) -> tuple[list[int], list[int]]:
        """Added rows that are copies of signed ones, and those that are new."""
        copies = [row for row in added if self._new_keys[row] in self._signed]
        fresh = [row for row in added if self._new_keys[row] not in self._signed]
        return copies, fresh

    @cached_property
    def _signed(self) -> dict[bytes, int]:
        """The first signed row of each key."""
        return {key: row for row, key in reversed(list(enumerate(self._old_keys)))}

    def _kind(self, column: str) -> ChangeKind:
        return _KINDS.get(self._role_of(column), ChangeKind.CELL)

    def _role_of(self, column: str) -> str:
        return next((role for role, name in self.manifest.roles if name == column), "")


def _moved(found: Matching, values: RowValues) -> Iterator[Change]:
    moved = found.moved
    if not moved:
        return
    if len(moved) == 2 and not (found.removed or found.added):
        one, other = values.name(moved[0])[0], values.name(moved[1])[0]
        yield Change(ChangeKind.ORDER, f"{one} and {other} were swapped", row=moved[0])
        return
    first = ", ".join(map(str, moved[:5])) + (" ..." if len(moved) > 5 else "")
    sentence = f"{len(moved):,} rows stand in another order than signed (rows {first})"
    yield Change(ChangeKind.ORDER, sentence, row=moved[0])


def _rest(kind: ChangeKind, number: int, what: str, column: str | None = None) -> Iterator[Change]:
    if number > MAX_NAMED:
        yield Change(kind, f"{number - MAX_NAMED:,} more {what}", column=column)


def _cut(content: bytes, width: int) -> list[bytes]:
    if width == 0:
        return []
    return [content[at : at + width] for at in range(0, len(content), width)]
