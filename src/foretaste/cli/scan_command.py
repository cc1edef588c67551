"""``foretaste scan``: options in, report out."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from foretaste.cli.delivering import deliver, refuse_file
from foretaste.cli.options import (
    AsJson,
    Embedding,
    Features,
    Id,
    Image,
    Label,
    Profile,
    Quiet,
    Rows,
    Seed,
    Source,
    Speed,
    Text,
    Time,
    Workers,
    split_names,
)

if TYPE_CHECKING:
    from foretaste.report import Report

__all__ = ["deliver_scan", "scan"]

_OUT = Path("foretaste-report")


def scan(
    path: Rows,
    label: Label = None,
    source: Source = None,
    id: Id = None,  # noqa: A002
    time: Time = None,
    text: Text = None,
    image: Image = None,
    embedding: Embedding = None,
    encoder: Annotated[
        str | None,
        typer.Option(help="A further view of each row: 'packaged', or an ONNX file."),
    ] = None,
    schema: Annotated[
        str | None,
        typer.Option(help="What the data must look like, too (foretaste schema infer)."),
    ] = None,
    features: Features = None,
    out: Annotated[
        Path | None,
        typer.Option(help="Folder for the report.", show_default=f"{_OUT}; none with --json"),
    ] = None,
    seed: Seed = 0,
    profile: Speed = Profile.BALANCED,
    workers: Workers = None,
    as_json: AsJson = False,
    quiet: Quiet = False,
) -> None:
    """Find poisoned rows, and say which, what they share, and who gave them.

    Columns that are not named are inferred; the report says how. An empty name says that there
    is no such column.
    """
    target = out if out is not None or as_json else _OUT
    refuse_file(target)
    from foretaste.cli.progress import watched  # noqa: PLC0415 - help stays fast
    from foretaste.scanning import scan as scan_data  # noqa: PLC0415

    with watched(quiet=quiet or as_json) as progress:
        report = scan_data(
            path,
            label=label,
            source=source,
            id=id,
            time=time,
            features=None if features is None else split_names(features, "--features"),
            text=text,
            image=image,
            embedding=embedding,
            encoder=encoder,
            schema=schema,
            profile=profile.value,
            seed=seed,
            workers=workers,
            progress=progress,
        )
    deliver_scan(report, target, as_json=as_json, quiet=quiet)


def deliver_scan(report: Report, folder: Path | None, *, as_json: bool, quiet: bool) -> None:
    """Hand over the report of a scan."""

    def show() -> None:
        from foretaste.cli.verdict import print_verdict  # noqa: PLC0415 - help stays fast

        print_verdict(report, folder)

    deliver(report, folder, show, as_json=as_json, quiet=quiet)
