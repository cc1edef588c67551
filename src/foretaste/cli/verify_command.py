"""``foretaste verify``: is this the data that was signed, and where did it come from?"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from foretaste.cli.changes_shown import show_changes
from foretaste.cli.key_command import TRUST

__all__ = ["verify"]


def verify(
    path: Annotated[
        str | None,
        typer.Argument(help="A file, a folder or a glob of data; with --proof, one row."),
    ] = None,
    bundle: Annotated[
        Path | None, typer.Option(help="Its bundle; PATH.intoto.jsonl by default.")
    ] = None,
    trust: Annotated[Path, typer.Option(help="File of the public keys that count.")] = TRUST,
    log: Annotated[
        Path | None, typer.Option(help="Folder of the log; without it, age is not checked.")
    ] = None,
    copy: Annotated[
        list[str] | None, typer.Option(help="A copy of the log: a folder or s3://bucket/prefix.")
    ] = None,
    require_source: Annotated[
        list[str] | None, typer.Option(help="A source that must have signed its own rows.")
    ] = None,
    rows_only: Annotated[
        bool, typer.Option("--rows-only", help="The same rows in another format are the same.")
    ] = False,
    chain: Annotated[
        list[Path] | None,
        typer.Option(help="Folders of bundles: verify and draw the way from raw data."),
    ] = None,
    proof: Annotated[
        Path | None, typer.Option(help="Proof of a single row; PATH holds that row only.")
    ] = None,
    require: Annotated[
        str | None,
        typer.Option(help="Instead: a gate that must have let the data pass: gate.data."),
    ] = None,
    config: Annotated[Path, typer.Option(help="Settings of the gate.")] = Path("foretaste.toml"),
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON, and nothing else.")] = False,
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="Print changes only.")] = False,
) -> None:
    """Verify data against its signed manifest, and name what changed.

    With --require, verify instead that the newest gate let the data pass and that neither the data
    nor what passed has changed since; a closed gate has its own exit code.

    Exit code 4 says that something is not as it was signed.
    """
    if require is not None:
        from foretaste.cli.gate_verdict import verify_gate  # noqa: PLC0415 - help stays fast

        verify_gate(config, require, as_json=as_json, quiet=quiet)
        return
    if path is None:
        raise typer.BadParameter("name the data, or a gate with --require", param_hint="PATH")
    from foretaste.provenance import find_manifest, load_trust, open_log, read_bundle  # noqa: PLC0415
    from foretaste.provenance import verify as verify_data  # noqa: PLC0415
    from foretaste.provenance.chain import gather, walk_chain  # noqa: PLC0415
    from foretaste.provenance.signing import bundle_path  # noqa: PLC0415

    beside = bundle if bundle is not None else bundle_path(path)
    keys = load_trust(trust)
    if proof is not None:
        _verify_row(path, proof, beside, trust, as_json=as_json, quiet=quiet)
        return
    found = verify_data(
        path,
        beside,
        keys,
        log=None if log is None else open_log(log),
        copies=tuple(copy or ()),
        require_sources=tuple(require_source or ()),
        rows_only=rows_only,
    )
    changes = list(found.changes)
    if chain is not None:
        envelope = find_manifest(read_bundle(beside), str(beside))
        way = walk_chain(envelope, (*gather([beside, *chain]),), keys)
        changes += way.changes
        if not (as_json or quiet):
            typer.echo(way.tree(), nl=False)
    manifest = found.manifest
    what = f"{path}: {manifest.name}, version {manifest.version}, {manifest.rows:,} rows"
    show_changes(what, changes, found.unchecked, as_json=as_json, quiet=quiet)


def _verify_row(
    path: str, proof: Path, bundle: Path, trust: Path, *, as_json: bool, quiet: bool
) -> None:
    """One row against the manifest, without the data set."""
    from foretaste.data.open import open_rows  # noqa: PLC0415 - help is fast
    from foretaste.errors import UsageError  # noqa: PLC0415
    from foretaste.provenance import find_manifest, load_trust, read_bundle  # noqa: PLC0415
    from foretaste.provenance.row_proof import RowProof, check_row  # noqa: PLC0415

    try:
        read = RowProof.from_bytes(proof.read_bytes(), str(proof))
    except OSError as error:
        raise UsageError(
            f"proof: {proof}: {error.strerror}; make one with foretaste log row"
        ) from error
    envelope = find_manifest(read_bundle(bundle), str(bundle))
    changes = check_row(read, envelope, load_trust(trust), rows=open_rows(path))
    what = f"row {read.row} of {bundle}"
    show_changes(what, changes, as_json=as_json, quiet=quiet)
