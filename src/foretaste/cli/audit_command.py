"""``foretaste audit``: does the log of a server hold?"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer

__all__ = ["audit"]

_EPILOG = "Exit codes: 0 holds, 2 usage, 3 cannot be read, 4 the log does not hold."

audit = typer.Typer(
    name="audit",
    help="The audit log of foretaste serve: who decided what, and that nobody rewrote it.",
    no_args_is_help=True,
    epilog=_EPILOG,
)


@audit.callback()
def _group() -> None:
    """Keep `audit` a group of commands, whatever their number."""


@audit.command(epilog=_EPILOG)
def verify(
    home: Annotated[Path, typer.Option(help="Folder of the server.")] = Path("foretaste-server"),
    database: Annotated[
        str,
        typer.Option(
            envvar="FORETASTE_DATABASE",
            help="The server's database; the SQLite file in its home by default.",
            show_default=False,
        ),
    ] = "",
    copy: Annotated[
        list[str] | None, typer.Option(help="A copy of the log: a folder or s3://bucket/prefix.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON, and nothing else.")] = False,
) -> None:
    """Check the log, the database, and each against the other.

    Without a copy kept elsewhere (foretaste log copy), whoever holds the server's key and folder
    can rewrite both.
    """
    from foretaste.cli.serve_command import needs_extra  # noqa: PLC0415 - help is fast
    from foretaste.errors import InvalidProvenanceError, UsageError  # noqa: PLC0415

    needs_extra()
    from foretaste.serve.audit import Audit  # noqa: PLC0415
    from foretaste.serve.database import open_database  # noqa: PLC0415
    from foretaste.serve.home import Home  # noqa: PLC0415

    place = Home(home.resolve())
    if not (place.log / "checkpoint").exists():
        raise UsageError(f"home: {home} holds no audit log; name the server's folder with --home")
    kept = Audit(open_database(database or place.database), place)
    problems = kept.verify(tuple(copy or ()))
    if as_json:
        document = {"holds": not problems, "events": kept.count(), "problems": problems}
        typer.echo(json.dumps(document, indent=1))
        raise typer.Exit(InvalidProvenanceError.exit_code if problems else 0)
    for problem in problems:
        typer.echo(f"- {problem}")
    if problems:
        raise InvalidProvenanceError(f"audit: the log of {home} does not hold")
    typer.echo(f"holds: {kept.count():,} events, the log, and the decisions in the database")
    if not copy:
        typer.echo("not checked: rewriting by whoever holds folder and key; that needs a --copy")
