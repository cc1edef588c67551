"""``foretaste init``: settings, schema and keys for a data set."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

__all__ = ["init"]


def init(
    data: Annotated[str, typer.Argument(help="The data set, or a .dvc file that names it.")],
    label: Annotated[str | None, typer.Option(help="Column with the label.")] = None,
    source: Annotated[str | None, typer.Option(help="Column that says who gave a row.")] = None,
    id: Annotated[str | None, typer.Option(help="Column that names a row.")] = None,  # noqa: A002
    time: Annotated[str | None, typer.Option(help="Column with the time of a row.")] = None,
    text: Annotated[str | None, typer.Option(help="Column with the text.")] = None,
    image: Annotated[str | None, typer.Option(help="Column with the image.")] = None,
    folder: Annotated[Path, typer.Option(help="Folder for foretaste.toml.")] = Path(),
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="Print errors only.")] = False,
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
