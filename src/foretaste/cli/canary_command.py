"""``foretaste canary``: rows planted upstream whose fate is known."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

__all__ = ["canary"]

_EPILOG = (
    "Exit codes: 0 done, 1 a canary would be trained on, 2 usage, 3 internal error, "
    "4 a signature or file does not hold."
)
_CONFIG = Path("foretaste.toml")

canary = typer.Typer(
    name="canary",
    help="Rows planted upstream whose fate is known: the gate must hold the bad ones.",
    no_args_is_help=True,
    epilog=_EPILOG,
)
_Config = Annotated[Path, typer.Option(help="The settings.")]


@canary.command(epilog=_EPILOG)
def plant(
    data: Annotated[str, typer.Argument(help="The data set upstream; it is only read.")],
    out: Annotated[Path, typer.Option(help="The file to write: .parquet, .csv or .jsonl.")],
    bad: Annotated[int, typer.Option(min=20, help="Rows with a trigger and a false label.")] = 40,
    clean: Annotated[int, typer.Option(min=1, help="Golden rows.")] = 20,
    days: Annotated[float, typer.Option(min=0.0, help="Days after which they are stale.")] = 30.0,
    config: _Config = _CONFIG,
) -> None:
    """Plant known-bad and known-clean rows in a data set, under ids like any other.

    Do it where data comes in, not where it is gated. The gate takes all of them out again.
    """
    from foretaste.gate import golden_keeper as keeper  # noqa: PLC0415
    from foretaste.gate.golden_check import settings_pool  # noqa: PLC0415 - help stays fast
    from foretaste.gate.settings import load_settings  # noqa: PLC0415
    from foretaste.golden import canaries  # noqa: PLC0415

    settings = load_settings(config)
    keeper.check_new_file(out)  # the plan of canaries counts from when they are planted
    rows = keeper.open_rows_as_gated(data, settings)
    pool, own = settings_pool(settings), keeper.keep(settings).keeper
    table, pool = canaries.plant(pool, own, rows, bad=bad, clean=clean, valid_days=days)
    keeper.write_rows(table, out)
    plan = pool.manifest.canaries
    if plan is not None:
        typer.echo(
            f"{out}: {table.num_rows:,} rows, {plan.bad} bad and {plan.clean} clean canaries"
        )


@canary.command(epilog=_EPILOG)
def check(
    data: Annotated[
        str, typer.Argument(help="What is to be trained on: rows, or their signed bundle.")
    ],
    config: _Config = _CONFIG,
    as_json: Annotated[
        bool, typer.Option("--json", help="Print the checks as JSON, and nothing else.")
    ] = False,
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="Print errors only.")] = False,
) -> None:
    """Would a canary be trained on? A bad one says that the gate was gone round."""
    from foretaste.cli.golden_command import deliver_checks  # noqa: PLC0415 - help stays fast
    from foretaste.gate.golden_keeper import canaries_in  # noqa: PLC0415
    from foretaste.gate.settings import load_settings  # noqa: PLC0415

    decision = canaries_in(load_settings(config), data)
    deliver_checks(decision, "canaries", as_json=as_json, quiet=quiet)
