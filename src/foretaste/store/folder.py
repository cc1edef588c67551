"""A place on disk: contents are written aside, synced, and get their name in one step."""

from __future__ import annotations

import errno
import os
import secrets
import time
from contextlib import AbstractContextManager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from filelock import FileLock

from foretaste.durable import sync_folder, write_new
from foretaste.errors import OutputError, UnreadableDataError
from foretaste.store.place import check_name

__all__ = ["FolderPlace"]

_ASIDE = ".aside"  # no name of a place begins with a dot
_LOCK = ".lock"
_STALE = 3600.0  # seconds after which a file aside belongs to nobody


@dataclass(frozen=True)
class FolderPlace:
    """A folder that only its owner may read.

    A content appears under its name by a hard link, which fails if the name is taken: two
    writers cannot both win, and a reader never sees half a file. What a killed writer left
    aside has no name, and is swept by a later one.

    Examples
    --------
    >>> import tempfile
    >>> place = FolderPlace(Path(tempfile.mkdtemp()) / "store")
    >>> place.create("notes/one", b"first"), place.create("notes/one", b"second")
    (True, False)
    >>> place.read("notes/one"), place.read("notes/two"), place.names("notes")
    (b'first', None, ['notes/one'])
    """

    root: Path
    grace: float = 0.0  # `alone` shuts all others out

    @property
    def described(self) -> str:
        """The path."""
        return str(self.root)

    def create(self, name: str, content: bytes) -> bool:
        """Write aside, sync, link."""
        target = self.root / check_name(name)
        aside = self.root / _ASIDE / secrets.token_hex(8)
        try:
            self._make()
            for folder in (aside.parent, target.parent):
                folder.mkdir(parents=True, exist_ok=True)
            self._sweep()
            write_new(aside, content, 0o600)
            try:
                os.link(aside, target)
            except FileExistsError:
                return False
            finally:
                aside.unlink()
            self._sync_up_from(target.parent)
        except OSError as error:
            raise self._cannot("write", target, error) from error
        return True

    def read(self, name: str) -> bytes | None:
        """The whole file; links are not followed, so that no other file can stand in for it."""
        target = self.root / check_name(name)
        try:
            number = os.open(target, os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0))
            with os.fdopen(number, "rb") as file:
                return file.read()
        except FileNotFoundError:
            return None
        except OSError as error:
            reason = "a link stands in its place" if error.errno == errno.ELOOP else _reason(error)
            raise UnreadableDataError(
                f"store {self.root}: cannot read {name}: {reason}; "
                "check the folder and its permissions"
            ) from error

    def names(self, below: str) -> list[str]:
        """Every file below, at any depth."""
        start = self.root / check_name(below)
        found = [
            Path(folder, file).relative_to(self.root).as_posix()
            for folder, _, files in os.walk(start)
            for file in files
        ]
        return sorted(found)

    def remove(self, name: str) -> None:
        """Unlink, and sync."""
        target = self.root / check_name(name)
        try:
            target.unlink(missing_ok=True)
            sync_folder(target.parent)
        except OSError as error:
            raise self._cannot("remove", target, error) from error

    def alone(self) -> AbstractContextManager[object]:
        """A lock on the folder, which the system lets go of when its holder dies."""
        try:
            self._make()
            lock = FileLock(self.root / _LOCK)
            lock.acquire()
        except OSError as error:
            raise self._cannot("lock", self.root, error) from error
        return _Held(lock)

    def _make(self) -> None:
        """The folder; nobody else may enter it."""
        self.root.parent.mkdir(parents=True, exist_ok=True)
        self.root.mkdir(exist_ok=True, mode=0o700)

    def _sync_up_from(self, folder: Path) -> None:
        while folder.is_relative_to(self.root):
            sync_folder(folder)
            folder = folder.parent

    def _sweep(self) -> None:
        """Forget what writers that were killed have left aside."""
        for file in (self.root / _ASIDE).iterdir():
            with suppress(OSError):
                if time.time() - file.stat().st_mtime > _STALE:
                    file.unlink()

    def _cannot(self, act: str, path: Path, error: OSError) -> OutputError:
        return OutputError(
            f"store {self.root}: cannot {act} {path.name}: {_reason(error)}; "
            "nothing was lost, make room or give a folder that you may write to and run it again"
        )


class _Held:
    """A lock that is held already; filelock's own `with` would take it a second time."""

    def __init__(self, lock: FileLock) -> None:
        self._lock = lock

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._lock.release()


def _reason(error: OSError) -> str:
    return (error.strerror or type(error).__name__).lower()
