"""``foretaste log``: what was signed, in order; and proofs about it."""

from __future__ import annotations

import base64
import json
from pathlib import Path
from typing import Annotated

import typer

from foretaste.cli.changes_shown import show_changes
from foretaste.cli.key_command import TRUST, open_key

__all__ = ["log"]

_EPILOG = "Exit codes: 0 holds, 2 usage, 3 cannot write, 4 the log or a signature does not hold."

log = typer.Typer(
    name="log",
    help="Keep an append-only log of what was signed, check it, copy it, and prove from it.",
    no_args_is_help=True,
    epilog=_EPILOG,
)

_Log = Annotated[Path, typer.Argument(help="Folder of the log.")]
_Trust = Annotated[Path, typer.Option(help="File of the public keys that count.")]


@log.command(epilog=_EPILOG)
def make(
    folder: _Log,
    key: Annotated[Path, typer.Option(help="Private key that may sign the log.")],
    origin: Annotated[str, typer.Option(help="Name of the log, such as example.org/data.")],
) -> None:
    """Begin a log. ``foretaste sign --log`` appends to it."""
    from foretaste.provenance import make_log  # noqa: PLC0415 - help is fast

    made = make_log(folder, origin, open_key(key))
    typer.echo(f"log: {made.folder}, named {origin}; keep copies elsewhere: foretaste log copy")


@log.command("list", epilog=_EPILOG)
def list_entries(
    folder: _Log,
    last: Annotated[int, typer.Option(min=1, help="Show this many, the newest.")] = 50,
) -> None:
    """List the entries; nothing is verified."""
    from rich.table import Table  # noqa: PLC0415 - help is fast

    from foretaste.cli.verdict import console  # noqa: PLC0415
    from foretaste.provenance import open_log  # noqa: PLC0415
    from foretaste.provenance.documents import to_time  # noqa: PLC0415
    from foretaste.report.visible import shorten  # noqa: PLC0415

    table = Table(box=None, pad_edge=False, header_style="bold")
    for column in ("entry", "time", "what", "name", "version", "sha256"):
        table.add_column(column, overflow="fold")
    entries = list(enumerate(open_log(folder).entries()))
    for index, entry in entries[-last:]:
        table.add_row(
            str(index),
            to_time(entry.time),
            shorten(entry.kind, 20),
            shorten(entry.name, 60),
            str(entry.version),
            entry.sha256[:16],
        )
    console().print(table)


@log.command(epilog=_EPILOG)
def check(
    folder: _Log,
    copy: Annotated[
        list[str] | None, typer.Option(help="A copy of the log: a folder or s3://bucket/prefix.")
    ] = None,
    trust: _Trust = TRUST,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON, and nothing else.")] = False,
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="Print problems only.")] = False,
) -> None:
    """Verify a log: entries, hashes, checkpoint, and that it goes on from its copies."""
    from foretaste.provenance import check_log, load_trust, open_log  # noqa: PLC0415 - help is fast

    opened = open_log(folder)
    changes = check_log(opened, load_trust(trust), tuple(copy or ()))
    unchecked = () if copy else (
        "rewriting by whoever holds the folder and the key: that needs a copy (--copy)",
    )  # fmt: skip
    what = f"{folder}: {opened.checkpoint.origin}, {opened.size:,} entries"
    show_changes(what, changes, unchecked, as_json=as_json, quiet=quiet)


@log.command(epilog=_EPILOG)
def copy(
    folder: _Log,
    to: Annotated[str, typer.Argument(help="A folder, or s3://bucket/prefix.")],
) -> None:
    """Copy what is new to another place, where nothing is ever overwritten."""
    from foretaste.provenance import copy_log, open_log  # noqa: PLC0415 - help is fast

    opened = open_log(folder)
    fresh = copy_log(opened, to)
    typer.echo(f"copied: {opened.size:,} entries, {to}" if fresh else "nothing new to copy")


@log.command(epilog=_EPILOG)
def prove(
    folder: _Log, entry: Annotated[int, typer.Argument(min=0, help="Number of the entry.")]
) -> None:
    """Print a proof that an entry is in the log: entry, path and checkpoint, as JSON."""
    from foretaste.provenance import open_log  # noqa: PLC0415 - help is fast

    opened = open_log(folder)
    proof = opened.prove(entry)
    document = {
        "index": proof.index,
        "entry": base64.b64encode(proof.entry).decode(),
        "path": [base64.b64encode(beside).decode() for beside in proof.proof],
        "checkpoint": opened.note.to_bytes().decode(),
    }
    typer.echo(json.dumps(document, indent=2, ensure_ascii=False))


@log.command(epilog=_EPILOG)
def row(
    bundle: Annotated[Path, typer.Argument(help="Bundle of signed data, with its index.")],
    number: Annotated[int, typer.Argument(min=0, help="Number of the row, from 0.")],
) -> None:
    """Print a proof that a row is in signed data; ``verify --proof`` needs no data but the row."""
    from foretaste.errors import UsageError  # noqa: PLC0415 - help is fast
    from foretaste.provenance import find_manifest, read_bundle, read_manifest  # noqa: PLC0415
    from foretaste.provenance.row_index import index_path, read_index  # noqa: PLC0415
    from foretaste.provenance.row_proof import prove_row  # noqa: PLC0415

    envelope = find_manifest(read_bundle(bundle), str(bundle))
    index = read_index(index_path(bundle), read_manifest(envelope))
    if index is None:
        raise UsageError(f"index: {index_path(bundle)} is missing; sign the data again")
    typer.echo(prove_row(envelope, index, number).to_bytes().decode())


@log.command(epilog=_EPILOG)
def chain(
    bundle: Annotated[Path, typer.Argument(help="Bundle of the data at the end.")],
    bundles: Annotated[list[Path], typer.Argument(help="Bundles, or folders of them.")],
    trust: _Trust = TRUST,
    mermaid: Annotated[
        bool, typer.Option("--mermaid", help="Draw a chart that Markdown viewers show.")
    ] = False,
) -> None:
    """Draw the way from raw data to a data set, and verify each signature on it."""
    from foretaste.provenance import find_manifest, load_trust, read_bundle  # noqa: PLC0415
    from foretaste.provenance.chain import gather, walk_chain  # noqa: PLC0415

    envelope = find_manifest(read_bundle(bundle), str(bundle))
    way = walk_chain(envelope, gather([bundle, *bundles]), load_trust(trust))
    typer.echo(way.mermaid() if mermaid else way.tree(), nl=False)
    what = f"{len(way.links)} data sets, {len(way.raw)} of them raw"
    show_changes(what, way.changes, as_json=False, quiet=not way.changes or mermaid)
