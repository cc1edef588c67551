"""``foretaste init``: settings, schema and keys for a data set."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from foretaste.cli.options import Id, Image, Label, Quiet, Source, Text, Time

__all__ = ["init"]


def init(
    data: Annotated[str, typer.Argument(help="The data set, or a .dvc file that names it.")],
    label: Label = None,
    source: Source = None,
    id: Id = None,  # noqa: A002
    time: Time = None,
    text: Text = None,
    image: Image = None,
    folder: Annotated[Path, typer.Option(help="Folder for foretaste.toml.")] = Path(),
    quiet: Quiet = False,
) -> None:
    """Write foretaste.toml, a schema to review, and keys, from the data.

    Columns that are not named are inferred and written down; nothing that is there is overwritten.
    """
    from foretaste.gate.starting import start  # noqa: PLC0415 - help stays fast

    stated = {"label": label, "source": source, "id": id, "time": time}
    done = start(data, folder, {**stated, "text": text, "image": image})
    if quiet:
        return
    for file in done.written:
        typer.echo(f"wrote {file}")
    typer.echo("next: read the schema and foretaste.toml, then run foretaste gate data")
