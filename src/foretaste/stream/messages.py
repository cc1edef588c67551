"""Messages of a stream as rows: one JSON object each.

``{"id": "r1", "source": "ann", "label": "ham", "text": "see you"}``; "vector" (a list of numbers)
instead of "text", "exposed" (true or false), and "time" (seconds; when it came in, by default).
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from foretaste.stream.batch import EXPOSED, UNEXPOSED, UNKNOWN, Batch

__all__ = ["Refused", "rows_of"]

_LONGEST = 1_000_000  # bytes of one message


@dataclass(frozen=True)
class Refused:
    """A message that is no row, and why; it stops nothing."""

    place: str
    reason: str


def rows_of(
    messages: Sequence[tuple[str, bytes]], now: float
) -> tuple[Batch | None, tuple[Refused, ...]]:
    """Rows of messages, and those that are none.

    Parameters
    ----------
    messages
        Place in the source, which stands for a missing id, and content.
    now
        Seconds; the time of rows that have none.

    Examples
    --------
    >>> row = b'{"source": "a", "label": "x", "text": "t"}'
    >>> rows, refused = rows_of([("7", row), ("8", b"?")], 5)
    >>> rows.ids.tolist(), rows.times.tolist(), refused[0].place
    (['7'], [5.0], '8')
    """
    found: list[dict[str, Any]] = []
    refused: list[Refused] = []
    for place, content in messages:
        try:
            found.append(_row(place, content, now))
        except (ValueError, TypeError, KeyError, RecursionError) as error:
            refused.append(Refused(place, f"{type(error).__name__}: {error}"[:200]))
    kinds = {(isinstance(row["content"], str), _length(row["content"])) for row in found}
    if len(kinds) > 1:  # the first message decides what this stream holds
        kept = found[0]["content"]
        kind = (isinstance(kept, str), _length(kept))
        odd = [r for r in found if (isinstance(r["content"], str), _length(r["content"])) != kind]
        refused += [Refused(row["id"], "other content than the rows before it") for row in odd]
        found = [row for row in found if row not in odd]
    if not found:
        return None, tuple(refused)
    held: Any = [row["content"] for row in found]
    batch = Batch.of(
        [row["id"] for row in found],
        [row["time"] for row in found],
        [row["source"] for row in found],
        [row["label"] for row in found],
        held if isinstance(held[0], str) else np.array(held, dtype=np.float32),
        [row["exposed"] for row in found],
    )
    return batch, tuple(refused)


def _row(place: str, content: bytes, now: float) -> dict[str, Any]:
    if len(content) > _LONGEST:
        raise ValueError(f"{len(content):,} bytes, more than {_LONGEST:,}")
    told = json.loads(content)
    if not isinstance(told, dict):
        raise TypeError("not an object")
    row: dict[str, Any] = {"id": told.get("id", place)}
    row |= {name: told[name] for name in ("source", "label")}
    if any(not isinstance(value, str) or not value for value in row.values()):
        raise ValueError("id, source and label must be words")
    row["content"] = told["text"] if "text" in told else [float(v) for v in told["vector"]]
    if not isinstance(row["content"], str | list):
        raise TypeError("text must be words")
    if isinstance(row["content"], list) and not np.isfinite(row["content"]).all():
        raise ValueError("vector holds a number that is not finite")
    row["time"] = float(told.get("time", now))
    if not np.isfinite(row["time"]):
        raise ValueError("time is not finite")
    exposed = told.get("exposed")
    row["exposed"] = UNKNOWN if exposed is None else (EXPOSED if exposed else UNEXPOSED)
    return row


def _length(content: str | list[float]) -> int:
    return 0 if isinstance(content, str) else len(content)
