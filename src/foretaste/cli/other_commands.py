"""``foretaste demo`` and ``foretaste detectors``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from foretaste.cli.options import Quiet, Seed

__all__ = ["demo", "detectors"]


def demo(
    out: Annotated[Path, typer.Option(help="Folder for the data and the report.")] = Path(
        "foretaste-demo"
    ),
    seed: Seed = 0,
    quiet: Quiet = False,
) -> None:
    """Plant poison in small real data and scan it: see reports without data of yours.

    Exit code 0 says that the demonstration ran; the poison it plants is meant to be found.
    """
    from foretaste.cli.progress import watched  # noqa: PLC0415 - help stays fast
    from foretaste.demo import run  # noqa: PLC0415

    with watched(quiet=quiet) as progress:
        run(out, seed=seed, progress=progress, tell=_silent if quiet else typer.echo)


def _silent(line: str) -> None:
    """Nothing is told."""


def detectors() -> None:
    """List the detectors: what each looks for, where, and in what data."""
    from rich.table import Table  # noqa: PLC0415 - help stays fast

    from foretaste.cli.verdict import console  # noqa: PLC0415
    from foretaste.detect import discover  # noqa: PLC0415
    from foretaste.detect.plugins import Looking, installed  # noqa: PLC0415

    table = Table(box=None, pad_edge=False, header_style="bold")
    for column in ("detector", "family", "layer", "data", "needs"):
        table.add_column(column, overflow="fold")
    plugins = installed()
    known: list[Looking] = [kind() for kind in sorted(discover(), key=lambda d: d.name)]
    known += [plugin.detector for plugin in plugins if plugin.detector is not None]
    for detector in known:
        table.add_row(
            detector.name,
            detector.family.value,
            detector.layer.value,
            ", ".join(sorted(detector.modalities)),
            ", ".join(sorted(detector.needs)),
        )
    console().print(table)
    for plugin in plugins:
        if plugin.detector is None:
            typer.echo(f"{plugin.name} {plugin.reason}")
