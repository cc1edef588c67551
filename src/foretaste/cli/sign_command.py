"""``foretaste sign``: say of data what it is, and put a name to it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from foretaste.cli.key_command import TRUST, key_passphrase, open_key
from foretaste.cli.options import Id, Label, Quiet, Source, split_names

if TYPE_CHECKING:
    import datetime as dt

    from foretaste.provenance.signing import Signed

__all__ = ["sign"]


def sign(
    path: Annotated[str, typer.Argument(help="A file, a folder or a glob of data.")],
    key: Annotated[Path, typer.Option(help="Private key of foretaste key make.")],
    label: Label = None,
    source: Source = None,
    id: Id = None,  # noqa: A002
    name: Annotated[str | None, typer.Option(help="Name of the data over all versions.")] = None,
    bundle: Annotated[
        Path | None, typer.Option(help="File to write; PATH.intoto.jsonl by default.")
    ] = None,
    source_rows: Annotated[
        list[str] | None, typer.Option(help="NAME=FIRST:STOP, where no column names the source.")
    ] = None,
    tier: Annotated[
        list[str] | None, typer.Option(help="SOURCE=trusted, known or unknown (the default).")
    ] = None,
    source_key: Annotated[
        list[str] | None, typer.Option(help="SOURCE=KEYFILE: the source signs its own rows.")
    ] = None,
    made_from: Annotated[
        list[Path] | None, typer.Option(help="Bundle of data that this was made from.")
    ] = None,
    code: Annotated[Path | None, typer.Option(help="Script or folder that made it.")] = None,
    days: Annotated[int | None, typer.Option(min=1, help="Days until it expires.")] = None,
    log: Annotated[Path | None, typer.Option(help="Folder of the log to tell.")] = None,
    copy: Annotated[
        list[str] | None,
        typer.Option(help="Folder or s3://bucket/prefix to which the log is copied."),
    ] = None,
    trust: Annotated[Path, typer.Option(help="File of the public keys that count.")] = TRUST,
    also: Annotated[
        str | None,
        typer.Option(help="Also as croissant, cyclonedx or openlineage, with commas between."),
    ] = None,
    model_key: Annotated[
        Path | None,
        typer.Option(help="P-256 key in PEM: also sign the files as OpenSSF model-signing does."),
    ] = None,
    quiet: Quiet = False,
) -> None:
    """Sign data: files, rows in their order, columns, sources, and what it was made from.

    Signing again makes the next version. An empty --label says that there is none.
    """
    from foretaste.provenance import load_trust  # noqa: PLC0415 - help is fast
    from foretaste.provenance.exports import write_exports  # noqa: PLC0415
    from foretaste.provenance.signing import LogPlace, Made, sign_data  # noqa: PLC0415
    from foretaste.report.figures import plural  # noqa: PLC0415

    if (made_from is None) != (code is None):
        raise typer.BadParameter("give both or none", param_hint="--made-from, --code")
    formats = _formats(also)
    moment = _now()
    signed = sign_data(
        path,
        open_key(key),
        bundle=bundle,
        name=name,
        label=label,
        source=source,
        id=id,
        source_rows=_ranges(source_rows or []),
        tiers=dict(_pairs(tier or [], "--tier")),
        source_keys={s: open_key(Path(k)) for s, k in _pairs(source_key or [], "--source-key")},
        expires=_later(moment, days),
        made=None if code is None else Made(tuple(made_from or ()), code),
        log=None if log is None else LogPlace(log, load_trust(trust), tuple(copy or ())),
        at=moment,
    )
    written = write_exports(signed, formats)
    if model_key is not None:
        written.append(_sign_as_model(signed, model_key))
    if not quiet:
        manifest = signed.manifest
        typer.echo(
            f"signed: {manifest.name}, version {manifest.version}, {plural(manifest.rows, 'row')}, "
            f"{plural(len(manifest.files), 'file')}, {plural(len(manifest.sources), 'source')}\n"
            f"root:   {manifest.row_root.hex()}\nbundle: {signed.bundle}"
        )
        for path_also in written:
            typer.echo(f"also:   {path_also}")


def _formats(also: str | None) -> list[str]:
    from foretaste.provenance.exports import FORMATS  # noqa: PLC0415 - help is fast

    names = [] if also is None else split_names(also, "--also")
    unknown = [name for name in names if name not in FORMATS]
    if unknown:
        raise typer.BadParameter(
            f"{unknown[0]} is not one of {', '.join(FORMATS)}", param_hint="--also"
        )
    return names


def _sign_as_model(signed: Signed, key: Path) -> Path:
    """The files of the data, signed as OpenSSF model-signing does, beside the bundle."""
    from foretaste.provenance import durable  # noqa: PLC0415 - help is fast
    from foretaste.provenance.model_signing import load_model_key, sign_as_model  # noqa: PLC0415

    content = sign_as_model(
        signed.manifest.name, signed.manifest.files, load_model_key(key, key_passphrase())
    )
    path = signed.bundle.with_name(signed.bundle.name.removesuffix(".intoto.jsonl") + ".sig")
    durable.replace(path, content)
    return path


def _pairs(told: list[str], option: str) -> list[tuple[str, str]]:
    """NAME=VALUE, as often as given; a name may hold a sign of equality."""
    pairs = [tuple(text.rsplit("=", 1)) for text in told]
    if any(len(pair) != 2 or not all(pair) for pair in pairs):
        raise typer.BadParameter("say NAME=VALUE", param_hint=option)
    return [(pair[0], pair[1]) for pair in pairs]


def _ranges(told: list[str]) -> dict[str, list[tuple[int, int]]]:
    ranges: dict[str, list[tuple[int, int]]] = {}
    for name, span in _pairs(told, "--source-rows"):
        first, _, stop = span.partition(":")
        if not (first.isdecimal() and stop.isdecimal()):
            raise typer.BadParameter("say NAME=FIRST:STOP", param_hint="--source-rows")
        ranges.setdefault(name, []).append((int(first), int(stop)))
    return ranges


def _now() -> dt.datetime:
    import datetime as dt  # noqa: PLC0415 - help is fast

    return dt.datetime.now(dt.UTC).replace(microsecond=0)


def _later(moment: dt.datetime, days: int | None) -> dt.datetime | None:
    import datetime as dt  # noqa: PLC0415 - help is fast

    return None if days is None else moment + dt.timedelta(days=days)
