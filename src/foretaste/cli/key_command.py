"""``foretaste key``: keys are made, listed, rotated and revoked."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from foretaste.errors import UsageError

if TYPE_CHECKING:
    import datetime as dt

    from foretaste.provenance import SigningKey, TrustedKey

__all__ = ["TRUST", "key", "key_passphrase", "open_key"]

TRUST = Path("foretaste-trust.json")
_EPILOG = "Exit codes: 0 done, 2 usage, 3 cannot write, 4 the trust file is malformed."

key = typer.Typer(
    name="key",
    help="Make, list, rotate and revoke the keys that sign.",
    no_args_is_help=True,
    epilog=_EPILOG,
)

_Name = Annotated[str, typer.Argument(help="Name of the key, or the first digits of its id.")]
_Trust = Annotated[Path, typer.Option(help="File of the public keys that count.")]
_Folder = Annotated[Path, typer.Option(help="Folder for private keys.")]
_Days = Annotated[int | None, typer.Option(min=1, help="Days after which it no longer counts.")]


@key.command(epilog=_EPILOG)
def make(
    name: Annotated[str, typer.Argument(help="Name of the key, such as ci.")],
    may: Annotated[
        list[str] | None,
        typer.Option(help="What it may sign: data, log, source:NAME; data and log by default."),
    ] = None,
    trust: _Trust = TRUST,
    folder: _Folder = Path("keys"),
    days: _Days = None,
) -> None:
    """Make an Ed25519 key, readable by you only, and trust it.

    FORETASTE_KEY_PASSPHRASE, where set, encrypts the private key.
    """
    from foretaste.provenance import Trust, load_trust, save_trust  # noqa: PLC0415 - help is fast

    held = load_trust(trust) if trust.exists() else Trust()
    path = folder / f"{_file_name(name)}.pem"
    held.refuse_name(name)  # before anything is written
    made, entry = _made(path, name, may or ["data", "log"], days)
    save_trust(trust, held.with_key(entry))
    typer.echo(f"private key: {path} (keep it secret)\npublic key:  {made.public.id}, in {trust}")


@key.command("list", epilog=_EPILOG)
def list_keys(trust: _Trust = TRUST) -> None:
    """List the keys that are known, and whether they count."""
    from rich.table import Table  # noqa: PLC0415 - help is fast

    from foretaste.cli.verdict import console  # noqa: PLC0415
    from foretaste.provenance import load_trust  # noqa: PLC0415
    from foretaste.provenance.documents import to_time  # noqa: PLC0415

    table = Table(box=None, pad_edge=False, header_style="bold")
    for column in ("key", "id", "may sign", "state"):
        table.add_column(column, overflow="fold")
    for held in load_trust(trust).keys:
        states = {"revoked": held.revoked, "retired": held.retired, "expires": held.expires}
        said = [f"{word} {to_time(when)}" for word, when in states.items() if when is not None]
        state = ", ".join(said or ["in use"]) + (f" ({held.reason})" if held.reason else "")
        table.add_row(held.name, held.key.id[:16], ", ".join(held.uses), state)
    console().print(table)


@key.command(epilog=_EPILOG)
def rotate(
    name: _Name, trust: _Trust = TRUST, folder: _Folder = Path("keys"), days: _Days = None
) -> None:
    """Make a new key that takes the place of another.

    What the old key signed before still counts; it signs nothing new. If others may have the old
    key, revoke it instead.
    """
    from foretaste.provenance import load_trust, save_trust  # noqa: PLC0415 - help is fast

    held = load_trust(trust)
    old = held.named(name)
    if old.retired is not None or old.revoked is not None:
        raise UsageError(f"key {old.name!r} is out of use already; make a new one")
    stem, number = _file_name(old.name), 2
    while (folder / f"{stem}-{number}.pem").exists():
        number += 1
    path = folder / f"{stem}-{number}.pem"
    made, entry = _made(path, old.name, list(old.uses), days)
    save_trust(trust, held.rotate(old.key.id, entry, entry.created))
    typer.echo(f"private key: {path} (keep it secret)\npublic key:  {made.public.id}, in {trust}")


@key.command(epilog=_EPILOG)
def revoke(
    name: _Name,
    reason: Annotated[str, typer.Option(help="Why; it is told wherever the key is met.")],
    trust: _Trust = TRUST,
) -> None:
    """Let no signature of a key count any more, whatever its date."""
    from foretaste.provenance import load_trust, save_trust  # noqa: PLC0415 - help is fast

    held = load_trust(trust)
    found = held.named(name)
    save_trust(trust, held.revoke(found.key.id, _now(), reason))
    typer.echo(f"revoked: {found.name} ({found.key.id[:16]}); sign again what it had signed")


def open_key(path: Path) -> SigningKey:
    """The private key in a file, with the passphrase of the environment."""
    from foretaste.provenance import load_key  # noqa: PLC0415 - help is fast

    return load_key(path, key_passphrase())


def key_passphrase() -> bytes | None:
    """FORETASTE_KEY_PASSPHRASE, where it is set."""
    told = os.environ.get("FORETASTE_KEY_PASSPHRASE", "")
    return told.encode() or None


def _made(
    path: Path, name: str, uses: list[str], days: int | None
) -> tuple[SigningKey, TrustedKey]:
    """A new key on disk, and its entry in the trust file."""
    import datetime as dt  # noqa: PLC0415 - help is fast

    from foretaste.provenance import TrustedKey, make_key  # noqa: PLC0415

    for use in uses:
        if use not in {"data", "log"} and not (use.startswith("source:") and use != "source:"):
            raise UsageError(f"may: must be data, log or source:NAME, got {use!r:.60}")
    made = make_key(path, key_passphrase())
    now = _now()
    expires = None if days is None else now + dt.timedelta(days=days)
    return made, TrustedKey(name, made.public, tuple(dict.fromkeys(uses)), now, expires)


def _now() -> dt.datetime:
    import datetime as dt  # noqa: PLC0415 - help is fast

    return dt.datetime.now(dt.UTC).replace(microsecond=0)


def _file_name(name: str) -> str:
    """A key's name as the name of a file."""
    if (
        not name
        or name.startswith(".")
        or any(c in '/\\:*?"<>|' or not c.isprintable() for c in name)
    ):
        raise UsageError(f"name: must be usable as the name of a file, got {name!r:.60}")
    return name
