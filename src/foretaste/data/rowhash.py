r"""rowhash/v1: one digest a row, the same whatever file format carried the row.

The digest of a row is SHA-256 over ``header + heads + bodies``. All integers are big-endian.

header
    ``b"foretaste rowhash/v1\n"``, the number of columns (4 bytes), then for each column, sorted
    by the UTF-8 bytes of its name, the length of the name (4 bytes) and the name. So the order
    of columns does not matter, their names do.
heads
    For each column, in that order, 9 bytes: a tag and 8 bytes of value or length.
bodies
    For each column whose tag has a body, in that order, the body.

=====  =====================  ==========================  =====================================
tag    value                  the 8 bytes                 body
=====  =====================  ==========================  =====================================
``n``  missing (null, NaN)    zero
``b``  boolean                0 or 1
``i``  whole number           two's complement
``u``  whole number >= 2^63   unsigned
``f``  other number           IEEE 754 double
``d``  decimal of precision   length                      digits without trailing zeros, ASCII
       > 15
``s``  text                   length in bytes             UTF-8, not normalised
``x``  bytes                  length                      the bytes; so are lists of uint8
``t``  date or timestamp      seconds since 1970 (UTC)    nanoseconds within it, 4 bytes
``h``  time of day, duration  seconds                     nanoseconds within it, 4 bytes
``l``  list                   number of items             heads of the items, then bodies
``r``  struct                 number of fields            per field, sorted by name: length of
                                                          name (4), name, head, body
=====  =====================  ==========================  =====================================

Numbers are compared by value, not by width: 1, 1.0 and a float32 1 are ``i`` 1; -0.0 is ``i`` 0;
a float32 is widened exactly, so the float32 nearest to 0.1 is not the double 0.1. Whole doubles
of magnitude 2^63 and above, and infinities, are ``f``. A timestamp without a zone is taken as
UTC; a date is its midnight. Dictionary and run-length encodings, and 32 or 64 bit offsets, do
not show.
"""

from __future__ import annotations

import hashlib
import struct
import zlib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from foretaste.data.row_cells import Cells, encode_cells, name_order, named_bytes

__all__ = ["VERSION", "EncodedRows", "combine", "encode_rows", "row_digests"]

VERSION = "rowhash/v1"

_STEP = 16_384  # rows encoded at once
_STEP_BYTES = 16 * 1024**2  # and fewer where rows are wide


@dataclass(frozen=True)
class EncodedRows:
    """n rows as the bytes that are hashed; made by `encode_rows`."""

    names: tuple[str, ...]  # of the columns, sorted as they are hashed
    batch: Any  # the rows themselves, Arrow
    header: bytes
    cells: tuple[Cells, ...]  # one a column

    @property
    def n_rows(self) -> int:
        """How many rows these are."""
        return int(self.batch.num_rows)

    def digests(self) -> list[bytes]:
        """32 bytes a row, in order."""
        start = hashlib.sha256(self.header)
        parts: list[Sequence[bytes]] = []
        if self.cells:
            flat = np.hstack([c.heads for c in self.cells]).tobytes()
            width = 9 * len(self.cells)
            parts.append([flat[i : i + width] for i in range(0, len(flat), width)])
        parts += [c.bodies for c in self.cells if c.bodies is not None]
        messages = map(b"".join, zip(*parts, strict=True)) if parts else [b""] * self.n_rows
        digests = []
        for message in messages:
            digest = start.copy()
            digest.update(message)
            digests.append(digest.digest())
        return digests

    def checks(self) -> npt.NDArray[np.uint32]:
        """(n, columns) check sums of single cells: they help to name which cell changed.

        Not cryptographic: equal cells have equal checks, others differ but for one in 2^32, or
        where somebody made them collide on purpose. Never trust a row by them.
        """
        checks = np.empty((self.n_rows, len(self.cells)), dtype=np.uint32)
        for at, cells in enumerate(self.cells):
            checks[:, at] = _check_sums(cells)
        return checks


def row_digests(blocks: Iterable[pa.RecordBatch]) -> list[bytes]:
    """The rowhash/v1 digest of every row.

    Parameters
    ----------
    blocks
        Arrow record batches (or tables) of one schema.

    Returns
    -------
    list of bytes
        32 bytes a row, in order.

    Examples
    --------
    >>> import pyarrow as pa
    >>> a = row_digests([pa.table({"x": [1.0, 2.5], "y": ["a", None]})])
    >>> b = row_digests([pa.table({"y": ["a", None], "x": pa.array([1, 2.5], pa.float32())})])
    >>> a == b, a[0].hex()[:16]
    (True, 'df1db8a2cf12c575')
    """
    return [d for block in blocks for rows in encode_rows(block) for d in rows.digests()]


def combine(names: Iterable[str], digests: Sequence[bytes]) -> str:
    """The digest of a data set: its column names, its number of rows and its rows in order.

    Examples
    --------
    >>> combine(["x"], [b"0" * 32]) == combine(["x"], [b"1" * 32])
    False
    """
    whole = hashlib.sha256(b"foretaste dataset/v1\n" + _header(sorted(names, key=name_order)))
    whole.update(struct.pack(">Q", len(digests)))
    for digest in digests:
        whole.update(digest)
    return whole.hexdigest()


def _header(names: Sequence[str]) -> bytes:
    return (
        f"foretaste {VERSION}\n".encode()
        + struct.pack(">I", len(names))
        + b"".join(named_bytes(n) for n in names)
    )


def encode_rows(block: Any) -> Iterator[EncodedRows]:
    """The rows of a record batch or table, encoded some thousands at a time."""
    names = tuple(sorted(block.schema.names, key=name_order))
    start = _header(names)
    weight = max(1, block.nbytes // max(1, block.num_rows))
    step = max(64, min(_STEP, _STEP_BYTES // weight))
    for at in range(0, block.num_rows, step):
        part = block.slice(at, step)
        cells = tuple(encode_cells(_whole(part.column(name))) for name in names)
        yield EncodedRows(names, part, start, cells)


def _check_sums(cells: Cells) -> npt.NDArray[np.uint32]:
    """Heads mixed by multiplication (the constants of SplitMix64), bodies by CRC-32."""
    values = np.ascontiguousarray(cells.heads[:, 1:]).view(">u8")[:, 0].astype(np.uint64)
    mixed = values + cells.heads[:, 0].astype(np.uint64) * np.uint64(0x9E3779B97F4A7C15)
    for shift, factor in ((30, 0xBF58476D1CE4E5B9), (27, 0x94D049BB133111EB)):
        mixed = (mixed ^ (mixed >> np.uint64(shift))) * np.uint64(factor)
    sums = (mixed >> np.uint64(32)).astype(np.uint32)
    if cells.bodies is not None:
        crcs = map(zlib.crc32, cells.bodies)
        sums ^= np.fromiter(crcs, dtype=np.uint32, count=len(cells.bodies))
    return sums


def _whole(column: Any) -> Any:
    if isinstance(column, pa.ChunkedArray):
        column = column.combine_chunks()
    return column
