"""Finished trials, one line of JSON each: what was run once is not run again."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from threading import Lock
from typing import Any

from foretaste.drill.plan import Task
from foretaste.errors import OutputError, UnreadableDataError
from foretaste.report.codec import build, encode
from foretaste.report.trials import Trial

__all__ = ["Journal", "setting_of"]

Key = tuple[str, str, int, int]  # setting, attack, rows, seed


def setting_of(parts: Mapping[str, Any]) -> str:
    """Short digest of everything that a trial depends on beside attack, size and seed.

    Examples
    --------
    >>> setting_of({"digest": "ab", "version": "1"}) == setting_of({"version": "1", "digest": "ab"})
    True
    """
    text = json.dumps(encode(dict(parts)), sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()[:32]


class Journal:
    """Trials of one setting, kept in a file where there is one.

    A last line that was cut off, by a crash or a full disk, is dropped: its trial runs again.

    Parameters
    ----------
    file
        Made with its folder when the first trial is kept; None keeps trials in memory only.
    setting
        Of `setting_of`; trials of other settings stay in the file and are not used.

    Raises
    ------
    UnreadableDataError
        A line other than the last is no trial.
    """

    def __init__(self, file: Path | None, setting: str) -> None:
        self._file, self._setting, self._lock = file, setting, Lock()
        self._held: dict[Key, Trial] = {}
        if file is not None and file.exists():
            self._held = _read(file)

    def find(self, task: Task) -> Trial | None:
        """The trial of the task, if it has been run."""
        return self._held.get(self._key(task))

    def keep(self, task: Task, trial: Trial) -> None:
        """Add a finished trial; it is on the disk when this returns.

        Raises
        ------
        OutputError
            The file cannot be written.
        """
        with self._lock:
            self._held[self._key(task)] = trial
            if self._file is not None:
                _append(self._file, {"setting": self._setting, "trial": encode(trial)})

    def _key(self, task: Task) -> Key:
        return (self._setting, task.kind.name, task.rows, task.seed)


def _read(file: Path) -> dict[Key, Trial]:
    try:
        content = file.read_bytes()
    except OSError as error:
        raise _told(file, error) from error
    held: dict[Key, Trial] = {}
    lines = content.splitlines(keepends=True)
    for number, line in enumerate(lines, start=1):
        try:
            setting, trial = _parsed(line)
        except (ValueError, UnreadableDataError) as error:
            if number < len(lines):
                raise UnreadableDataError(
                    f"{file}, line {number}: no trial of a drill ({str(error)[:200]}); "
                    "delete the line, or name another folder"
                ) from error
            _cut(file, len(content) - len(line))
            break
        held[setting, trial.attack, trial.rows, trial.seed] = trial
    return held


def _parsed(line: bytes) -> tuple[str, Trial]:
    if not line.endswith(b"\n"):
        raise ValueError("cut off")
    document = json.loads(line)
    if not isinstance(document, dict) or not isinstance(document.get("setting"), str):
        raise ValueError("not written by a drill")  # noqa: TRY004 - one kind for any bad line
    return document["setting"], build(Trial, document.get("trial"), "trial")


def _cut(file: Path, length: int) -> None:
    try:
        os.truncate(file, length)
    except OSError as error:
        raise _told(file, error) from error


def _append(file: Path, document: Mapping[str, Any]) -> None:
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        with file.open("ab") as end:
            end.write(json.dumps(document).encode() + b"\n")
            end.flush()
            with suppress(OSError):  # a file system without sync still has the line
                os.fsync(end.fileno())
    except OSError as error:
        raise _told(file, error) from error


def _told(file: Path, error: OSError) -> OutputError:
    reason = (error.strerror or type(error).__name__).lower()
    return OutputError(f"cannot keep trials in {file}: {reason}; name another folder with --out")
