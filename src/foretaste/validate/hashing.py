"""64-bit hashes of whole blocks of values and of row numbers, the same on every machine.

They spread values for sketches and samples and find candidates for duplicates, which are then
compared in full: no verdict rests on two hashes being equal, and they are no digests.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

__all__ = ["hash_rows", "hash_values"]

Hashes = npt.NDArray[np.uint64]

_ODD = np.uint64(0x9E3779B97F4A7C15)
_BASE = np.uint64(0xD1342543DE82EF95)
_CHUNK_BYTES = 4 * 1024**2


def hash_rows(start: int, count: int, seed: int) -> Hashes:
    """(count,) a hash of each row number from `start` on: the keys of a random sample.

    Examples
    --------
    >>> bool((hash_rows(0, 6, seed=1)[2:] == hash_rows(2, 4, seed=1)).all())
    True
    """
    numbers = np.arange(start, start + count, dtype=np.uint64)
    return _mixed(numbers + _mixed(np.full(1, seed % 2**64, dtype=np.uint64)))


def hash_values(values: Any) -> Hashes:
    """(n,) a hash of each value of an Arrow array of numbers, strings, booleans or bytes.

    Equal values have equal hashes; missing ones have that of an empty value.

    Examples
    --------
    >>> a, b, c = hash_values(pa.array(["x", "yy", "x"]))
    >>> bool(a == c), bool(a == b)
    (True, False)
    """
    kind = values.type
    if pa.types.is_boolean(kind):
        values, kind = values.cast(pa.int64()), pa.int64()
    if pa.types.is_integer(kind) or pa.types.is_floating(kind) or pa.types.is_temporal(kind):
        return _of_numbers(values)
    return _of_bytes(values.cast(pa.large_binary()))


def _mixed(values: Hashes) -> Hashes:
    """Every bit of the result depends on every bit of the value (splitmix64, Steele 2014)."""
    with np.errstate(over="ignore"):
        mixed = values + _ODD
        mixed = (mixed ^ (mixed >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
        mixed = (mixed ^ (mixed >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return np.asarray(mixed ^ (mixed >> np.uint64(31)), dtype=np.uint64)


def _of_numbers(values: Any) -> Hashes:
    if values.null_count:
        values = values.fill_null(0)
    numbers = values.to_numpy(zero_copy_only=False)
    if numbers.dtype.kind not in "fiu":
        numbers = numbers.astype(np.int64)  # moments
    if numbers.dtype.kind == "f":
        numbers = numbers.astype(np.float64) + 0.0  # -0.0 is 0.0
    else:
        numbers = numbers.astype(np.int64)
    return _mixed(np.ascontiguousarray(numbers).view(np.uint64))


def _of_bytes(values: Any) -> Hashes:
    """A polynomial in the bytes modulo 2^64, mixed; block by block to bound the memory."""
    if values.null_count:
        values = values.fill_null(b"")
    out = np.empty(len(values), dtype=np.uint64)
    offsets = np.frombuffer(values.buffers()[1], dtype=np.int64)
    offsets = offsets[values.offset : values.offset + len(values) + 1]
    content = values.buffers()[2]
    data = np.frombuffer(content, dtype=np.uint8) if content is not None else np.zeros(0, np.uint8)
    start = 0
    while start < len(values):
        stop = int(np.searchsorted(offsets, offsets[start] + _CHUNK_BYTES, side="right")) - 1
        stop = min(max(stop, start + 1), len(values))
        out[start:stop] = _polynomial(data, offsets[start : stop + 1])
        start = stop
    return _mixed(out)


def _polynomial(data: npt.NDArray[np.uint8], offsets: npt.NDArray[np.int64]) -> Hashes:
    lengths = np.diff(offsets)
    first, last = int(offsets[0]), int(offsets[-1])
    if last == first:
        return np.zeros(len(lengths), dtype=np.uint64)
    longest = int(lengths.max())
    with np.errstate(over="ignore"):
        powers = np.full(longest, _BASE, dtype=np.uint64).cumprod()
        place = np.arange(last - first) - np.repeat(offsets[:-1] - first, lengths)
        terms = (data[first:last].astype(np.uint64) + np.uint64(1)) * powers[place]
        sums = np.concatenate([np.zeros(1, np.uint64), terms.cumsum(dtype=np.uint64)])
        hashes = sums[offsets[1:] - first] - sums[offsets[:-1] - first]
    return np.asarray(hashes, dtype=np.uint64)
