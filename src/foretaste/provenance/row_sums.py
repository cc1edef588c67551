"""Roots over rows and over the rows of each source, in one pass and bounded memory."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from foretaste.data.coding import source_codes
from foretaste.data.rowhash import EncodedRows, encode_rows
from foretaste.data.rows import Rows
from foretaste.errors import UsageError
from foretaste.provenance.merkle import RootBuilder, leaf_hashes

__all__ = ["MAX_SOURCES", "RowSums", "SourceSum", "sum_rows"]

MAX_SOURCES = 10_000  # listed in a manifest
_MAX_RANGES = 1_000  # of one source
_BLOCK = 65_536  # rows read at once; a power of two lets a root grow by whole subtrees

Ranges = Mapping[str, Sequence[tuple[int, int]]]
Watcher = Callable[[EncodedRows, Sequence[bytes]], None]


@dataclass
class SourceSum:
    """The rows of a source seen so far: their root and where they stand."""

    builder: RootBuilder = field(default_factory=RootBuilder)
    ranges: list[tuple[int, int]] | None = field(default_factory=list)  # None: too scattered

    def add(self, rows: npt.NDArray[np.int64], leaves: Sequence[bytes]) -> None:
        """Rows (numbers, ascending) and their leaf hashes."""
        self.builder.extend(leaves)
        if self.ranges is None:
            return
        breaks = np.flatnonzero(np.diff(rows) > 1)
        starts = rows[np.concatenate([[0], breaks + 1])].tolist()
        stops = (rows[np.concatenate([breaks, [len(rows) - 1]])] + 1).tolist()
        if self.ranges and self.ranges[-1][1] == starts[0]:
            starts[0] = self.ranges.pop()[0]
        self.ranges += zip(starts, stops, strict=True)
        if len(self.ranges) > _MAX_RANGES:
            self.ranges = None


@dataclass(frozen=True)
class RowSums:
    """What a pass over all rows gives."""

    rows: int
    root: bytes
    sources: Mapping[str, SourceSum]  # by name; empty where no source is known


def sum_rows(
    rows: Rows,
    *,
    source: str | None = None,
    source_rows: Ranges | None = None,
    watch: Watcher | None = None,
) -> RowSums:
    """Roots over all rows and over those of each source.

    Parameters
    ----------
    rows
        Read once, block by block.
    source
        The column that says who gave a row.
    source_rows
        Where no column says it: row ranges (stop excluded) by source.
    watch
        Sees every few thousand rows with their digests, in order.

    Examples
    --------
    >>> from foretaste.data.open import open_rows
    >>> sums = sum_rows(open_rows({"x": [1, 2, 3], "by": ["a", "b", "a"]}), source="by")
    >>> sums.rows, sums.sources["a"].ranges
    (3, [(0, 1), (2, 3)])
    """
    whole, sources = RootBuilder(), dict[str, SourceSum]()
    told = _told_sources(source_rows or {}, rows.n_rows)
    for block in rows.blocks(_BLOCK):
        start, leaves = whole.size, list[bytes]()
        for part in encode_rows(block):
            digests = part.digests()
            if watch is not None:
                watch(part, digests)
            leaves += leaf_hashes(digests)
        whole.extend(leaves)
        for name, picked in _by_source(block, source, told, start):
            some = [leaves[row] for row in picked.tolist()]
            sources.setdefault(name, SourceSum()).add(picked + start, some)
    return RowSums(whole.size, whole.root(), sources)


@dataclass(frozen=True)
class _Told:
    """Sources by row, as they were told: (n,) codes into names, -1 for none."""

    codes: npt.NDArray[np.int64]
    names: tuple[str, ...]


def _told_sources(source_rows: Ranges, n_rows: int) -> _Told | None:
    if not source_rows:
        return None
    codes = np.full(n_rows, -1, dtype=np.int64)
    for code, (name, ranges) in enumerate(source_rows.items()):
        for start, stop in ranges:
            if not 0 <= start < stop <= n_rows:
                raise UsageError(
                    f"source_rows: {name!r} has rows {start} to {stop}, but row numbers run from "
                    f"0 to {n_rows} (stop excluded); give ranges within"
                )
            if (codes[start:stop] != -1).any():
                raise UsageError(
                    f"source_rows: rows {start} to {stop} of {name!r} are another source's too; "
                    "a row has one source"
                )
            codes[start:stop] = code
    return _Told(codes, tuple(source_rows))


def _by_source(
    block: pa.RecordBatch, column: str | None, told: _Told | None, start: int
) -> Iterator[tuple[str, npt.NDArray[np.int64]]]:
    """Each source in a block, and which rows of the block are its own."""
    if column is not None:
        codes, names = source_codes(pa.chunked_array([block.column(column)]))
    elif told is not None:
        codes, names = told.codes[start : start + block.num_rows], told.names
    else:
        return
    order = np.argsort(codes, kind="stable")
    for picked in np.split(order, np.flatnonzero(np.diff(codes[order])) + 1):
        if len(picked) and codes[picked[0]] >= 0:
            yield names[codes[picked[0]]], picked
