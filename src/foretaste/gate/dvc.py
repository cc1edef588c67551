"""Data that DVC tracks: a ``.dvc`` file names the data beside it, and its MD5.

Only files are read; DVC itself is not needed. MD5 says whether the data is what was added, not
who added it: sign the data for that.

Format: ``outs`` of a .dvc file, DVC 3 (a folder's hash is that of its sorted listing).
"""

from __future__ import annotations

import hashlib
import json
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from foretaste.errors import UnreadableDataError, UsageError
from foretaste.gate.decision import Finding, Level
from foretaste.gate.snapshot import Snapshot
from foretaste.validate.careful_yaml import parse_yaml

__all__ = ["check_dvc", "data_of", "is_dvc"]

_MAX_BYTES = 1_000_000
_MD5 = re.compile(r"([0-9a-f]{32})(\.dir)?")


@dataclass(frozen=True)
class _Out:
    path: Path
    md5: str
    folder: bool


def is_dvc(path: str) -> bool:
    """Whether a path names a ``.dvc`` file rather than data.

    Examples
    --------
    >>> is_dvc("data/mails.csv.dvc"), is_dvc("data/mails.csv")
    (True, False)
    """
    return path.lower().endswith(".dvc")


def data_of(file: Path) -> Path:
    """The data that a ``.dvc`` file names.

    Raises
    ------
    UnreadableDataError
        It is no .dvc file of one output, or leads out of its folder.
    """
    return _read(file).path


def check_dvc(file: Path, snapshot: Snapshot) -> list[Finding]:
    """What differs between the copy of the data and what DVC recorded; [] if nothing does."""
    out = _read(file)
    if out.folder:
        listing = [
            {"md5": _md5(snapshot.folder / copied.name), "relpath": copied.name}
            for copied in sorted(snapshot.files, key=lambda f: tuple(f.name.split("/")))
        ]
        now = hashlib.md5(json.dumps(listing, sort_keys=True).encode(), usedforsecurity=False)
        found = now.hexdigest()
    else:
        found = _md5(snapshot.path)
    if found == out.md5:
        return []
    what = "the folder" if out.folder else "the file"
    message = (
        f"{what} {out.path.name} is not what {file.name} recorded (MD5 {out.md5} then, {found} now)"
    )
    return [Finding("provenance/dvc", Level.ERROR, message, out.path.name)]


def _md5(file: Path) -> str:
    with file.open("rb") as stream:
        return hashlib.file_digest(stream, lambda: hashlib.md5(usedforsecurity=False)).hexdigest()


def _read(file: Path) -> _Out:
    try:
        with file.open("rb") as stream:
            content = stream.read(_MAX_BYTES + 1)
    except OSError as error:
        reason = (error.strerror or type(error).__name__).lower()
        raise UnreadableDataError(f"{file}: {reason}; check [data] path") from error
    if len(content) > _MAX_BYTES:
        raise UnreadableDataError(f"{file}: above 1 MB; it is no .dvc file")
    try:
        document: Any = parse_yaml(content.decode(), str(file)).value
        (out,) = document["outs"].value
        stated, name = str(out.value["md5"].value), str(out.value["path"].value)
    except (UsageError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise UnreadableDataError(
            f"{file}: no .dvc file with one output ({str(error)[:120]}); run dvc add again"
        ) from error
    found = _MD5.fullmatch(stated)
    parts = Path(name).parts
    if found is None or ".." in parts or Path(name).is_absolute():
        raise UnreadableDataError(
            f"{file}: expected an MD5 and a path beside the file, got {stated!r:.50} and "
            f"{name!r:.80}; run dvc add again"
        )
    return _Out(file.parent / name, found[1], found[2] is not None)
