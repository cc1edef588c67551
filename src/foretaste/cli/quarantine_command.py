"""``foretaste quarantine``: rows that left a training set."""

from __future__ import annotations

import getpass
import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from foretaste.gate.settings import Settings
    from foretaste.store import Event, Quarantine

__all__ = ["quarantine"]

quarantine = typer.Typer(
    name="quarantine",
    help="Rows that left a training set: list, explain, release or purge them, with a reason.",
)

_Config = Annotated[Path, typer.Option(help="The settings.")]
_Entry = Annotated[str, typer.Argument(help="An entry, by its id or the beginning of one.")]
_Reason = Annotated[str, typer.Option(help="Why; it is kept for ever.")]
_By = Annotated[
    str | None, typer.Option(help="Who decides.", show_default="the user of this system")
]
_Json = Annotated[bool, typer.Option("--json", help="Print JSON, and nothing else.")]
_CONFIG = Path("foretaste.toml")


@quarantine.command(name="list")
def list_entries(config: _Config = _CONFIG, as_json: _Json = False) -> None:
    """List all entries: when, of which data, how many rows, what has become of them."""
    from foretaste.gate.review import summaries  # noqa: PLC0415 - help stays fast

    _, held = _open(config)
    found = summaries(held)
    if as_json:
        _print_json([_summary_json(one) for one in found])
        return
    from foretaste.cli.quarantine_tables import print_summaries  # noqa: PLC0415

    print_summaries(found)


@quarantine.command()
def explain(
    entry: _Entry,
    config: _Config = _CONFIG,
    sealed: Annotated[
        bool, typer.Option("--sealed", help="Do without the key: tell only what is not sealed.")
    ] = False,
    rows: Annotated[
        Path | None, typer.Option(help="Also write the rows themselves into this new folder.")
    ] = None,
    as_json: _Json = False,
) -> None:
    """Say why these rows were moved, what was decided since, and show the rows.

    Findings and rows are opened with the key that foretaste.toml names under [quarantine].
    """
    from foretaste.gate.review import explain as explained  # noqa: PLC0415 - help stays fast
    from foretaste.gate.review import write_rows  # noqa: PLC0415

    settings, held = _open(config)
    key = None if sealed else settings.path(settings.quarantine.key)
    told = explained(held, entry, key)
    written = []
    if rows is not None:
        content = held.rows(told.entry.id, settings.path(settings.quarantine.key))
        written = write_rows(content, rows)
    if as_json:
        _print_json(
            {
                "entry": told.entry.id,
                "sentence": told.sentence,
                "rows": [
                    {
                        "row": row.row,
                        "id": told.ids.get(row.row, ""),
                        "state": told.states[row.row],
                        "kind": row.kind,
                        "verdict": row.verdict,
                        "group": row.group,
                        "why": told.why.get(row.row, ""),
                    }
                    for row in told.entry.rows
                ],
                "events": [_event_json(event) for event in told.events],
                "written": [str(file) for file in written],
            }
        )
        return
    from foretaste.cli.quarantine_tables import print_explained  # noqa: PLC0415

    print_explained(told, written)


@quarantine.command()
def release(
    entry: _Entry,
    reason: _Reason,
    rows: Annotated[
        str | None, typer.Option(help="Row numbers, with commas between.", show_default="all held")
    ] = None,
    by: _By = None,
    config: _Config = _CONFIG,
) -> None:
    """Let rows go: the next gate lets them pass, unless it finds something else in them."""
    _, held = _open(config)
    chosen = None if rows is None else _numbers(rows)
    event = held.release(entry, reason=reason, by=by or getpass.getuser(), rows=chosen)
    typer.echo(f"released {len(event.rows)} rows; run foretaste gate data to take them back")


@quarantine.command()
def purge(
    entry: _Entry,
    reason: _Reason,
    by: _By = None,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
    config: _Config = _CONFIG,
) -> None:
    """Delete the sealed rows of an entry for ever; the entry, its findings and the reason stay."""
    _, held = _open(config)
    found = held.entry(entry)
    if not yes:
        typer.confirm(f"delete the {len(found.rows)} rows of {found.id} for ever?", abort=True)
    event = held.purge(found.id, reason=reason, by=by or getpass.getuser())
    typer.echo(f"purged {len(event.rows)} rows of {found.id}")


def _open(config: Path) -> tuple[Settings, Quarantine]:
    from foretaste.gate.review import open_quarantine  # noqa: PLC0415 - help stays fast
    from foretaste.gate.settings import load_settings  # noqa: PLC0415

    settings = load_settings(config)
    return settings, open_quarantine(settings)


def _numbers(told: str) -> list[int]:
    parts = [part.strip() for part in told.split(",")]
    if not all(part.isdecimal() for part in parts):
        raise typer.BadParameter(
            f"expected row numbers with commas between, got {told[:60]!r}", param_hint="--rows"
        )
    return [int(part) for part in parts]


def _summary_json(one: object) -> dict[str, object]:
    from foretaste.gate.review import Summary  # noqa: PLC0415

    assert isinstance(one, Summary)
    return {
        "entry": one.entry.id,
        "made": one.entry.made,
        "data": one.entry.name,
        "rows": len(one.entry.rows),
        "states": dict(one.states),
        "kinds": dict(one.kinds),
    }


def _event_json(event: Event) -> dict[str, object]:
    return {
        "act": event.act,
        "rows": list(event.rows),
        "reason": event.reason,
        "by": event.by,
        "at": event.at,
    }


def _print_json(value: object) -> None:
    sys.stdout.write(json.dumps(value, indent=1) + "\n")
    sys.stdout.flush()
