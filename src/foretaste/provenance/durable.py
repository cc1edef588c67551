"""Files that are there whole or not at all, also after a crash."""

from __future__ import annotations

import os
import secrets
from contextlib import suppress
from pathlib import Path

from foretaste.durable import sync_folder, write_new
from foretaste.errors import OutputError

__all__ = ["create", "make_folder", "replace", "sweep"]


def replace(path: Path, content: bytes, mode: int = 0o666) -> None:
    """Write `content` aside, sync it, and give it its name; what was there stays until then.

    Raises
    ------
    OutputError
        With the path and what to do; nothing half-written is left.

    Examples
    --------
    >>> import tempfile
    >>> path = Path(tempfile.mkdtemp()) / "note.txt"
    >>> replace(path, b"hello")
    >>> path.read_bytes()
    b'hello'
    """
    aside = _aside(path)
    try:
        write_new(aside, content, mode)
        aside.replace(path)
        sync_folder(path.parent)
    except OSError as error:
        raise _explained(path, error) from error
    finally:
        with suppress(OSError):
            aside.unlink()


def create(path: Path, content: bytes, mode: int = 0o666) -> bool:
    """Write a file that must not be there yet; say whether it was created.

    Returns
    -------
    bool
        False if a file of this name exists already; it is left alone.

    Examples
    --------
    >>> import tempfile
    >>> path = Path(tempfile.mkdtemp()) / "note.txt"
    >>> create(path, b"one"), create(path, b"two"), path.read_bytes()
    (True, False, b'one')
    """
    aside = _aside(path)
    try:
        write_new(aside, content, mode)
        try:
            os.link(aside, path)  # unlike a rename, this never takes the place of a file
        except FileExistsError:
            return False
        sync_folder(path.parent)
    except OSError as error:
        raise _explained(path, error) from error
    finally:
        with suppress(OSError):
            aside.unlink()
    return True


def make_folder(path: Path) -> None:
    """Make a folder and those above it, durably."""
    missing = [folder for folder in (path, *path.parents) if not folder.exists()]
    try:
        path.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise _explained(path, error) from error
    for folder in missing:
        sync_folder(folder.parent)


def sweep(folder: Path) -> None:
    """Remove what a killed process left aside; only while no other can be writing there."""
    for path in folder.glob(".*.part"):
        with suppress(OSError):
            path.unlink()


def _aside(path: Path) -> Path:
    return path.parent / f".{path.name}.{secrets.token_hex(4)}.part"


def _explained(path: Path, error: OSError) -> OutputError:
    reason = error.strerror or type(error).__name__
    return OutputError(
        f"cannot write {path}: {reason}; nothing half-written was left, "
        "make room or name another place, and run it again"
    )
