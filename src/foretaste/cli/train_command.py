"""``foretaste train``: options in, a model with a certificate out; or, before it, a plan."""

from __future__ import annotations

import sys
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from foretaste.cli.delivering import reader_may_leave, refuse_file
from foretaste.cli.options import (
    Embedding,
    Features,
    Id,
    Image,
    Label,
    Quiet,
    Rows,
    Source,
    Text,
    Time,
    split_names,
)

if TYPE_CHECKING:
    from foretaste.data import Dataset

__all__ = ["train"]

_MODEL, _PLAN = Path("foretaste-model"), Path("foretaste-plan")


class Vote(StrEnum):
    """How base models decide."""

    DPA = "dpa"
    FA = "fa"
    ROE = "roe"


class Unit(StrEnum):
    """What a certificate counts."""

    ROW = "row"
    SOURCE = "source"


class Kind(StrEnum):
    """The base model."""

    LINEAR = "linear"
    TREES = "trees"


def train(
    path: Rows,
    label: Label = None,
    source: Source = None,
    id: Id = None,  # noqa: A002
    time: Time = None,
    text: Text = None,
    image: Image = None,
    embedding: Embedding = None,
    features: Features = None,
    plan: Annotated[
        bool, typer.Option("--plan", help="Show what certificates would cost; keep no model.")
    ] = False,
    unit: Annotated[
        Unit | None,
        typer.Option(
            case_sensitive=False,
            help="What is counted.",
            show_default="source, where there is a source column",
        ),
    ] = None,
    partitions: Annotated[
        int | None, typer.Option(min=2, help="Parts that rows or sources are split into.")
    ] = None,
    vote: Annotated[
        Vote,
        typer.Option(
            case_sensitive=False,
            help="dpa: most votes; fa: parts overlap; roe: run-off of the two leading classes.",
        ),
    ] = Vote.ROE,
    closed_sources: Annotated[
        bool,
        typer.Option(
            "--closed-sources", help="No one else than the sources in the data can deliver."
        ),
    ] = False,
    model: Annotated[
        Kind, typer.Option(case_sensitive=False, help="Base model; trees for tables only.")
    ] = Kind.LINEAR,
    holdout: Annotated[
        float, typer.Option(min=0.05, max=0.5, help="Share of rows kept to measure on.")
    ] = 0.2,
    limit: Annotated[
        int, typer.Option(min=200, help="Of more rows, a plan measures a part.")
    ] = 6000,
    out: Annotated[
        Path | None,
        typer.Option(
            help="Folder for model and certificate.", show_default=f"{_MODEL}; or {_PLAN}"
        ),
    ] = None,
    as_json: Annotated[
        bool, typer.Option("--json", help="Print the certificate, or the plan, as JSON only.")
    ] = False,
    quiet: Quiet = False,
) -> None:
    """Train a model whose predictions carry a proof: so many vendors, or rows, cannot flip them.

    With --plan, first see what accuracy each promise would cost.

    The model is written without pickle; foretaste.train.load_model reads it.
    """
    target = out if out is not None else (None if as_json and plan else _PLAN if plan else _MODEL)
    refuse_file(target)
    names = None if features is None else split_names(features, "--features")
    from foretaste.data import open_dataset  # noqa: PLC0415 - help stays fast

    data = open_dataset(
        path,
        label=label,
        source=source,
        id=id,
        time=time,
        text=text,
        image=image,
        embedding=embedding,
        features=names,
    )
    screen = _Screen(target, as_json=as_json, quiet=quiet)
    if plan:
        _show_plan(data, screen, model=model.value, closed=closed_sources, limit=limit)
    else:
        _train(
            data,
            screen,
            unit=None if unit is None else unit.value,
            vote=vote.value,
            partitions=partitions,
            closed=closed_sources,
            model=model.value,
            holdout=holdout,
        )


class _Screen:
    """Where results go."""

    def __init__(self, folder: Path | None, *, as_json: bool, quiet: bool) -> None:
        self.folder, self.as_json, self.quiet = folder, as_json, quiet

    @property
    def silent(self) -> bool:
        return self.quiet or self.as_json

    def document(self, text: str) -> None:
        sys.stdout.write(text)
        sys.stdout.flush()


def _show_plan(data: Dataset, screen: _Screen, **options: Any) -> None:
    from foretaste.cli.progress import watched  # noqa: PLC0415 - help stays fast
    from foretaste.report.train_report import plan_document, save_plan, to_text  # noqa: PLC0415
    from foretaste.train.planning import plan  # noqa: PLC0415

    with watched(quiet=screen.silent) as progress:
        made = plan(data, progress=progress, **options)
    if screen.folder is not None:
        save_plan(made, screen.folder)
    if screen.as_json:
        screen.document(to_text(plan_document(made)))
    elif not screen.quiet:
        from foretaste.cli.train_verdict import print_plan  # noqa: PLC0415 - help stays fast

        with reader_may_leave():
            print_plan(made, screen.folder)


def _train(data: Dataset, screen: _Screen, **options: Any) -> None:
    from foretaste.cli.progress import watched  # noqa: PLC0415 - help stays fast
    from foretaste.report.train_report import save_trained  # noqa: PLC0415
    from foretaste.train.keep import CERTIFICATE, need_skops  # noqa: PLC0415
    from foretaste.train.run import train_partitioned  # noqa: PLC0415

    need_skops()  # before the training rather than after it
    assert screen.folder is not None
    with watched(quiet=screen.silent) as progress:
        made = train_partitioned(data, progress=progress, **options)
    save_trained(made, screen.folder)
    if screen.as_json:
        screen.document((screen.folder / CERTIFICATE).read_text(encoding="utf-8"))
    elif not screen.quiet:
        from foretaste.cli.train_verdict import print_trained  # noqa: PLC0415 - help stays fast

        with reader_may_leave():
            print_trained(made, screen.folder)
