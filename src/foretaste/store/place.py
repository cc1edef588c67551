"""What a store must be able to do, whatever it is made of."""

from __future__ import annotations

import re
from contextlib import AbstractContextManager
from typing import Protocol

from foretaste.errors import UsageError

__all__ = ["Place", "check_name"]

_PART = re.compile(r"[A-Za-z0-9_-][A-Za-z0-9._-]{0,199}")


class Place(Protocol):
    """Named contents that are created once and never overwritten.

    Names are relative paths of plain parts (`check_name`). Every method raises `OutputError` or
    `UnreadableDataError` where the storage fails, which says what failed and what to do; nothing
    is half-written then.
    """

    @property
    def described(self) -> str:
        """Where it is, for people."""

    @property
    def grace(self) -> float:
        """Seconds that something begun by another process may take before it counts as dead.

        0 where `alone` shuts all others out.
        """

    def create(self, name: str, content: bytes) -> bool:
        """Write `content` under a new name; it is durable when this returns.

        Returns
        -------
        bool
            False if the name was taken, and then nothing has changed. On storage behind a
            network it may be taken by this very content, written by a try whose answer was lost:
            compare before you call it another's.
        """

    def read(self, name: str) -> bytes | None:
        """What was written under the name; None if nothing was."""

    def names(self, below: str) -> list[str]:
        """All names below a folder, sorted."""

    def remove(self, name: str) -> None:
        """Forget a name; it is no error if it is not there."""

    def alone(self) -> AbstractContextManager[object]:
        """Keep other writers of this place out, where the storage can."""


def check_name(name: str) -> str:
    """`name`, if it is made of plain parts: no way out of the place, nothing hidden.

    Raises
    ------
    UsageError
        With the name.

    Examples
    --------
    >>> check_name("objects/ab/cdef")
    'objects/ab/cdef'
    >>> check_name("objects/../../etc/passwd")
    Traceback (most recent call last):
        ...
    foretaste.errors.UsageError: store: a name is made of letters, digits, '.', '_' and '-', ...
    """
    parts = name.split("/")
    if len(name) > 800 or not all(_PART.fullmatch(part) for part in parts):
        raise UsageError(
            "store: a name is made of letters, digits, '.', '_' and '-', with '/' between and no "
            f"part that begins with '.'; got {name[:100]!r}"
        )
    return name
