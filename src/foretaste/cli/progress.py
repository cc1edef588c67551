"""How far a scan is: a bar on a terminal, one line a stage elsewhere; always on stderr."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import BarColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

__all__ = ["watched"]

Watch = Callable[[str, float], None]


@contextmanager
def watched(*, quiet: bool, console: Console | None = None) -> Iterator[Watch | None]:
    r"""A callable ``(stage, done from 0 to 1)`` that shows how far a scan is.

    Parameters
    ----------
    quiet
        Show nothing: None is handed out.
    console
        Where to show it; stderr by default.

    Examples
    --------
    >>> import io
    >>> out = io.StringIO()
    >>> with watched(quiet=False, console=Console(file=out)) as progress:
    ...     progress("read", 0.0); progress("read", 1.0); progress("judge", 0.5)
    >>> out.getvalue()
    'foretaste: read\nforetaste: judge\n'
    """
    console = console or Console(stderr=True)
    if quiet:
        yield None
    elif console.is_terminal:
        with _bar(console) as watch:
            yield watch
    else:
        yield _lines(console)


@contextmanager
def _bar(console: Console) -> Iterator[Watch]:
    columns = (
        SpinnerColumn(),
        TextColumn("{task.description}", markup=False),
        BarColumn(bar_width=30),
        TimeElapsedColumn(),
    )
    together = sys.stdout.isatty()  # else what is printed meanwhile belongs to a file or a pipe
    with Progress(*columns, console=console, transient=True, redirect_stdout=together) as bar:
        task = bar.add_task("starting", total=1.0)

        def watch(stage: str, done: float) -> None:
            bar.update(task, description=stage, completed=min(max(done, 0.0), 1.0))

        yield watch


def _lines(console: Console) -> Watch:
    last = ""

    def watch(stage: str, done: float) -> None:
        nonlocal last
        if stage != last and done < 1:
            console.print(f"foretaste: {stage}", markup=False, highlight=False, soft_wrap=True)
        last = stage

    return watch
