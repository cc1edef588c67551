"""Rows that break a rule: how many, which are the first, and with what value."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

__all__ = ["MAX_NAMED", "Tally"]

MAX_NAMED = 20  # rows named in a finding
_MAX_VALUE = 80  # characters shown of a value
Bools = npt.NDArray[np.bool_]


class Tally:
    """Counts rows, block after block."""

    def __init__(self) -> None:
        self.count = 0
        self.rows: list[int] = []
        self.value = ""

    def add(self, broken: Bools, start: int, values: Any = None) -> None:
        """The rows of a block that break the rule; `start` is the number of its first row."""
        count = int(np.count_nonzero(broken))
        if not count:
            return
        if len(self.rows) < MAX_NAMED:
            places = np.flatnonzero(broken)[: MAX_NAMED - len(self.rows)]
            self.rows += (start + places).tolist()
            if not self.value and values is not None:
                self.value = shown(values.take(pa.array(places[:1])).to_pylist()[0])
        self.count += count


def shown(value: Any) -> str:
    """A value, short, for a message.

    Examples
    --------
    >>> shown("a" * 100)[-4:], shown(1.0), shown(b"abc")
    ('aaa…', '1', '3 bytes')
    """
    if isinstance(value, bytes):
        return f"{len(value)} bytes"
    if isinstance(value, float) and value.is_integer() and abs(value) < 1e15:
        value = int(value)
    text = str(value)
    return text if len(text) <= _MAX_VALUE else text[: _MAX_VALUE - 1] + "…"
