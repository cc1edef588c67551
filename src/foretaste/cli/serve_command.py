"""``foretaste serve``: review, access and the audit log, in a browser."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

__all__ = ["needs_extra", "serve"]


def serve(
    home: Annotated[
        Path, typer.Option(help="Folder for the server's keys, data, database and log.")
    ] = Path("foretaste-server"),
    database: Annotated[
        str,
        typer.Option(
            envvar="FORETASTE_DATABASE",
            help="postgresql://user@host/name for a team; a SQLite file in the home by default.",
            show_default=False,
        ),
    ] = "",
    host: Annotated[str, typer.Option(help="Address to listen at.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=1, max=65535, help="Port to listen at.")] = 8765,
    url: Annotated[
        str,
        typer.Option(help="Address that browsers use, such as https://foretaste.example.org."),
    ] = "",
    proxies: Annotated[
        str, typer.Option(help="Proxies whose X-Forwarded-For counts, with commas between.")
    ] = "",
    worker: Annotated[
        bool, typer.Option("--worker", help="Only work on jobs; the pages are served elsewhere.")
    ] = False,
    processes: Annotated[
        int, typer.Option(min=1, max=64, help="Processes that answer requests.")
    ] = 1,
    no_worker: Annotated[
        bool, typer.Option("--no-worker", help="Only serve pages; workers run elsewhere.")
    ] = False,
    token_for: Annotated[
        str, typer.Option(help="Print a new token for this person, and end.", show_default=False)
    ] = "",
) -> None:
    """Serve projects, runs, review and the audit log. Needs no configuration on one machine.

    The first start makes one person who may do everything, and prints a token once: sign in with
    it. With a second person, nobody releases rows alone any more.
    """
    needs_extra()
    from foretaste.serve.first_start import first_start, new_token  # noqa: PLC0415 - help is fast
    from foretaste.serve.running import log_as_json, run_server, run_worker  # noqa: PLC0415
    from foretaste.serve.server import ServerSettings, open_server  # noqa: PLC0415

    settings = ServerSettings(home, database, host, port, url, proxies)
    if worker:
        log_as_json()
        run_worker(settings)
        return
    server = open_server(settings)
    if token_for:
        typer.echo(new_token(server, token_for))
        return
    token = first_start(server)
    if token is not None:
        typer.echo(f"first start: sign in with this token, it is not shown again\n\n  {token}\n")
    typer.echo(f"foretaste serves {settings.address}, from {server.home.folder}")
    log_as_json()
    server.database.close()
    run_server(settings, with_worker=not no_worker, processes=processes)


def needs_extra() -> None:
    """Say what to install where the extra is missing.

    Raises
    ------
    MissingExtraError
        A package of the extra ``[serve]`` is not installed.
    """
    from importlib.util import find_spec  # noqa: PLC0415

    from foretaste.errors import MissingExtraError  # noqa: PLC0415

    if any(find_spec(name) is None for name in ("fastapi", "sqlalchemy", "uvicorn", "argon2")):
        raise MissingExtraError("foretaste serve", "serve")
