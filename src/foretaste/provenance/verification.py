"""Is this the data that was signed? If not: what exactly changed."""

from __future__ import annotations

import datetime as dt
import os
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from foretaste.data.open import open_rows
from foretaste.data.rows import Rows
from foretaste.errors import InvalidProvenanceError
from foretaste.provenance.attestation import Envelope, read_bundle, sign_statement
from foretaste.provenance.changes import Change, ChangeKind
from foretaste.provenance.column_changes import columns_of, name_columns
from foretaste.provenance.documents import to_time
from foretaste.provenance.file_digests import digest_files
from foretaste.provenance.keys import SigningKey
from foretaste.provenance.log import Log
from foretaste.provenance.log_check import check_log
from foretaste.provenance.log_copies import Where
from foretaste.provenance.manifest import PREDICATE, Manifest, ManifestFile, read_manifest
from foretaste.provenance.row_changes import name_row_changes
from foretaste.provenance.row_index import index_path, read_index
from foretaste.provenance.row_sums import RowSums, sum_rows
from foretaste.provenance.source_signatures import check_sources
from foretaste.provenance.trust import DATA, Trust

__all__ = ["Verification", "find_manifest", "sign_manifest", "verify"]


_OTHER = "is not the one that was signed"


@dataclass(frozen=True)
class Verification:
    """What a verification found; `changes` is empty if all is as it was signed."""

    manifest: Manifest
    digest: str  # hex SHA-256 of the signed manifest
    changes: tuple[Change, ...]
    unchecked: tuple[str, ...] = ()  # what was not looked at, and why

    @property
    def ok(self) -> bool:
        """Whether everything that was checked is as it was signed."""
        return not self.changes

    def raise_if_invalid(self) -> None:
        """Stop a pipeline.

        Raises
        ------
        InvalidProvenanceError
            Names the first changes.
        """
        if self.ok:
            return
        shown = "; ".join(change.sentence for change in self.changes[:5])
        more = f"; and {len(self.changes) - 5} more" if len(self.changes) > 5 else ""
        raise InvalidProvenanceError(
            f"{self.manifest.name}: not the data that was signed: {shown}{more}; "
            "do not train on it, ask who changed it"
        )


def sign_manifest(manifest: Manifest, *keys: SigningKey) -> Envelope:
    """Sign a manifest as an in-toto statement."""
    return sign_statement(manifest.statement(), *keys)


def find_manifest(envelopes: Iterable[Envelope], where: str = "bundle") -> Envelope:
    """The newest manifest of a bundle; its signature is not looked at yet.

    Raises
    ------
    InvalidProvenanceError
        There is none, or two of the same version.
    """
    held = [e for e in envelopes if e.statement().predicate_type == PREDICATE]
    if not held:
        raise InvalidProvenanceError(
            f"{where}: holds no manifest of a data set; give a bundle of foretaste sign"
        )
    newest = max(read_manifest(envelope).version for envelope in held)
    found = [envelope for envelope in held if read_manifest(envelope).version == newest]
    if len({envelope.payload for envelope in found}) > 1:
        raise InvalidProvenanceError(
            f"{where}: holds two different manifests of version {newest}; remove the wrong one"
        )
    return found[0]


def verify(
    data: Any,
    bundle: str | os.PathLike[str] | Sequence[Envelope],
    trust: Trust,
    *,
    index: str | os.PathLike[str] | None = None,
    log: Log | None = None,
    copies: Sequence[Where] = (),
    require_sources: Sequence[str] = (),
    at: dt.datetime | None = None,
    rows_only: bool = False,
) -> Verification:
    """Compare data with its signed manifest.

    The signature is checked first; if it does not count, the data are not compared with what it
    says. Then files, rows in their order, and sources.

    Parameters
    ----------
    data
        A path, or rows in memory (then files cannot be compared).
    bundle
        A ``*.intoto.jsonl`` file, or its envelopes.
    trust
        Whose signatures count.
    index
        The digests of single rows; beside the bundle by default. Without it changes are noticed
        and not named by row.
    log, copies
        The log in which the manifest must stand as the newest version, and copies of it. Without a
        log, an older version that is put back with its own bundle cannot be noticed.
    require_sources
        Sources that must have signed their own rows; a signature that is left out is a change.
    at
        The moment of verification, for dates of keys and manifests; now by default.
    rows_only
        Do not compare files and types: the same rows in another format are the same data.

    Returns
    -------
    Verification
        With one `Change` for each thing that is not as signed.

    Raises
    ------
    InvalidProvenanceError
        The bundle is malformed.

    Examples
    --------
    >>> from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
    >>> from foretaste.provenance import TrustedKey, make_manifest
    >>> key = SigningKey("ci", Ed25519PrivateKey.generate())
    >>> now = dt.datetime.now(dt.UTC)
    >>> trust = Trust((TrustedKey("ci", key.public, (DATA,), now),))
    >>> signed = sign_manifest(make_manifest({"x": [1, 2], "label": ["a", "b"]}), key)
    >>> verify({"x": [1, 2], "label": ["a", "b"]}, [signed], trust).ok
    True
    >>> print(verify({"x": [1, 2], "label": ["a", "a"]}, [signed], trust).changes[0].sentence)
    the rows are not those that were signed (2 then and now)
    """
    moment = at or dt.datetime.now(dt.UTC)
    where = "bundle"
    if isinstance(bundle, str | os.PathLike):
        where, index = os.fspath(bundle), index_path(bundle) if index is None else index
        bundle = read_bundle(bundle)
    envelope = find_manifest(bundle, where)
    manifest = read_manifest(envelope)
    objection = envelope.objection(trust, DATA, manifest.created, moment)
    if objection is not None:
        return Verification(manifest, envelope.digest, (_signature(envelope, trust, objection),))
    changes = [*_dates(manifest, moment)]
    changes += check_sources(manifest, bundle, trust, moment, required=require_sources)
    unchecked: list[str] = []
    if log is None:
        unchecked.append("age: no log was given, so a newer version could exist")
    else:
        changes += check_log(log, trust, copies, at=moment) or tuple(
            _logged(manifest, envelope, log)
        )
    if rows_only or not isinstance(data, str | os.PathLike) or not manifest.files:
        unchecked.append("files: only the rows were compared")
        changes += _rows(manifest, open_rows(data), index, rows_only=rows_only)
    else:
        files = digest_files(data)
        changes += _files(manifest.files, files)
        changes += _rows(manifest, open_rows(data), index, rows_only=False)
        changes += _files(files, digest_files(data), "while it was read")
    return Verification(manifest, envelope.digest, tuple(changes), tuple(unchecked))


def _signature(envelope: Envelope, trust: Trust, objection: str) -> Change:
    """Altered or unknown, or of a key that does not count."""
    kind = ChangeKind.KEY if envelope.is_signed_by_any(trust) else ChangeKind.SIGNATURE
    return Change(kind, f"the signature of the manifest does not count: {objection}")


def _dates(manifest: Manifest, at: dt.datetime) -> Iterator[Change]:
    if manifest.expires is not None and at >= manifest.expires:
        sentence = f"the manifest expired on {to_time(manifest.expires)}; sign the data again"
        yield Change(ChangeKind.EXPIRED, sentence)


def _logged(manifest: Manifest, envelope: Envelope, log: Log) -> Iterator[Change]:
    """Whether the manifest is in the log, and nothing newer is."""
    newest = log.newest("manifest", manifest.name)
    if newest is None or newest.version < manifest.version:
        known = "no version" if newest is None else f"up to version {newest.version}"
        sentence = f"version {manifest.version} is not in the log, which has {known}"
        yield Change(ChangeKind.NOT_LOGGED, sentence)
    elif newest.version > manifest.version:
        sentence = (
            f"version {manifest.version} was replayed: the log knows version {newest.version} "
            f"of {to_time(newest.time)}"
        )
        yield Change(ChangeKind.REPLAYED, sentence)
    elif newest.sha256 != envelope.digest:
        sentence = f"the log has another manifest as version {manifest.version}"
        yield Change(ChangeKind.NOT_LOGGED, sentence)


def _files(
    signed: Sequence[ManifestFile], now: Sequence[ManifestFile], when: str = ""
) -> Iterator[Change]:
    """Files by name; `when` tells apart what happened during verification."""
    before, after = {f.name: f for f in signed}, {f.name: f for f in now}
    for name in sorted(before.keys() | after.keys()):
        old, new = before.get(name), after.get(name)
        if new is None:
            sentence = f"file {name!r} was removed {when}" if when else f"file {name!r} is missing"
            yield Change(ChangeKind.FILE_MISSING, sentence, file=name)
        elif old is None:
            sentence = (
                f"file {name!r} was added {when}" if when else f"file {name!r} was not signed"
            )
            yield Change(ChangeKind.FILE_ADDED, sentence, file=name)
        elif old != new:
            sizes = f"{old.size:,} bytes then, {new.size:,} now"
            yield Change(
                ChangeKind.FILE_CHANGED,
                f"file {name!r} {f'was changed {when}' if when else _OTHER} ({sizes})",
                file=name,
                was=old.sha256,
                now=new.sha256,
            )


def _rows(
    manifest: Manifest, rows: Rows, index: str | os.PathLike[str] | None, *, rows_only: bool
) -> Iterator[Change]:
    """Rows by their root; where it differs, one by one if the index is there."""
    source = manifest.role("source")
    known = source if source in rows.schema.names else None
    told = {} if source else {s.name: s.ranges for s in manifest.sources if s.ranges}
    fits = rows.n_rows == manifest.rows
    sums = sum_rows(rows, source=known, source_rows=told if fits else None)
    columns = list(name_columns(manifest.columns, columns_of(rows.schema), {}))
    if sums.root == manifest.row_root and sums.rows == manifest.rows:
        yield from () if rows_only else columns
        yield from _sources(manifest, sums)
        return
    before = None if index is None else read_index(Path(index), manifest)
    named = columns if before is None else name_row_changes(manifest, before, rows)
    yield from named
    if before is None or not named:  # whatever is named, a root that differs never passes
        count = "then and now" if sums.rows == manifest.rows else f"then, {sums.rows:,} now"
        sentence = f"the rows are not those that were signed ({manifest.rows:,} {count})"
        yield Change(ChangeKind.ROW_CHANGED, sentence)


def _sources(manifest: Manifest, sums: RowSums) -> Iterator[Change]:
    """The rows are as signed; so must be what the manifest says of their sources."""
    for share in manifest.sources:
        if not (share.ranges or manifest.role("source")):
            continue  # too scattered to be listed, and no column tells
        now = sums.sources.get(share.name)
        if now is None or (now.builder.size, now.builder.root()) != (share.rows, share.root):
            yield Change(
                ChangeKind.SOURCE,
                f"the rows of source {share.name!r} are not those that the manifest gives it",
                source=share.name,
            )
