"""From an address to a place."""

from __future__ import annotations

import re
from pathlib import Path

from foretaste.errors import UsageError
from foretaste.store.bucket import BucketPlace
from foretaste.store.folder import FolderPlace
from foretaste.store.place import Place, check_name

__all__ = ["open_place"]

_BUCKET = re.compile(r"s3://([a-z0-9][a-z0-9.-]{1,61}[a-z0-9])(?:/(.*))?")


def open_place(address: str, relative_to: Path | None = None) -> Place:
    """The place behind a path or ``s3://bucket/prefix``; nothing is read or written yet.

    Parameters
    ----------
    address
        A folder, which is made when something is first written, or a bucket.
    relative_to
        What a relative path starts from; the current folder by default.

    Raises
    ------
    UsageError
        The address is none of both.
    MissingExtraError
        A bucket, and obstore is not installed.

    Examples
    --------
    >>> open_place("evidence", Path("/data")).described
    '/data/evidence'
    >>> open_place("ftp://host/evidence")
    Traceback (most recent call last):
        ...
    foretaste.errors.UsageError: store: expected a folder or s3://bucket/prefix, got ...
    """
    bucket = _BUCKET.fullmatch(address)
    if bucket:
        prefix = (bucket[2] or "").strip("/")
        return BucketPlace.open(bucket[1], check_name(prefix) if prefix else "")
    if not address.strip() or "://" in address or "\0" in address:
        raise UsageError(f"store: expected a folder or s3://bucket/prefix, got {address[:100]!r}")
    return FolderPlace((relative_to or Path()) / Path(address).expanduser())
