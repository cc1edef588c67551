"""Sign a data set from one end to the other: manifest, index, bundle, log, copies."""

from __future__ import annotations

import datetime as dt
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from foretaste.errors import UsageError
from foretaste.provenance import durable
from foretaste.provenance.attestation import Envelope, read_bundle, write_bundle
from foretaste.provenance.keys import SigningKey
from foretaste.provenance.log import LogEntry, append, open_log
from foretaste.provenance.log_copies import Where, copy_log
from foretaste.provenance.making import make_manifest
from foretaste.provenance.manifest import Manifest, Previous, read_manifest
from foretaste.provenance.row_index import index_path
from foretaste.provenance.source_signatures import sign_source
from foretaste.provenance.transformations import (
    Transformation,
    as_material,
    code_digest,
    sign_transformation,
)
from foretaste.provenance.trust import Trust
from foretaste.provenance.verification import find_manifest, sign_manifest

__all__ = ["LogPlace", "Made", "Signed", "bundle_path", "sign_data"]

Paths = Sequence[str | os.PathLike[str]]


@dataclass(frozen=True)
class Made:
    """How the data were made: bundles of what went in, and the code that ran."""

    inputs: Paths
    code: str | os.PathLike[str]
    parameters: Mapping[str, str] | None = None


@dataclass(frozen=True)
class LogPlace:
    """The log that is told, whose keys count in it, and where it is copied to."""

    folder: str | os.PathLike[str]
    trust: Trust
    copies: Sequence[Where] = ()


@dataclass(frozen=True)
class Signed:
    """What was signed, and where it was written."""

    manifest: Manifest
    envelope: Envelope
    bundle: Path


def bundle_path(data: str | os.PathLike[str]) -> Path:
    """Where the bundle of a file or folder is kept: beside it.

    >>> bundle_path(".").suffixes
    ['.intoto', '.jsonl']
    """
    path = Path(data)
    if not path.exists():
        raise UsageError(f"bundle: {path} is no file or folder; name the bundle with --bundle")
    whole = path.resolve() if path.name in {"", ".", ".."} else path
    return whole.with_name(whole.name + ".intoto.jsonl")


def sign_data(
    data: str | os.PathLike[str],
    key: SigningKey,
    *,
    bundle: str | os.PathLike[str] | None = None,
    name: str | None = None,
    label: str | None = None,
    source: str | None = None,
    id: str | None = None,  # noqa: A002 - the word users know
    source_rows: Mapping[str, Sequence[tuple[int, int]]] | None = None,
    tiers: Mapping[str, str] | None = None,
    source_keys: Mapping[str, SigningKey] | None = None,
    expires: dt.datetime | None = None,
    made: Made | None = None,
    log: LogPlace | None = None,
    at: dt.datetime | None = None,
) -> Signed:
    """Sign files of data, as the version after the one that was signed before.

    Parameters
    ----------
    data
        A file, folder or glob.
    key
        Signs the manifest, and the step that made the data.
    bundle
        The file to write; beside the data by default. One that is there is the version before.
    name, label, source, id, source_rows, expires
        See `make_manifest`.
    tiers
        How far sources are trusted, by name.
    source_keys
        Keys that sign the rows of single sources.
    made
        From what the data were made, and how.
    log
        The log that is told.
    at
        The moment of signing; now by default.

    Returns
    -------
    Signed
        The manifest, its envelope and the path of the bundle.

    Raises
    ------
    UsageError, InvalidProvenanceError, OutputError
        Nothing is signed; what was there before stays.
    """
    moment = at or dt.datetime.now(dt.UTC)
    target = Path(bundle) if bundle is not None else bundle_path(data)
    durable.make_folder(target.parent)
    inputs = (
        [as_material(find_manifest(read_bundle(p), str(p))) for p in made.inputs] if made else []
    )
    code = code_digest(made.code) if made is not None else None
    called = name or Path(data).name
    previous = _previous(called, target, log)
    manifest = make_manifest(
        data,
        name=called,
        label=label,
        source=source,
        id=id,
        source_rows=source_rows,
        trust=tiers,
        version=1 if previous is None else previous.version + 1,
        previous=previous,
        created=moment,
        expires=expires,
        index=index_path(target),
        inputs=[material.sha256 for material in inputs],
    )
    envelope = sign_manifest(manifest, key)
    envelopes = [envelope]
    envelopes += [sign_source(manifest, s, k, moment) for s, k in (source_keys or {}).items()]
    if made is not None and code is not None:
        output = as_material(envelope)
        step = Transformation(output, tuple(inputs), code, moment, parameters=made.parameters or {})
        envelopes.append(sign_transformation(step, key))
    write_bundle(target, envelopes)
    if log is not None:
        _tell(log, manifest, envelope, key, moment)
    return Signed(manifest, envelope, target)


def _previous(name: str, bundle: Path, log: LogPlace | None) -> Previous | None:
    """The newest version that is known, from the bundle that will be replaced and from the log."""
    known: list[Previous] = []
    if bundle.exists():
        envelope = find_manifest(read_bundle(bundle), str(bundle))
        manifest = read_manifest(envelope)
        if manifest.name == name:
            known.append(Previous(manifest.version, envelope.digest))
    if log is not None:
        newest = open_log(log.folder).newest("manifest", name)
        if newest is not None:
            known.append(Previous(newest.version, newest.sha256))
    return max(known, key=lambda previous: previous.version, default=None)


def _tell(
    log: LogPlace, manifest: Manifest, envelope: Envelope, key: SigningKey, moment: dt.datetime
) -> None:
    entry = LogEntry("manifest", manifest.name, manifest.version, envelope.digest, moment)
    grown = append(log.folder, [entry], key, log.trust)
    for place in log.copies:
        copy_log(grown, place)
