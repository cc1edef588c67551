"""A private copy of files whose digests are those of the very bytes that were copied.

Between a check and a use a file can be replaced. So each file is opened once, copied through
that descriptor into a folder that only this user may enter, and hashed on the way: whatever is
checked, cut or trained on afterwards is read from the copy.
"""

from __future__ import annotations

import hashlib
import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from io import RawIOBase
from pathlib import Path
from typing import BinaryIO

from foretaste.data.paths import Found, find_files
from foretaste.errors import ForetasteError, OutputError, UnreadableDataError

__all__ = ["CopiedFile", "Snapshot", "copy_file", "digest_of_file", "named_files", "take_snapshot"]

_STEP = 1024 * 1024


@dataclass(frozen=True)
class CopiedFile:
    """A file by its name below the data set's folder, with what was read of it."""

    name: str
    size: int  # bytes
    sha256: str


@dataclass(frozen=True)
class Snapshot:
    """The copy of a data set."""

    source: str  # what was copied, as it was stated
    folder: Path
    format: str
    files: tuple[CopiedFile, ...]
    is_folder: bool  # whether the data set is a folder rather than one file

    @property
    def path(self) -> Path:
        """What to open."""
        return self.below(self.folder)

    def below(self, folder: Path) -> Path:
        """What to open where the same files stand in another folder."""
        return folder if self.is_folder else folder / self.files[0].name

    @property
    def digest(self) -> str:
        """Hex SHA-256 over names and digests of all files."""
        parts = sorted(f"{file.sha256} {file.name}" for file in self.files)
        return hashlib.sha256("\n".join(parts).encode()).hexdigest()

    @contextmanager
    def spoken_of_as_source(self) -> Iterator[None]:
        """Errors about the copy name what was copied."""
        try:
            yield
        except ForetasteError as error:
            shown = str(error).replace(str(self.path), self.source)
            error.args = (shown.replace(str(self.folder), self.source),)
            raise


def take_snapshot(source: str, folder: Path) -> Snapshot:
    """Copy the files of a data set into `folder`, which must not exist.

    Raises
    ------
    UnreadableDataError
        A file cannot be read, is no regular file, or changed its size while it was copied.
    OutputError
        The copy cannot be written.
    """
    found = find_files(source)
    try:
        folder.mkdir(mode=0o700, parents=True)
    except OSError as error:
        raise _cannot_write(folder, error) from error
    copied = [copy_file(file, folder / name, name) for name, file in named_files(found).items()]
    whole = found.root is not None or len(copied) > 1
    return Snapshot(source, folder, found.format, tuple(copied), whole)


def copy_file(file: Path, target: Path, name: str) -> CopiedFile:
    """Copy one file through one descriptor, and say what was read."""
    try:
        target.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        with target.open("xb") as copy:
            copied = _read_through(file, name, copy)
        target.chmod(0o400)
    except OSError as error:
        raise _cannot_write(target, error) from error
    return copied


def digest_of_file(file: Path, name: str) -> CopiedFile:
    """What is in a file now, without a copy."""
    return _read_through(file, name, None)


def _read_through(file: Path, name: str, copy: BinaryIO | None) -> CopiedFile:
    digest, size = hashlib.sha256(), 0
    number = _open_regular(file)
    with os.fdopen(number, "rb", buffering=0) as stream:
        before = os.fstat(number).st_size
        while block := _block(stream, file):
            digest.update(block)
            size += len(block)
            if copy is not None:
                copy.write(block)
    if size != before:
        raise UnreadableDataError(
            f"{file}: changed while it was read ({before} bytes, then {size}); "
            "let its writer finish and run it again"
        )
    return CopiedFile(name, size, digest.hexdigest())


def _block(stream: RawIOBase, file: Path) -> bytes:
    try:
        return stream.read(_STEP) or b""
    except OSError as error:
        raise UnreadableDataError(f"{file}: {error.strerror}; check the disk") from error


def _open_regular(file: Path) -> int:
    """A descriptor of a regular file; a pipe or device would never end."""
    try:
        number = os.open(file, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0))
    except OSError as error:
        reason = (error.strerror or type(error).__name__).lower()
        raise UnreadableDataError(f"{file}: {reason}; check the path and permissions") from error
    if not stat.S_ISREG(os.fstat(number).st_mode):
        os.close(number)
        raise UnreadableDataError(f"{file}: not a regular file; give files of data")
    return number


def named_files(found: Found) -> dict[str, Path]:
    """Files by their names below the folder that holds them all."""
    if found.root is not None:
        root = found.root
    elif len(found.files) == 1:
        root = found.files[0].parent
    else:
        root = Path(os.path.commonpath([file.parent for file in found.files]))
    return {file.relative_to(root).as_posix(): file for file in found.files}


def _cannot_write(path: Path, error: OSError) -> OutputError:
    reason = (error.strerror or type(error).__name__).lower()
    return OutputError(
        f"cannot copy the data to {path.parent}: {reason}; your data is untouched, "
        "make room or name another folder"
    )
