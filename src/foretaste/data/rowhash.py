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

import decimal
import hashlib
import struct
import zlib
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

__all__ = ["VERSION", "EncodedRows", "combine", "encode_rows", "row_digests"]

VERSION = "rowhash/v1"
Bytes = npt.NDArray[np.uint8]

_STEP = 16_384  # rows encoded at once
_STEP_BYTES = 16 * 1024**2  # and fewer where rows are wide
_LIMIT = 2.0**63
_UNITS = {"s": 1, "ms": 1_000, "us": 1_000_000, "ns": 1_000_000_000}


@dataclass(frozen=True)
class _Cells:
    """n encoded values: (n, 9) heads, and n bodies where any has one."""

    heads: Bytes
    bodies: Sequence[bytes] | None = None


@dataclass(frozen=True)
class EncodedRows:
    """n rows as the bytes that are hashed; made by `encode_rows`."""

    names: tuple[str, ...]  # of the columns, sorted as they are hashed
    batch: Any  # the rows themselves, Arrow
    header: bytes
    cells: tuple[_Cells, ...]  # one a column

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
    whole = hashlib.sha256(b"foretaste dataset/v1\n" + _header(sorted(names, key=_key)))
    whole.update(struct.pack(">Q", len(digests)))
    for digest in digests:
        whole.update(digest)
    return whole.hexdigest()


def _key(name: str) -> bytes:
    return name.encode()


def _named(name: str) -> bytes:
    return struct.pack(">I", len(name.encode())) + name.encode()


def _header(names: Sequence[str]) -> bytes:
    return (
        f"foretaste {VERSION}\n".encode()
        + struct.pack(">I", len(names))
        + b"".join(_named(n) for n in names)
    )


def encode_rows(block: Any) -> Iterator[EncodedRows]:
    """The rows of a record batch or table, encoded some thousands at a time."""
    names = tuple(sorted(block.schema.names, key=_key))
    start = _header(names)
    weight = max(1, block.nbytes // max(1, block.num_rows))
    step = max(64, min(_STEP, _STEP_BYTES // weight))
    for at in range(0, block.num_rows, step):
        part = block.slice(at, step)
        cells = tuple(_encode(_whole(part.column(name))) for name in names)
        yield EncodedRows(names, part, start, cells)


def _check_sums(cells: _Cells) -> npt.NDArray[np.uint32]:
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


def _encode(array: Any) -> _Cells:
    """Encode an Arrow array of any type."""
    kind = array.type
    if isinstance(kind, pa.BaseExtensionType):
        return _encode(array.storage)
    if pa.types.is_dictionary(kind):
        return _encode(array.dictionary_decode())
    if pa.types.is_run_end_encoded(kind):
        return _encode(pc.run_end_decode(array))
    if pa.types.is_null(kind):
        return _Cells(_heads(b"n", np.zeros(len(array), ">u8")))
    cells = _encode_present(array, kind)
    if array.null_count == 0:
        return cells
    present = np.asarray(array.is_valid().to_numpy(zero_copy_only=False), dtype=bool)
    heads = np.where(present[:, None], cells.heads, _heads(b"n", np.zeros(len(array), ">u8")))
    bodies = cells.bodies
    if bodies is not None:
        bodies = [b if p else b"" for b, p in zip(bodies, present, strict=True)]
    return _Cells(heads, bodies)


def _encode_present(array: Any, kind: Any) -> _Cells:
    """Encode an array; what it gives for missing values is discarded."""
    for fits, encode in _ENCODERS:
        if fits(kind):
            return encode(array, kind)
    raise TypeError(f"no encoding for columns of type {kind}")


def _numpy(array: Any, dtype: npt.DTypeLike) -> npt.NDArray[Any]:
    if array.null_count:
        array = array.fill_null(0)
    return np.asarray(array.to_numpy(zero_copy_only=False)).astype(dtype)


def _heads(tag: bytes, values: npt.NDArray[Any]) -> Bytes:
    """(n, 9): the tag, then the 8 bytes of each big-endian value."""
    heads = np.empty((len(values), 9), dtype=np.uint8)
    heads[:, 0] = tag[0]
    heads[:, 1:] = np.ascontiguousarray(values).view(np.uint8).reshape(-1, 8)
    return heads


def _booleans(array: Any, _: Any) -> _Cells:
    return _Cells(_heads(b"b", _numpy(array.cast(pa.uint8()), ">u8")))


def _integers(array: Any, kind: Any) -> _Cells:
    if kind != pa.uint64():
        return _Cells(_heads(b"i", _numpy(array.cast(pa.int64()), ">i8")))
    values = _numpy(array, ">u8")
    heads = _heads(b"i", values)
    heads[values >= 2**63, 0] = b"u"[0]
    return _Cells(heads)


def _floats(array: Any, _: Any) -> _Cells:
    return _Cells(_doubles(_numpy(array.cast(pa.float64()), np.float64)))


def _texts(array: Any, _: Any) -> _Cells:
    return _binary_cells(b"s", array.cast(pa.large_string()).cast(pa.large_binary()))


def _binaries(array: Any, _: Any) -> _Cells:
    return _binary_cells(b"x", array.cast(pa.large_binary()))


def _binary_cells(tag: bytes, array: Any) -> _Cells:
    """The values of a large binary array, quickly; what a missing one gives is discarded."""
    _, offsets, data = array.buffers()
    if len(array) == 0 or data is None:
        return _payloads(tag, [b""] * len(array))
    starts = np.frombuffer(offsets, np.int64)[array.offset : array.offset + len(array) + 1]
    first, last = int(starts[0]), int(starts[-1])
    flat = data.slice(first, last - first).to_pybytes()
    bodies = [flat[a:b] for a, b in _pairs(starts - first)]
    return _Cells(_heads(tag, np.diff(starts).astype(">u8")), bodies)


def _doubles(values: npt.NDArray[np.float64]) -> Bytes:
    whole = (np.floor(values) == values) & (np.abs(values) < _LIMIT)
    missing = np.isnan(values)
    heads = _heads(b"f", values.astype(">f8"))
    heads[whole] = _heads(b"i", values[whole].astype(">i8"))
    heads[missing] = _heads(b"n", np.zeros(int(missing.sum()), ">u8"))
    return heads


def _decimals(array: Any, kind: Any) -> _Cells:
    if kind.precision <= 15:  # every such value survives the way through a double
        return _Cells(_doubles(_numpy(array.cast(pa.float64()), np.float64)))
    exact = decimal.Context(prec=100)
    texts = [b"" if v is None else f"{v.normalize(exact):f}".encode() for v in array.to_pylist()]
    return _payloads(b"d", texts)


def _payloads(tag: bytes, payloads: list[bytes]) -> _Cells:
    lengths = np.fromiter((len(p) for p in payloads), dtype=">u8", count=len(payloads))
    return _Cells(_heads(tag, lengths), payloads)


def _moments(array: Any, kind: Any) -> _Cells:
    date = pa.types.is_date(kind)
    if date:
        array, unit = array.cast(pa.timestamp("s")), "s"
    else:
        unit = kind.unit
    tag = b"t" if date or pa.types.is_timestamp(kind) else b"h"
    array = array.cast(pa.int32()) if pa.types.is_time32(kind) else array
    ticks = _numpy(array.cast(pa.int64()), np.int64)
    seconds, rest = np.divmod(ticks, _UNITS[unit])
    nanos = (rest * (1_000_000_000 // _UNITS[unit])).astype(">u4").tobytes()
    bodies = [nanos[i : i + 4] for i in range(0, len(nanos), 4)]
    return _Cells(_heads(tag, seconds.astype(">i8")), bodies)


def _lists(array: Any, kind: Any) -> _Cells:
    if pa.types.is_fixed_size_list(kind):
        starts = (np.arange(len(array) + 1) + array.offset) * kind.list_size
        values = array.values
    else:
        starts, values = np.asarray(array.offsets), array.values
    if kind.value_type == pa.uint8():
        flat = _numpy(values, np.uint8)
        return _payloads(b"x", [flat[a:b].tobytes() for a, b in _pairs(starts)])
    first, last = int(starts[0]), int(starts[-1])
    items = _encode(values.slice(first, last - first))
    bodies = [
        items.heads[a:b].tobytes() + b"".join(items.bodies[a:b] if items.bodies else ())
        for a, b in _pairs(starts - first)
    ]
    return _Cells(_heads(b"l", np.diff(starts).astype(">u8")), bodies)


def _pairs(starts: npt.NDArray[Any]) -> Iterator[tuple[int, int]]:
    return zip(starts[:-1].tolist(), starts[1:].tolist(), strict=True)


def _structs(array: Any, kind: Any) -> _Cells:
    fields = [kind.field(i) for i in range(kind.num_fields)]
    order = sorted(range(len(fields)), key=lambda i: _key(fields[i].name))
    parts = [(_named(fields[i].name), _encode(array.field(i))) for i in order]
    bodies = [
        b"".join(
            name + cells.heads[row].tobytes() + (cells.bodies[row] if cells.bodies else b"")
            for name, cells in parts
        )
        for row in range(len(array))
    ]
    return _Cells(_heads(b"r", np.full(len(array), len(fields), ">u8")), bodies)


def _maps(array: Any, kind: Any) -> _Cells:
    pairs = pa.struct([("key", kind.key_type), ("value", kind.item_type)])
    return _lists(array.cast(pa.list_(pairs)), pa.list_(pairs))


_ENCODERS: tuple[tuple[Callable[[Any], bool], Callable[[Any, Any], _Cells]], ...] = (
    (pa.types.is_boolean, _booleans),
    (pa.types.is_integer, _integers),
    (pa.types.is_floating, _floats),
    (pa.types.is_decimal, _decimals),
    (pa.types.is_temporal, _moments),
    (pa.types.is_struct, _structs),
    (pa.types.is_map, _maps),
    *(
        (fits, _lists)
        for fits in (pa.types.is_list, pa.types.is_large_list, pa.types.is_fixed_size_list)
    ),
    *(
        (fits, _texts)
        for fits in (pa.types.is_string, pa.types.is_large_string, pa.types.is_string_view)
    ),
    *(
        (fits, _binaries)
        for fits in (
            *(pa.types.is_binary, pa.types.is_large_binary),
            *(pa.types.is_binary_view, pa.types.is_fixed_size_binary),
        )
    ),
)
