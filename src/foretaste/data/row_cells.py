"""Columns as the bytes that rowhash/v1 hashes: see `foretaste.data.rowhash` for the table."""

from __future__ import annotations

import decimal
import struct
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

__all__ = ["Cells", "encode_cells", "name_order", "named_bytes"]

Bytes = npt.NDArray[np.uint8]

_LIMIT = 2.0**63
_UNITS = {"s": 1, "ms": 1_000, "us": 1_000_000, "ns": 1_000_000_000}


@dataclass(frozen=True)
class Cells:
    """n encoded values: (n, 9) heads, and n bodies where any has one."""

    heads: Bytes
    bodies: Sequence[bytes] | None = None


def name_order(name: str) -> bytes:
    """What column and field names are sorted by."""
    return name.encode()


def named_bytes(name: str) -> bytes:
    """A name after its length."""
    return struct.pack(">I", len(name.encode())) + name.encode()


def encode_cells(array: Any) -> Cells:
    """Encode an Arrow array of any type."""
    kind = array.type
    if isinstance(kind, pa.BaseExtensionType):
        return encode_cells(array.storage)
    if pa.types.is_dictionary(kind):
        return encode_cells(array.dictionary_decode())
    if pa.types.is_run_end_encoded(kind):
        return encode_cells(pc.run_end_decode(array))
    if pa.types.is_null(kind):
        return Cells(_heads(b"n", np.zeros(len(array), ">u8")))
    cells = _encode_present(array, kind)
    if array.null_count == 0:
        return cells
    present = np.asarray(array.is_valid().to_numpy(zero_copy_only=False), dtype=bool)
    heads = np.where(present[:, None], cells.heads, _heads(b"n", np.zeros(len(array), ">u8")))
    bodies = cells.bodies
    if bodies is not None:
        bodies = [b if p else b"" for b, p in zip(bodies, present, strict=True)]
    return Cells(heads, bodies)


def _encode_present(array: Any, kind: Any) -> Cells:
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


def _booleans(array: Any, _: Any) -> Cells:
    return Cells(_heads(b"b", _numpy(array.cast(pa.uint8()), ">u8")))


def _integers(array: Any, kind: Any) -> Cells:
    if kind != pa.uint64():
        return Cells(_heads(b"i", _numpy(array.cast(pa.int64()), ">i8")))
    values = _numpy(array, ">u8")
    heads = _heads(b"i", values)
    heads[values >= 2**63, 0] = b"u"[0]
    return Cells(heads)


def _floats(array: Any, _: Any) -> Cells:
    return Cells(_doubles(_numpy(array.cast(pa.float64()), np.float64)))


def _texts(array: Any, _: Any) -> Cells:
    return _binary_cells(b"s", array.cast(pa.large_string()).cast(pa.large_binary()))


def _binaries(array: Any, _: Any) -> Cells:
    return _binary_cells(b"x", array.cast(pa.large_binary()))


def _binary_cells(tag: bytes, array: Any) -> Cells:
    """The values of a large binary array, quickly; what a missing one gives is discarded."""
    _, offsets, data = array.buffers()
    if len(array) == 0 or data is None:
        return _payloads(tag, [b""] * len(array))
    starts = np.frombuffer(offsets, np.int64)[array.offset : array.offset + len(array) + 1]
    first, last = int(starts[0]), int(starts[-1])
    flat = data.slice(first, last - first).to_pybytes()
    bodies = [flat[a:b] for a, b in _pairs(starts - first)]
    return Cells(_heads(tag, np.diff(starts).astype(">u8")), bodies)


def _doubles(values: npt.NDArray[np.float64]) -> Bytes:
    whole = (np.floor(values) == values) & (np.abs(values) < _LIMIT)
    missing = np.isnan(values)
    heads = _heads(b"f", values.astype(">f8"))
    heads[whole] = _heads(b"i", values[whole].astype(">i8"))
    heads[missing] = _heads(b"n", np.zeros(int(missing.sum()), ">u8"))
    return heads


def _decimals(array: Any, kind: Any) -> Cells:
    if kind.precision <= 15:  # every such value survives the way through a double
        return Cells(_doubles(_numpy(array.cast(pa.float64()), np.float64)))
    exact = decimal.Context(prec=100)
    texts = [b"" if v is None else f"{v.normalize(exact):f}".encode() for v in array.to_pylist()]
    return _payloads(b"d", texts)


def _payloads(tag: bytes, payloads: list[bytes]) -> Cells:
    lengths = np.fromiter((len(p) for p in payloads), dtype=">u8", count=len(payloads))
    return Cells(_heads(tag, lengths), payloads)


def _moments(array: Any, kind: Any) -> Cells:
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
    return Cells(_heads(tag, seconds.astype(">i8")), bodies)


def _lists(array: Any, kind: Any) -> Cells:
    if pa.types.is_fixed_size_list(kind):
        starts = (np.arange(len(array) + 1) + array.offset) * kind.list_size
        values = array.values
    else:
        starts, values = np.asarray(array.offsets), array.values
    if kind.value_type == pa.uint8():
        flat = _numpy(values, np.uint8)
        return _payloads(b"x", [flat[a:b].tobytes() for a, b in _pairs(starts)])
    first, last = int(starts[0]), int(starts[-1])
    items = encode_cells(values.slice(first, last - first))
    bodies = [
        items.heads[a:b].tobytes() + b"".join(items.bodies[a:b] if items.bodies else ())
        for a, b in _pairs(starts - first)
    ]
    return Cells(_heads(b"l", np.diff(starts).astype(">u8")), bodies)


def _pairs(starts: npt.NDArray[Any]) -> Iterator[tuple[int, int]]:
    return zip(starts[:-1].tolist(), starts[1:].tolist(), strict=True)


def _structs(array: Any, kind: Any) -> Cells:
    fields = [kind.field(i) for i in range(kind.num_fields)]
    order = sorted(range(len(fields)), key=lambda i: name_order(fields[i].name))
    parts = [(named_bytes(fields[i].name), encode_cells(array.field(i))) for i in order]
    bodies = [
        b"".join(
            name + cells.heads[row].tobytes() + (cells.bodies[row] if cells.bodies else b"")
            for name, cells in parts
        )
        for row in range(len(array))
    ]
    return Cells(_heads(b"r", np.full(len(array), len(fields), ">u8")), bodies)


def _maps(array: Any, kind: Any) -> Cells:
    pairs = pa.struct([("key", kind.key_type), ("value", kind.item_type)])
    return _lists(array.cast(pa.list_(pairs)), pa.list_(pairs))


_ENCODERS: tuple[tuple[Callable[[Any], bool], Callable[[Any, Any], Cells]], ...] = (
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
