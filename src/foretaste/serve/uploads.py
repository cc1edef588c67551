"""Files that come in piece by piece; a piece that was acknowledged is on the disk for good.

::

    begin ─► upload.received = 0
    take    write at `received`, sync, then say so in the database
    finish  all there and of the stated digest ─► a version of the data set

A client that lost its connection asks for `received` and goes on from there. What was written
beyond it, by a process that died, is written again.
"""

from __future__ import annotations

import hashlib
import os
import re
import secrets
from pathlib import Path

from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from foretaste.durable import sync_folder
from foretaste.errors import OutputError, UsageError
from foretaste.serve.audit import Act
from foretaste.serve.clock import now
from foretaste.serve.home import Home
from foretaste.serve.problems import AbsentError, ConflictError, TooLargeError
from foretaste.serve.tables import Dataset, Upload, Version

__all__ = ["LARGEST", "PIECE", "begin", "find_upload", "finish", "safe_name", "take"]

LARGEST = 20 * 1024**3  # bytes of one file
PIECE = 64 * 1024**2  # bytes of one piece
_SUFFIXES = (".csv", ".tsv", ".jsonl", ".ndjson", ".parquet", ".arrow", ".feather", ".npz")
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,119}")


def safe_name(told: str) -> str:
    """The name that a file gets: the last part of what was told, plain characters only.

    Raises
    ------
    UsageError
        It is not of a format that is taken.

    Examples
    --------
    >>> safe_name("../../etc/My Reviews.CSV")
    'My_Reviews.CSV'
    """
    last = re.split(r"[/\\]", told)[-1]
    name = re.sub(r"[^A-Za-z0-9._-]+", "_", last).lstrip("._-")[-120:]
    if not _NAME.fullmatch(name) or not name.lower().endswith(_SUFFIXES):
        raise UsageError(f"file: expected a name that ends in {', '.join(_SUFFIXES)}")
    return name


def begin(
    act: Act,
    dataset: Dataset,
    file: str,
    size: int,
    *,
    sha256: str | None = None,
    by_person: int | None = None,
    by_token: int | None = None,
) -> Upload:
    """Announce a file.

    Parameters
    ----------
    size
        In bytes.
    sha256
        Hex digest that the whole file must have, if the client knows it.
    """
    if not 0 < size <= LARGEST:
        raise TooLargeError(f"size: expected 1 to {LARGEST:,} bytes, got {size:,}")
    if sha256 is not None and not re.fullmatch(r"[0-9a-f]{64}", sha256):
        raise UsageError("sha256: expected 64 hexadecimal digits")
    upload = Upload(
        id=secrets.token_hex(16),
        dataset_id=dataset.id,
        by_person=by_person,
        by_token=by_token,
        file=safe_name(file),
        size=size,
        sha256=sha256,
        received=0,
        created=now(),
    )
    act.session.add(upload)
    act.record("upload.begun", dataset.project_id, dataset=dataset.id, upload=upload.id)
    return upload


def find_upload(session: Session, dataset: Dataset, name: str) -> Upload:
    """One upload of a data set.

    Raises
    ------
    AbsentError
        There is none.
    """
    upload = session.get(Upload, name)
    if upload is None or upload.dataset_id != dataset.id:
        raise AbsentError("upload: there is no such one; begin another")
    return upload


def take(session: Session, home: Home, upload: Upload, offset: int, content: bytes) -> int:
    """Write a piece; returns how many bytes are there now.

    Raises
    ------
    ConflictError
        It is not the next piece; ask where to go on.
    TooLargeError
        It is larger than a piece may be, or leads beyond the stated size.
    """
    if len(content) > PIECE or offset + len(content) > upload.size:
        raise TooLargeError(f"piece: at most {PIECE:,} bytes, and none beyond the stated size")
    if offset != upload.received or upload.version_id is not None:
        raise ConflictError(f"offset: {upload.received} bytes are there; go on from there")
    file = _part(home, upload)
    try:
        number = os.open(file, os.O_WRONLY | os.O_CREAT, 0o600)
        with os.fdopen(number, "r+b") as target:
            target.truncate(offset)
            target.seek(offset)
            target.write(content)
            target.flush()
            os.fsync(target.fileno())
        sync_folder(file.parent)
    except OSError as error:
        reason = (error.strerror or type(error).__name__).lower()
        raise OutputError(f"upload: cannot be written: {reason}; make room and go on") from error
    moved = session.execute(
        update(Upload)
        .where(Upload.id == upload.id, Upload.received == offset)
        .values(received=offset + len(content))
    )
    if moved.rowcount != 1:  # type: ignore[attr-defined]
        raise ConflictError("offset: another piece came first; ask where to go on")
    return offset + len(content)


def finish(act: Act, home: Home, dataset: Dataset, upload: Upload) -> Version:
    """Make the uploaded file a version of the data set; doing it twice does it once.

    Raises
    ------
    ConflictError
        Bytes are missing, or the whole is not what was announced.
    """
    session = act.session
    if upload.version_id is not None:
        return session.get_one(Version, upload.version_id)
    if upload.received != upload.size:
        raise ConflictError(f"upload: {upload.received} of {upload.size} bytes are there; go on")
    file = _part(home, upload)
    digest = _digest(file)
    if upload.sha256 not in {None, digest}:
        raise ConflictError(f"upload: its SHA-256 is {digest}, not the one that was announced")
    highest = select(func.max(Version.number)).where(Version.dataset_id == dataset.id)
    number = (session.scalar(highest) or 0) + 1
    version = Version(
        dataset_id=dataset.id,
        number=number,
        file=upload.file,
        size=upload.size,
        sha256=digest,
        submitted_by=upload.by_person,
        by_token=upload.by_token,
        created=now(),
    )
    session.add(version)
    session.flush()
    _move(file, home.version(dataset.id, number) / upload.file)
    upload.version_id = version.id
    act.record(
        "data.submitted", dataset.project_id, dataset=dataset.id, version=number, sha256=digest
    )
    return version


def _part(home: Home, upload: Upload) -> Path:
    return home.uploads / f"{upload.id}.part"


def _move(file: Path, target: Path) -> None:
    """A copy under the new name, by a link: a transaction that is undone leaves the upload."""
    try:
        target.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        target.unlink(missing_ok=True)  # of a transaction that was undone
        os.link(file, target)
        sync_folder(target.parent)
    except OSError as error:
        reason = (error.strerror or type(error).__name__).lower()
        raise OutputError(f"upload: cannot be kept: {reason}; try again") from error


def _digest(file: Path) -> str:
    try:
        with file.open("rb") as content:
            return hashlib.file_digest(content, "sha256").hexdigest()
    except OSError as error:
        raise ConflictError("upload: its file is gone; begin another") from error
