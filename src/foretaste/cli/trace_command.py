"""``foretaste fingerprint`` and ``foretaste trace``: keep what a trace needs, and trace."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from foretaste.cli.scan_command import reader_may_leave, refuse_file, split_names

if TYPE_CHECKING:
    from foretaste.report.trace_report import TraceReport

__all__ = ["fingerprint", "trace"]

_OUT, _FILE = Path("foretaste-trace"), Path("fingerprint.npz")


def fingerprint(
    path: Annotated[
        str, typer.Argument(help="A file, a glob, or a folder (of files, or of images by class).")
    ],
    out: Annotated[Path, typer.Option(help="The file to write.")] = _FILE,
    label: Annotated[str | None, typer.Option(help="Column with the label.")] = None,
    source: Annotated[str | None, typer.Option(help="Column that says who gave a row.")] = None,
    id: Annotated[str | None, typer.Option(help="Column that names a row.")] = None,  # noqa: A002
    text: Annotated[str | None, typer.Option(help="Column with the text.")] = None,
    image: Annotated[str | None, typer.Option(help="Column with the image.")] = None,
    embedding: Annotated[str | None, typer.Option(help="Column with your own features.")] = None,
    features: Annotated[
        str | None, typer.Option(help="Columns of a table to look at, with commas between.")
    ] = None,
    seed: Annotated[int, typer.Option(min=0, help="Same seed, same result.")] = 0,
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="Print errors only.")] = False,
) -> None:
    """Keep what a trace needs: an incident months later then needs neither data nor training.

    The file holds features, ids, labels and sources of every row, and no content.
    """
    from foretaste.influence.fingerprint import fingerprint as take  # noqa: PLC0415 - help stays fast

    taken = take(
        path,
        label=label,
        source=source,
        id=id,
        text=text,
        image=image,
        embedding=embedding,
        columns=None if features is None else split_names(features, "--features"),
        seed=seed,
    )
    taken.save(out)
    if not quiet:
        size = out.stat().st_size / 2**20
        typer.echo(f"{len(taken):,} rows, {taken.view}: {out} ({size:.1f} MiB)")


def trace(
    path: Annotated[
        str | None,
        typer.Argument(help="The training rows: a file, a glob or a folder. [default: none]"),
    ] = None,
    incidents: Annotated[
        str, typer.Option(help="What was misread: a file in the form of the training rows.")
    ] = "",
    said: Annotated[str, typer.Option(help="Column of the incidents: what was said.")] = "said",
    expected: Annotated[
        str, typer.Option(help="Column of the incidents: what was right.")
    ] = "expected",
    fingerprint: Annotated[
        Path | None, typer.Option(help="A file of `foretaste fingerprint`; spares the data.")
    ] = None,
    model: Annotated[
        Path | None,
        typer.Option(help="A scikit-learn model as a skops file: compared, and trained again."),
    ] = None,
    label: Annotated[str | None, typer.Option(help="Column with the label.")] = None,
    source: Annotated[str | None, typer.Option(help="Column that says who gave a row.")] = None,
    id: Annotated[str | None, typer.Option(help="Column that names a row.")] = None,  # noqa: A002
    text: Annotated[str | None, typer.Option(help="Column with the text.")] = None,
    image: Annotated[str | None, typer.Option(help="Column with the image.")] = None,
    features: Annotated[
        str | None, typer.Option(help="Columns of a table to look at, with commas between.")
    ] = None,
    proof: Annotated[bool, typer.Option(help="Train again without the suspects.")] = True,
    seeds: Annotated[int, typer.Option(min=1, help="Trainings of each arm of the proof.")] = 3,
    seed: Annotated[int, typer.Option(min=0, help="Same seed, same result.")] = 0,
    out: Annotated[
        Path | None,
        typer.Option(help=f"Folder for the report. [default: {_OUT}; none with --json]"),
    ] = None,
    as_json: Annotated[
        bool, typer.Option("--json", help="Print the report as JSON, and nothing else.")
    ] = False,
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="Print errors only.")] = False,
) -> None:
    """These predictions were wrong: which rows and sources caused them, and is it gone without?

    Give the training rows, a fingerprint of them, or both. Exit code 0: not explained by training
    rows; 1: a cause was found; 3: it was found, and the proof is inconclusive.
    """
    if not incidents:
        raise typer.BadParameter("give the file with what was misread", param_hint="--incidents")
    target = out if out is not None or as_json else _OUT
    refuse_file(target)
    from foretaste.cli.progress import watched  # noqa: PLC0415 - help stays fast
    from foretaste.trace.model_files import load_model  # noqa: PLC0415
    from foretaste.trace.run import trace as trace_incidents  # noqa: PLC0415

    loaded = None if model is None else load_model(model)
    with watched(quiet=quiet or as_json) as progress:
        report = trace_incidents(
            path,
            incidents,
            said=said,
            expected=expected,
            fingerprint=fingerprint,
            model=loaded,
            label=label,
            source=source,
            id=id,
            text=text,
            image=image,
            columns=None if features is None else split_names(features, "--features"),
            proof=proof,
            seeds=seeds,
            seed=seed,
            progress=progress,
        )
    _deliver(report, target, as_json=as_json, quiet=quiet)


def _deliver(report: TraceReport, folder: Path | None, *, as_json: bool, quiet: bool) -> None:
    if folder is not None:
        report.save(folder)
    if as_json:
        sys.stdout.write(report.to_json())
        sys.stdout.flush()
    elif not quiet:
        with reader_may_leave():
            typer.echo(str(report))
            if folder is not None:
                typer.echo(f"report: {folder / 'trace.html'}")
    raise typer.Exit(report.exit_code)
