"""Columns of moments: timestamps, dates, ISO 8601 strings, or numbers since 1970."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from foretaste.data.kinds import is_text

__all__ = ["is_moment", "moments"]

Floats = npt.NDArray[np.float64]
_EPOCHS = (1e8, 5e9)  # plausible seconds since 1970: 1973 to 2128
_UNITS = (1.0, 1e3, 1e6, 1e9)  # of a second, a milli-, micro- and nanosecond


def is_moment(column: pa.ChunkedArray, *, stated: bool = False) -> bool:
    """Whether a column holds moments. A stated column of numbers is taken as it is.

    Examples
    --------
    >>> import pyarrow as pa
    >>> [is_moment(pa.chunked_array([c])) for c in (["2024-02-29"], ["soon"], [1.7e9], [3.0])]
    [True, False, True, False]
    """
    kind = column.type
    if pa.types.is_timestamp(kind) or pa.types.is_date(kind):
        return True
    if is_text(kind):
        seconds = _parsed(column.slice(0, 200))
        present = len(seconds) - column.slice(0, 200).null_count
        return bool(present) and int(np.isfinite(seconds).sum()) >= 0.95 * present
    if not (pa.types.is_integer(kind) or pa.types.is_floating(kind)):
        return False
    if stated:
        return True
    values = column.cast(pa.float64()).drop_null().to_numpy()
    middle = float(np.nanmedian(values)) if np.isfinite(values).any() else 0.0
    return any(_EPOCHS[0] < middle / unit < _EPOCHS[1] for unit in _UNITS)


def moments(column: pa.ChunkedArray) -> Floats:
    """(n,) seconds since 1970 (UTC), NaN where unknown or no moment.

    Numbers are seconds, or milli-, micro- or nanoseconds if their median is too large for that.

    Examples
    --------
    >>> import pyarrow as pa
    >>> moments(pa.chunked_array([[1_700_000_000_000, None]])).tolist()
    [1700000000.0, nan]
    >>> moments(pa.chunked_array([["1970-01-02", "1970-01-01T01:00:00+01:00"]])).tolist()
    [86400.0, 0.0]
    """
    kind = column.type
    if is_text(kind):
        return _parsed(column)
    values = column.combine_chunks()
    if pa.types.is_temporal(kind):
        ticks = values.cast(pa.timestamp("us"), safe=False).cast(pa.int64())
        return _doubles(ticks) / 1e6
    seconds = _doubles(values)
    size = float(np.nanmedian(np.abs(seconds))) if np.isfinite(seconds).any() else 0.0
    return seconds / next((unit for unit in _UNITS if size / unit < 1e11), 1e9)


def _doubles(values: Any) -> Floats:
    return np.array(values.cast(pa.float64(), safe=False).to_numpy(zero_copy_only=False))


def _parsed(column: pa.ChunkedArray) -> Floats:
    """ISO 8601 strings; all at once where they are uniform, otherwise one by one."""
    texts = column.cast(pa.large_string()).combine_chunks()
    for kind in (pa.timestamp("us"), pa.timestamp("us", "UTC")):
        try:
            return _doubles(texts.cast(kind).cast(pa.int64())) / 1e6
        except pa.ArrowInvalid:
            continue
    return np.array([_one(text) for text in texts.to_pylist()], dtype=np.float64)


def _one(text: str | None) -> float:
    try:
        moment = datetime.fromisoformat((text or "").strip())
        return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()
    except (ValueError, OverflowError):
        return float("nan")
