"""``foretaste golden``: trusted rows that no model learns from."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from foretaste.gate.decision import Decision

__all__ = ["deliver_checks", "golden"]

_EPILOG = (
    "Exit codes: 0 done, 1 something is on the exclusion list or stale, 2 usage, "
    "3 inconclusive or internal error, 4 a signature or file does not hold."
)
_CONFIG = Path("foretaste.toml")

golden = typer.Typer(
    name="golden",
    help="Trusted rows that no model learns from: make, check and rotate them.",
    no_args_is_help=True,
    epilog=_EPILOG,
)
_Config = Annotated[Path, typer.Option(help="The settings.")]
_Seed = Annotated[int, typer.Option(min=0, help="Of the library triggers.")]


@golden.command(epilog=_EPILOG)
def make(
    trusted: Annotated[str, typer.Argument(help="Rows that people have checked.")],
    folder: Annotated[Path, typer.Option(help="Folder for the golden set.")] = Path(
        "foretaste-golden"
    ),
    slices: Annotated[
        list[str] | None,
        typer.Option("--slice", help="Column by whose values models are compared; repeatable."),
    ] = None,
    second_label: Annotated[
        str | None, typer.Option(help="Column with the label that somebody else gave.")
    ] = None,
    apart_from: Annotated[
        str | None, typer.Option(help="Training data: rows that are in it stay out.")
    ] = None,
    sentinels: Annotated[
        str | None, typer.Option(help="Rows agreed with each source, which is a column.")
    ] = None,
    champion: Annotated[
        str | None, typer.Option(help="The model in use: its answers are kept as probes.")
    ] = None,
    config: _Config = _CONFIG,
    seed: _Seed = 0,
) -> None:
    """Make a golden set: half of it shown, half sealed, all of it never to be trained on.

    Roles are those of foretaste.toml. The secret and keys that it names are made where they are
    not there yet.
    """
    from foretaste.gate.golden_keeper import keep, open_rows_as_gated  # noqa: PLC0415 - help is fast
    from foretaste.gate.model_under_test import open_model  # noqa: PLC0415
    from foretaste.gate.settings import load_settings  # noqa: PLC0415
    from foretaste.golden.making import make_golden, with_probes  # noqa: PLC0415

    settings = load_settings(config)
    rows = open_rows_as_gated(trusted, settings)
    trusted_types, classes = settings.model.trusted_types, rows.labels()[1]
    model = champion and open_model(champion, classes, trusted_types=trusted_types)
    opened = keep(settings, make=True)
    made = make_golden(
        rows,
        folder,
        opened.keeper,
        slices=slices or (),
        second_label=second_label,
        apart_from=None if apart_from is None else open_rows_as_gated(apart_from, settings),
        sentinels=None if sentinels is None else open_rows_as_gated(sentinels, settings),
        seed=seed,
    )
    pool = made.pool
    if model:
        shown = pool.dataset()
        answers = model.answers(shown.content())
        pool = with_probes(pool, opened.keeper.key, model.name, answers)
    for file in opened.written:
        typer.echo(f"wrote {file}")
    for part in pool.manifest.parts:
        typer.echo(f"{part.kind}: {part.rows:,} rows, {folder / part.file}")
    if made.disputed or made.trained:
        typer.echo(f"left out: {made.disputed} with two labels, {made.trained} in training data")
    if settings.golden.path != str(folder):
        typer.echo(f'next: under [golden] in {config} state path = "{folder}"')


@golden.command(epilog=_EPILOG)
def check(
    data: Annotated[
        str | None, typer.Option(help="Also look for golden rows in this data.")
    ] = None,
    config: _Config = _CONFIG,
    as_json: Annotated[
        bool, typer.Option("--json", help="Print the checks as JSON, and nothing else.")
    ] = False,
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="Print errors only.")] = False,
) -> None:
    """Is the golden set as it was signed, large enough, current, and not in the data?"""
    from foretaste.gate.golden_keeper import check_pool  # noqa: PLC0415 - help stays fast
    from foretaste.gate.settings import load_settings  # noqa: PLC0415

    decision = check_pool(load_settings(config), data)
    deliver_checks(decision, "golden set", as_json=as_json, quiet=quiet)


@golden.command(epilog=_EPILOG)
def rotate(
    fresh: Annotated[str | None, typer.Option(help="Trusted rows that become hidden ones.")] = None,
    config: _Config = _CONFIG,
    seed: _Seed = 0,
) -> None:
    """Show a quarter of the hidden rows and hide fresh ones: what was shown is never hidden again.

    Canaries planted before are stale from now on, and the champion's answers are asked for anew.
    """
    from foretaste.gate.golden_check import settings_pool  # noqa: PLC0415 - help stays fast
    from foretaste.gate.golden_keeper import keep, open_rows_as_gated  # noqa: PLC0415
    from foretaste.gate.settings import load_settings  # noqa: PLC0415
    from foretaste.golden.making import rotate as turn  # noqa: PLC0415

    settings = load_settings(config)
    pool = turn(
        settings_pool(settings),
        keep(settings).keeper,
        settings.path(settings.golden.key),
        None if fresh is None else open_rows_as_gated(fresh, settings),
        seed,
    )
    rows = {part.kind: part.rows for part in pool.manifest.parts}
    typer.echo(
        f"period {pool.manifest.period}: {rows['golden']:,} rows shown, {rows['hidden']:,} hidden; "
        "plant canaries anew"
    )


def deliver_checks(decision: Decision, title: str, *, as_json: bool, quiet: bool) -> None:
    """Print checks in the form that was asked for, and leave with their exit code."""
    import json  # noqa: PLC0415 - help stays fast

    from foretaste.cli.delivering import reader_may_leave  # noqa: PLC0415
    from foretaste.cli.gate_verdict import print_checks  # noqa: PLC0415
    from foretaste.report.codec import encode  # noqa: PLC0415

    if as_json:
        document = {"outcome": decision.outcome.value, "checks": encode(decision.checks)}
        typer.echo(json.dumps(document, indent=1, sort_keys=True))
    elif not quiet:
        with reader_may_leave():
            print_checks(decision, title)
    raise typer.Exit(decision.exit_code)
