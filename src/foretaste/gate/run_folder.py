"""Where results of gates stand: one folder a run, and a link to the newest decision.

::

    foretaste-gate/
      latest -> runs/20260314T092653Z-1f0c9a2b
      runs/20260314T092653Z-1f0c9a2b/
        clean/               the rows that passed, in the format of the input
        gate.intoto.jsonl    the signed record
        gate.json  gate.sarif  gate.junit.xml
        report.html  report.json  findings.parquet

A run is made under another name, synced, and gets its name in one step; then the link is turned
in one step. The link always leads to the newest decision, also when that is no pass: nothing
that was vetted before stands in for data that was not.
"""

from __future__ import annotations

import os
import secrets
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from filelock import FileLock

from foretaste.durable import sync_folder
from foretaste.errors import OutputError

__all__ = ["CLEAN", "LATEST", "NewRun", "RunFolder"]

CLEAN, LATEST, BUNDLE = "clean", "latest", "gate.intoto.jsonl"
_RUNS, _NEW, _LINK = "runs", ".new-", ".latest-"


@dataclass(frozen=True)
class NewRun:
    """A run that is being made; nobody looks into it yet."""

    folder: Path

    @property
    def clean(self) -> Path:
        """Where the rows that pass go."""
        return self.folder / CLEAN

    @property
    def copy(self) -> Path:
        """Where the input is copied to; it does not stay."""
        return self.folder / ".input"

    def write(self, contents: Mapping[str, bytes]) -> None:
        """Write files of results."""
        for name, content in contents.items():
            try:
                with (self.folder / name).open("xb") as file:
                    file.write(content)
            except OSError as error:
                raise _cannot(self.folder / name, error) from error

    def clear_copy(self) -> None:
        """Forget the copy of the input."""
        shutil.rmtree(self.copy, ignore_errors=True)

    def clear_clean(self) -> None:
        """Forget the rows that would have passed: the gate stays closed."""
        shutil.rmtree(self.clean, ignore_errors=True)


@dataclass(frozen=True)
class RunFolder:
    """The folder of all runs of one gate."""

    root: Path
    keep: int = 3

    @contextmanager
    def new(self) -> Iterator[NewRun]:
        """A new run, alone: what killed runs have left is swept first.

        Raises
        ------
        OutputError
            The folder cannot be written.
        """
        with self._alone():
            self._sweep()
            run = NewRun(self.root / _RUNS / f"{_NEW}{secrets.token_hex(6)}")
            try:
                run.folder.mkdir(parents=True)
            except OSError as error:
                raise _cannot(run.folder, error) from error
            try:
                yield run
            finally:
                shutil.rmtree(run.folder, ignore_errors=True)

    def publish(self, run: NewRun, name: str) -> Path:
        """Give a run its name and turn the link to it; older runs beyond `keep` go."""
        run.clear_copy()
        target = self.root / _RUNS / name
        link = self.root / f"{_LINK}{secrets.token_hex(6)}"
        try:
            _sync_tree(run.folder)
            run.folder.rename(target)
            sync_folder(target.parent)
            link.symlink_to(Path(_RUNS) / name, target_is_directory=True)
            link.replace(self.root / LATEST)
            sync_folder(self.root)
        except OSError as error:
            raise _cannot(target, error) from error
        self._prune(name)
        return target

    @contextmanager
    def _alone(self) -> Iterator[None]:
        try:
            self.root.mkdir(parents=True, exist_ok=True)
            lock = FileLock(self.root / ".lock")
            lock.acquire()
        except OSError as error:
            raise _cannot(self.root, error) from error
        try:
            yield
        finally:
            lock.release()

    def _sweep(self) -> None:
        for left in (*self.root.glob(f"{_RUNS}/{_NEW}*"), *self.root.glob(f"{_LINK}*")):
            if left.is_symlink():
                left.unlink(missing_ok=True)
            else:
                shutil.rmtree(left, ignore_errors=True)

    def _prune(self, newest: str) -> None:
        names = sorted(f.name for f in (self.root / _RUNS).iterdir() if not f.name.startswith("."))
        for name in [n for n in names if n != newest][: max(0, len(names) - self.keep)]:
            shutil.rmtree(self.root / _RUNS / name, ignore_errors=True)


def _sync_tree(folder: Path) -> None:
    for place, _, files in os.walk(folder):
        for file in files:
            sync_folder(Path(place, file))
        sync_folder(Path(place))


def _cannot(path: Path, error: OSError) -> OutputError:
    reason = (error.strerror or type(error).__name__).lower()
    return OutputError(
        f"cannot write {path}: {reason}; your data is untouched and nothing was decided, "
        "make room or name another folder under [gate] out"
    )
