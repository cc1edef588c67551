"""Content by its digest: what is read is what was written, or an error."""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass

from foretaste.errors import UnreadableDataError, UsageError
from foretaste.store.place import Place

__all__ = ["Evidence", "object_name"]

_SHA256 = re.compile("[0-9a-f]{64}")


@dataclass(frozen=True)
class Evidence:
    """Contents addressed by their SHA-256, created once, checked on every read.

    Examples
    --------
    >>> import tempfile
    >>> from foretaste.store import open_place
    >>> evidence = Evidence(open_place(tempfile.mkdtemp()))
    >>> digest = evidence.put(b"a report")
    >>> evidence.get(digest)
    b'a report'
    """

    place: Place

    def put(self, content: bytes) -> str:
        """Keep `content` and return its hex SHA-256; keeping it twice keeps it once.

        What stands under the name already must be this content: a damaged copy is an error now,
        rather than on the day it is needed.
        """
        digest = hashlib.sha256(content).hexdigest()
        if not self.place.create(object_name(digest), content):
            self.get(digest)
        return digest

    def get(self, digest: str) -> bytes:
        """The content with this digest.

        Raises
        ------
        UnreadableDataError
            It is not there, or is not what was written.
        """
        content = self.place.read(object_name(digest))
        if content is None:
            raise UnreadableDataError(
                f"store {self.place.described}: there is no object {digest}; "
                "it was purged, or this is another store"
            )
        found = hashlib.sha256(content).hexdigest()
        if found != digest:
            raise UnreadableDataError(
                f"store {self.place.described}: object {digest} was altered, its content has the "
                f"SHA-256 {found}; restore it from a copy and look for who may write here"
            )
        return content

    def holds(self, digest: str) -> bool:
        """Whether there is something under the digest; `get` says whether it is whole."""
        return self.place.read(object_name(digest)) is not None


def object_name(digest: str) -> str:
    """Where a digest lives.

    Examples
    --------
    >>> object_name("ab" * 32)[:20]
    'objects/ab/ababababa'
    """
    if not _SHA256.fullmatch(digest):
        raise UsageError(f"store: a digest is 64 hex digits, got {digest[:80]!r}")
    return f"objects/{digest[:2]}/{digest[2:]}"
