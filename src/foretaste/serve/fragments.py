"""What was counted and drawn before, kept by everything that it depends on.

A run that is done never changes; its rows move by releases only. So a piece of a page is found
again by the run and by how far its releases are (`progress_of`), and is never out of date. Nothing
here depends on who is looking: rights are asked before a piece is looked up, and what differs
between readers is part of the key.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable, Hashable
from dataclasses import dataclass, field
from typing import Any, TypeVar

__all__ = ["Fragments"]

_V = TypeVar("_V")
_SMALL = 512  # bytes that are counted for what is no text


@dataclass
class Fragments:
    """A bounded memory of one process; what was not asked for the longest goes first.

    Examples
    --------
    >>> kept = Fragments(most=10)
    >>> [kept.recall(key, lambda: "five!") for key in ("a", "b", "a", "c")]
    ['five!', 'five!', 'five!', 'five!']
    >>> kept.recall("a", lambda: "again"), kept.recall("b", lambda: "again")
    ('five!', 'again')
    """

    most: int = 32 * 1024**2  # characters of text
    _kept: OrderedDict[Hashable, Any] = field(default_factory=OrderedDict, repr=False)
    _size: int = field(default=0, repr=False)
    _lock: threading.Lock = field(default_factory=threading.Lock, repr=False)

    def recall(self, key: Hashable, make: Callable[[], _V]) -> _V:
        """What is kept under `key`, or what `make` makes of it, which is kept from now on."""
        with self._lock:
            if key in self._kept:
                self._kept.move_to_end(key)
                found: _V = self._kept[key]
                return found
        made = make()  # not under the lock: two may make the same at once
        with self._lock:
            self._size += _size(made) - _size(self._kept.pop(key, None))
            self._kept[key] = made
            while self._size > self.most and len(self._kept) > 1:
                self._size -= _size(self._kept.popitem(last=False)[1])
        return made


def _size(value: object) -> int:
    if isinstance(value, str):
        return len(value)
    return 0 if value is None else _SMALL
