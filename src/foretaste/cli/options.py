"""Options that mean the same in every command, said once."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

import typer

__all__ = [
    "AsJson",
    "Embedding",
    "Features",
    "Id",
    "Image",
    "Label",
    "Profile",
    "Quiet",
    "Rows",
    "Seed",
    "Source",
    "Speed",
    "Text",
    "Time",
    "Workers",
    "split_names",
]


class Profile(StrEnum):
    """How much time a scan may take."""

    FAST = "fast"
    BALANCED = "balanced"
    THOROUGH = "thorough"


Rows = Annotated[
    str, typer.Argument(help="A file, a glob, or a folder (of files, or of images by class).")
]
Label = Annotated[str | None, typer.Option(help="Column with the label.")]
Source = Annotated[str | None, typer.Option(help="Column that says who gave a row.")]
Id = Annotated[str | None, typer.Option(help="Column that names a row.")]
Time = Annotated[str | None, typer.Option(help="Column with the time of a row.")]
Text = Annotated[str | None, typer.Option(help="Column with the text.")]
Image = Annotated[str | None, typer.Option(help="Column with the image.")]
Embedding = Annotated[str | None, typer.Option(help="Column with your own features.")]
Features = Annotated[
    str | None, typer.Option(help="Columns of a table to look at, with commas between.")
]
Seed = Annotated[int, typer.Option(min=0, help="Same seed, same result.")]
Speed = Annotated[Profile, typer.Option(case_sensitive=False, help="How much time a scan takes.")]
Workers = Annotated[
    int | None,
    typer.Option(min=1, help="What runs at once.", show_default="one a core, up to 4"),
]
AsJson = Annotated[bool, typer.Option("--json", help="Print the report as JSON, and nothing else.")]
Quiet = Annotated[bool, typer.Option("--quiet", "-q", help="Print errors only.")]


def split_names(told: str, option: str) -> list[str]:
    """The names in `told`, with commas between them."""
    names = [name.strip() for name in told.split(",") if name.strip()]
    if not names:
        raise typer.BadParameter("give at least one, with commas between", param_hint=option)
    return names
