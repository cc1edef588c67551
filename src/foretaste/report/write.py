"""Files written whole or not at all."""

from __future__ import annotations

import errno
import os
import secrets
from collections.abc import Iterable, Mapping
from contextlib import suppress
from pathlib import Path

from foretaste.durable import sync_folder, write_new
from foretaste.errors import OutputError

__all__ = ["write_together"]


def write_together(folder: str | os.PathLike[str], contents: Mapping[str, bytes]) -> None:
    """Write the files `contents` (name to bytes) into `folder`, which is made if need be.

    All of them are first written and synced under other names in the same folder and then
    renamed, in order; so the last one is there only if all others are. When something fails,
    files that were there before stay as they were.

    Raises
    ------
    OutputError
        With the path and what to do; nothing half-written is left.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     write_together(folder, {"note.txt": b"hello"})
    ...     Path(folder, "note.txt").read_bytes()
    b'hello'
    """
    target = Path(folder)
    made = _make(target)
    aside = {name: target / f".{name}.{secrets.token_hex(4)}.part" for name in contents}
    try:
        for name, content in contents.items():
            write_new(aside[name], content)
        _refuse_folders(target / name for name in contents)
        for name, path in aside.items():
            path.replace(target / name)
        sync_folder(target)
    except BaseException as error:
        for path in aside.values():
            with suppress(OSError):
                path.unlink()
        for path in made:
            with suppress(OSError):
                path.rmdir()
        if isinstance(error, OSError):
            raise _explained(target, error) from error
        raise


def _make(target: Path) -> list[Path]:
    """The folders that had to be made, deepest first."""
    missing = [path for path in (target, *target.parents) if not path.exists()]
    try:
        target.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise _explained(target, error) from error
    return missing


def _refuse_folders(paths: Iterable[Path]) -> None:
    """A folder cannot be replaced by a file: known before the first file is renamed."""
    for path in paths:
        if path.is_dir():
            raise IsADirectoryError(errno.EISDIR, "a folder has this name", str(path))


def _explained(target: Path, error: OSError) -> OutputError:
    place = error.filename or target
    reason = (error.strerror or type(error).__name__).lower()
    if isinstance(error, FileExistsError | NotADirectoryError):
        reason = "a file stands where the folder should be"
    return OutputError(f"cannot write {place}: {reason}; name another folder that you may write to")
