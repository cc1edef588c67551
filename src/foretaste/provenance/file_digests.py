"""The files of a data set: their names below its folder, sizes and SHA-256. Links are refused."""

from __future__ import annotations

import hashlib
import os
import stat
from pathlib import Path

from foretaste.data.paths import find_files
from foretaste.errors import UnreadableDataError
from foretaste.provenance.manifest import ManifestFile, is_safe_name

__all__ = ["digest_file", "digest_files", "walk_files"]


def digest_files(path: str | os.PathLike[str]) -> tuple[ManifestFile, ...]:
    r"""The files that a file, folder or glob stands for, sorted by name.

    Raises
    ------
    UnreadableDataError
        A file is a symbolic link, cannot be read, or has a name that could lead elsewhere.

    Examples
    --------
    >>> import tempfile
    >>> folder = Path(tempfile.mkdtemp())
    >>> _ = (folder / "rows.csv").write_text("a,label\n1,x\n")
    >>> [(file.name, file.size) for file in digest_files(folder)]
    [('rows.csv', 12)]
    """
    found = find_files(path)
    base = found.root or Path(os.path.commonpath([file.parent for file in found.files]))
    named = [(_name(file.relative_to(base)), file) for file in found.files]
    return tuple(digest_file(base, name) for name, _ in sorted(named))


def walk_files(root: Path) -> tuple[ManifestFile, ...]:
    """All files below a folder but hidden ones, whatever their format, sorted by name."""
    names: list[str] = []
    for folder, folders, files in os.walk(root):
        folders[:] = [name for name in folders if not name.startswith(".")]
        shown = (name for name in files if not name.startswith("."))
        names += [_name(Path(folder, name).relative_to(root)) for name in shown]
    return tuple(digest_file(root, name) for name in sorted(names))


def digest_file(base: Path, name: str) -> ManifestFile:
    """Size and SHA-256 of the file `name` below the folder `base`."""
    path = base / name
    for step in (path, *path.parents[: name.count("/")]):
        if step.is_symlink():
            raise UnreadableDataError(
                f"{step}: is a symbolic link, which can be turned to other data after signing; "
                "put the file itself there"
            )
    try:
        number = os.open(path, os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0))
        with os.fdopen(number, "rb") as file:
            if not stat.S_ISREG(os.fstat(number).st_mode):
                raise UnreadableDataError(f"{path}: is no regular file; remove it")
            digest = hashlib.file_digest(file, "sha256").hexdigest()
            return ManifestFile(name, file.tell(), digest)
    except OSError as error:
        raise UnreadableDataError(
            f"{path}: {error.strerror}; check that the file is there and may be read"
        ) from error


def _name(path: Path) -> str:
    name = path.as_posix()
    if not is_safe_name(name) or any("\ud800" <= c <= "\udfff" for c in name):
        raise UnreadableDataError(
            f"{name!a}: a signed file needs a name that is the same on every system: Unicode "
            'without control characters and \\ : * ? " < > |; rename it'
        )
    return name
