"""``foretaste watch``: did the model in use change, or what it is fed?"""

from __future__ import annotations

import signal
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from collections.abc import Iterable

    from foretaste.gate.settings import Settings
    from foretaste.watch.alarms import Silence
    from foretaste.watch.notices import Sender
    from foretaste.watch.watching import Taken, Watch

__all__ = ["watch"]

_EPILOG = (
    "Exit codes: 0 nothing holds promotion, 1 an alarm of level warn or above is open, 2 usage, "
    "3 a file is no batch, or an internal error."
)
_CONFIG = Path("foretaste.toml")

watch = typer.Typer(
    name="watch",
    help="Did the model in use change, or what it is fed? Evidence that may be looked at any time.",
    no_args_is_help=True,
    epilog=_EPILOG,
)
_Config = Annotated[Path, typer.Option(help="The settings.")]
_Who = Annotated[str, typer.Option(help="Who takes the responsibility.")]
_Reason = Annotated[str, typer.Option(help="Why; it is kept and told.")]
_Number = Annotated[int, typer.Argument(help="Number of the alarm.")]


@watch.command(epilog=_EPILOG)
def run(
    batches: Annotated[list[Path], typer.Argument(help="Files of predictions, in order.")],
    config: _Config = _CONFIG,
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="Print errors only.")] = False,
) -> None:
    """Count batches, raise alarms, send notices, and leave with what is open.

    A batch is a CSV, Parquet or JSON Lines file with a column `prediction`; `label`, `before`,
    `trigger` and `target`, `canary` and `held`, `model`, `id` and slices where there are some.
    A batch that was counted before is not counted again.
    """
    opened, _ = _open(config)
    taken = [opened.take(file) for file in batches]
    opened.look_again()
    _sender(opened, config).send()
    for one in taken:
        if not quiet or one.refused:
            _tell(one)
    refused = any(one.refused for one in taken)
    raise typer.Exit(3 if refused else _code(opened))


@watch.command(epilog=_EPILOG)
def serve(
    config: _Config = _CONFIG,
    host: Annotated[str, typer.Option(help="Address to listen on.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=0, max=65535, help="Port; 0 takes a free one.")] = 9477,
) -> None:
    """Take batches as they appear in the inbox, and show the live page and /metrics.

    The page has no log-in: put it behind a proxy before it listens on more than this machine.
    """
    from foretaste.watch.service import Service  # noqa: PLC0415 - help stays fast

    opened, settings = _open(config)
    inbox = settings.path(settings.watch.inbox)
    service = Service(opened, _sender(opened, config), inbox, (host, port))
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: service.stop())
    typer.echo(f"watching {inbox}, http://{host}:{service.port}/")
    service.serve(_tell)


@watch.command(epilog=_EPILOG)
def status(
    config: _Config = _CONFIG,
    page: Annotated[Path | None, typer.Option(help="Also write the page into this file.")] = None,
) -> None:
    """List what is open; as a step before promotion it leaves with 1 where something holds it."""
    from foretaste.provenance.durable import replace  # noqa: PLC0415 - help stays fast
    from foretaste.report.visible import shorten  # noqa: PLC0415
    from foretaste.watch.page import watch_page  # noqa: PLC0415

    opened, _ = _open(config)
    opened.look_again()
    for alarm in opened.journal.alarms():
        state = f" ({alarm.state})" if alarm.state != "open" else ""
        typer.echo(f"{alarm.id}: {alarm.level.name.lower()}{state}: {shorten(alarm.sentence, 400)}")
    if page is not None:
        replace(page, watch_page(opened.journal, live=False).encode())
    raise typer.Exit(_code(opened))


@watch.command(epilog=_EPILOG)
def silence(number: _Number, by: _Who, reason: _Reason, config: _Config = _CONFIG) -> None:
    """Ask for the silence of an alarm until it is told again; it takes two people."""
    opened, _ = _open(config)
    asked = opened.silence(number, by, reason)
    _sender(opened, config).send()
    typer.echo(f"alarm {number}: {asked.state}, asked by {', '.join(_names(asked.silences))}")


@watch.command(epilog=_EPILOG)
def close(number: _Number, by: _Who, reason: _Reason, config: _Config = _CONFIG) -> None:
    """Close an alarm whose cause was dealt with; it takes two people, and evidence starts anew."""
    opened, _ = _open(config)
    asked = opened.close(number, by, reason)
    _sender(opened, config).send()
    typer.echo(f"alarm {number}: {asked.state}, asked by {', '.join(_names(asked.silences))}")


def _open(config: Path) -> tuple[Watch, Settings]:
    from foretaste.gate.settings import load_settings  # noqa: PLC0415 - help stays fast
    from foretaste.watch.journal import open_journal  # noqa: PLC0415
    from foretaste.watch.watching import Watch  # noqa: PLC0415

    settings = load_settings(config)
    return Watch(settings.watch, open_journal(settings.watch, settings.root)), settings


def _sender(opened: Watch, config: Path) -> Sender:
    from foretaste.watch.notices import Sender  # noqa: PLC0415 - help stays fast

    return Sender(opened.stated, config.parent, opened.journal)


def _tell(taken: Taken) -> None:
    if taken.refused:
        typer.echo(f"{taken.name}: refused: {taken.refused}", err=True)
        return
    told = "counted before" if taken.known else f"{taken.rows:,} rows"
    typer.echo(f"{taken.name}: {told}")
    for alarm in taken.news:
        typer.echo(f"  {alarm.level.name.lower()}: {alarm.sentence}")


def _code(opened: Watch) -> int:
    return int(any(alarm.counts for alarm in opened.journal.alarms()))


def _names(silences: Iterable[Silence]) -> list[str]:
    return [one.who for one in silences]
