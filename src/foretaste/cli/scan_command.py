"""``foretaste scan``: options in, report out."""

from __future__ import annotations

import os
import sys
from contextlib import contextmanager
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from foretaste.errors import OutputError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from foretaste.report import Report

__all__ = ["Profile", "deliver", "reader_may_leave", "refuse_file", "scan", "split_names"]

_OUT = Path("foretaste-report")


class Profile(StrEnum):
    """How much time a scan may take."""

    FAST = "fast"
    BALANCED = "balanced"
    THOROUGH = "thorough"


def scan(
    path: Annotated[
        str, typer.Argument(help="A file, a glob, or a folder (of files, or of images by class).")
    ],
    label: Annotated[str | None, typer.Option(help="Column with the label.")] = None,
    source: Annotated[str | None, typer.Option(help="Column that says who gave a row.")] = None,
    id: Annotated[str | None, typer.Option(help="Column that names a row.")] = None,  # noqa: A002
    time: Annotated[str | None, typer.Option(help="Column with the time of a row.")] = None,
    text: Annotated[str | None, typer.Option(help="Column with the text.")] = None,
    image: Annotated[str | None, typer.Option(help="Column with the image.")] = None,
    embedding: Annotated[str | None, typer.Option(help="Column with your own features.")] = None,
    encoder: Annotated[
        str | None,
        typer.Option(help="A further view of each row: 'packaged', or an ONNX file."),
    ] = None,
    schema: Annotated[
        str | None,
        typer.Option(help="What the data must look like, too (foretaste schema infer)."),
    ] = None,
    features: Annotated[
        str | None, typer.Option(help="Columns of a table to look at, with commas between.")
    ] = None,
    out: Annotated[
        Path | None,
        typer.Option(help=f"Folder for the report. [default: {_OUT}; none with --json]"),
    ] = None,
    seed: Annotated[int, typer.Option(min=0, help="Same seed, same result.")] = 0,
    profile: Annotated[
        Profile, typer.Option(case_sensitive=False, help="How much time to take.")
    ] = Profile.BALANCED,
    workers: Annotated[
        int | None, typer.Option(min=1, help="Detectors at once. [default: one a core, up to 4]")
    ] = None,
    as_json: Annotated[
        bool, typer.Option("--json", help="Print the report as JSON, and nothing else.")
    ] = False,
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="Print errors only.")] = False,
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
    deliver(report, target, as_json=as_json, quiet=quiet)


def deliver(report: Report, folder: Path | None, *, as_json: bool, quiet: bool) -> None:
    """Write the report into `folder`, print it, and leave with its exit code."""
    if folder is not None:
        report.save(folder)
    if as_json:
        sys.stdout.write(report.to_json())
        sys.stdout.flush()
    elif not quiet:
        from foretaste.cli.verdict import print_verdict  # noqa: PLC0415 - help stays fast

        with reader_may_leave():
            print_verdict(report, folder)
    raise typer.Exit(report.exit_code)


def split_names(told: str, option: str) -> list[str]:
    """The names in `told`, with commas between them."""
    names = [name.strip() for name in told.split(",") if name.strip()]
    if not names:
        raise typer.BadParameter("give at least one, with commas between", param_hint=option)
    return names


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
