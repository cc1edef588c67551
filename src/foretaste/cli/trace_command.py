"""``foretaste fingerprint`` and ``foretaste trace``: keep what a trace needs, and trace."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from foretaste.cli.delivering import deliver, refuse_file
from foretaste.cli.options import (
    AsJson,
    Embedding,
    Features,
    Id,
    Image,
    Label,
    Quiet,
    Rows,
    Seed,
    Source,
    Text,
    split_names,
)

__all__ = ["fingerprint", "trace"]

_OUT, _FILE = Path("foretaste-trace"), Path("fingerprint.npz")


def fingerprint(
    path: Rows,
    out: Annotated[Path, typer.Option(help="The file to write.")] = _FILE,
    label: Label = None,
    source: Source = None,
    id: Id = None,  # noqa: A002
    text: Text = None,
    image: Image = None,
    embedding: Embedding = None,
    features: Features = None,
    seed: Seed = 0,
    quiet: Quiet = False,
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
        typer.Argument(help="The training rows: a file, a glob or a folder.", show_default="none"),
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
    label: Label = None,
    source: Source = None,
    id: Id = None,  # noqa: A002
    text: Text = None,
    image: Image = None,
    features: Features = None,
    proof: Annotated[bool, typer.Option(help="Train again without the suspects.")] = True,
    seeds: Annotated[int, typer.Option(min=1, help="Trainings of each arm of the proof.")] = 3,
    seed: Seed = 0,
    out: Annotated[
        Path | None,
        typer.Option(help="Folder for the report.", show_default=f"{_OUT}; none with --json"),
    ] = None,
    as_json: AsJson = False,
    quiet: Quiet = False,
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

    def show() -> None:
        typer.echo(str(report))
        if target is not None:
            typer.echo(f"report: {target / 'trace.html'}")

    deliver(report, target, show, as_json=as_json, quiet=quiet)
