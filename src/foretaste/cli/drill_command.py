"""``foretaste drill``: options in, report out; finished trials are kept on the way."""

from __future__ import annotations

from contextlib import contextmanager
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
    from collections.abc import Iterator


__all__ = ["drill"]

_OUT = Path("foretaste-drill")
_JOURNAL = "trials.jsonl"


def drill(
    path: Rows,
    label: Label = None,
    source: Source = None,
    id: Id = None,  # noqa: A002
    time: Time = None,
    text: Text = None,
    image: Image = None,
    embedding: Embedding = None,
    features: Features = None,
    attacks: Annotated[
        str | None,
        typer.Option(
            help="Attacks and placebos, with commas between.", show_default="all that apply"
        ),
    ] = None,
    sizes: Annotated[
        str | None,
        typer.Option(
            help="Poisoned rows, such as 10,25 or 1%,5%.",
            show_default="10,25,50,100; 1%,2%,5%,10% for flips and outliers",
        ),
    ] = None,
    seeds: Annotated[int, typer.Option(min=1, help="Trials of each attack and size.")] = 1,
    seed: Seed = 0,
    limit: Annotated[
        int, typer.Option(min=1, help="Of more rows, a random sample is drilled.")
    ] = 8000,
    removal: Annotated[
        bool, typer.Option(help="Train models with and without the flagged rows.")
    ] = True,
    profile: Speed = Profile.BALANCED,
    workers: Workers = None,
    budget: Annotated[
        float | None, typer.Option(min=0, help="Minutes after which no trial is begun.")
    ] = None,
    out: Annotated[
        Path | None,
        typer.Option(
            help="Folder for report and trials.", show_default=f"{_OUT}; none with --json"
        ),
    ] = None,
    as_json: AsJson = False,
    quiet: Quiet = False,
) -> None:
    """Would you have noticed? Plant attacks in copies of your data, and scan them.

    Your files are only read. Trials that are finished are kept in the folder of the report:
    interrupted or cut short, the same command goes on from there.

    Exit code 0 says that the drill is complete, whatever it measured; 1 that the data are blocked
    before anything is planted; 3 that trials are missing.
    """
    target = out if out is not None or as_json else _OUT
    refuse_file(target)
    wanted = None if sizes is None else _sizes(sizes)
    from foretaste.cli.progress import watched  # noqa: PLC0415 - help stays fast
    from foretaste.drill.run import drill as drill_data  # noqa: PLC0415

    journal = None if target is None else target / _JOURNAL
    with _kept(journal), watched(quiet=quiet or as_json) as progress:
        report = drill_data(
            path,
            label=label,
            source=source,
            id=id,
            time=time,
            features=None if features is None else split_names(features, "--features"),
            text=text,
            image=image,
            embedding=embedding,
            attacks=None if attacks is None else split_names(attacks, "--attacks"),
            sizes=wanted,
            seeds=seeds,
            seed=seed,
            limit=limit,
            removal=removal,
            profile=profile.value,
            workers=workers,
            budget=None if budget is None else 60 * budget,
            journal=journal,
            progress=progress,
        )

    def show() -> None:
        from foretaste.cli.drill_verdict import print_drill  # noqa: PLC0415 - help stays fast

        print_drill(report, target)

    deliver(report, target, show, as_json=as_json, quiet=quiet)


def _sizes(told: str) -> list[float]:
    """Rows as they stand, percentages as shares.

    Examples
    --------
    >>> _sizes("10, 2.5%")
    [10.0, 0.025]
    """
    sizes = []
    for part in split_names(told, "--sizes"):
        number, percent = part.removesuffix("%"), part.endswith("%")
        try:
            size = float(number) / (100 if percent else 1)
        except ValueError:
            size = float("nan")
        if not (0 < size < 1 if percent else size >= 1 and size == round(size)):
            raise typer.BadParameter(
                f"a size is a whole number of rows or a percentage below 100, got {part!r}",
                param_hint="--sizes",
            )
        sizes.append(size)
    return sizes


@contextmanager
def _kept(journal: Path | None) -> Iterator[None]:
    """Whoever interrupts a drill is told that nothing finished is lost."""
    try:
        yield
    except KeyboardInterrupt:
        if journal is not None and journal.exists():
            line = f"finished trials are kept in {journal}: the same command goes on from there"
            typer.echo(line, err=True)
        raise
