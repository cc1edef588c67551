"""How every command hands over what it made: a folder, a screen, an exit code."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Protocol

import typer

from foretaste.errors import OutputError

__all__ = ["Deliverable", "deliver", "reader_may_leave", "refuse_file"]


class Deliverable(Protocol):
    """A report of any command."""

    @property
    def exit_code(self) -> int:
        """What the process ends with."""

    def save(self, folder: Path) -> object:
        """Write it into `folder`."""

    def to_json(self) -> str:
        """All of it, for machines."""


def deliver(
    report: Deliverable,
    folder: Path | None,
    show: Callable[[], None],
    *,
    as_json: bool,
    quiet: bool,
) -> None:
    """Write the report into `folder`, print it, and leave with its exit code.

    Parameters
    ----------
    folder
        None writes nothing.
    show
        Prints for people; called unless JSON or silence was asked for.
    """
    if folder is not None:
        report.save(folder)
    if as_json:
        sys.stdout.write(report.to_json())
        sys.stdout.flush()
    elif not quiet:
        with reader_may_leave():
            show()
    raise typer.Exit(report.exit_code)


def refuse_file(folder: Path | None) -> None:
    """Known before a long scan rather than after it."""
    if folder is not None and folder.exists() and not folder.is_dir():
        raise OutputError(
            f"cannot write into {folder}: a file stands where the folder should be; "
            "name another folder with --out"
        )


@contextmanager
def reader_may_leave() -> Iterator[None]:
    """A reader such as ``head`` that saw enough does not change the verdict."""
    try:
        yield
        sys.stdout.flush()
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
