"""Manifests made from data."""

from __future__ import annotations

import datetime as dt
import os
from collections.abc import Mapping, Sequence
from contextlib import nullcontext
from pathlib import Path
from typing import Any

from foretaste.data import Dataset
from foretaste.data.open import open_dataset, open_rows
from foretaste.data.rows import Rows
from foretaste.errors import RoleError, UnreadableDataError, UsageError
from foretaste.provenance.column_changes import columns_of
from foretaste.provenance.file_digests import digest_files
from foretaste.provenance.manifest import TIERS, Manifest, ManifestFile, Previous, SourceShare
from foretaste.provenance.row_index import new_index
from foretaste.provenance.row_sums import MAX_SOURCES, RowSums, sum_rows
from foretaste.types import Roles

__all__ = ["make_manifest"]

_Ranges = Mapping[str, Sequence[tuple[int, int]]]


def make_manifest(
    data: Any,
    *,
    name: str | None = None,
    label: str | None = None,
    source: str | None = None,
    id: str | None = None,  # noqa: A002 - the word users know
    source_rows: _Ranges | None = None,
    trust: Mapping[str, str] | None = None,
    version: int = 1,
    previous: Previous | None = None,
    created: dt.datetime | None = None,
    expires: dt.datetime | None = None,
    index: str | os.PathLike[str] | None = None,
    inputs: Sequence[str] = (),
) -> Manifest:
    """Describe a data set: files, rows, columns and sources, in bounded memory.

    Parameters
    ----------
    data
        All that `foretaste.open` takes. Only a path gives a manifest with files.
    name
        Of the data set over all its versions; the file or folder by default.
    label, source, id
        Columns, inferred as `foretaste.open` does. ``label=""`` says that there is none: raw data
        may be signed too, and then only named roles are kept.
    source_rows
        Where no column names the source: row ranges (stop excluded) by source.
    trust
        How far sources are trusted: "trusted", "known" or "unknown" (the default) by name.
    version, previous
        Counts up; the version before.
    created, expires
        Moments with a time zone; now, and never, by default.
    index
        Where to keep digests of single rows, so that verification can name what changed.
    inputs
        Digests of the signed manifests that the data were made from; none says that they are raw.

    Returns
    -------
    Manifest
        Not signed yet: `sign_manifest`.

    Raises
    ------
    UsageError
        A tier, a range or a time that cannot be.

    Examples
    --------
    >>> manifest = make_manifest({"x": [1, 2], "label": ["a", "b"]}, name="toy")
    >>> manifest.rows, manifest.row_root.hex()[:16], dict(manifest.roles)
    (2, 'df7f017becfbf7f6', {'label': 'label'})
    """
    made = created or dt.datetime.now(dt.UTC)
    _check(trust or {}, made, expires)
    files = digest_files(data) if isinstance(data, str | os.PathLike) else ()
    rows, roles = _open(data, label, source, id)
    sums, kept = _sum(rows, roles, source_rows, index)
    unknown = sorted(set(trust or {}) - set(sums.sources))
    if unknown:
        raise UsageError(f"trust: there are no rows of source {unknown[0]!r}; check its name")
    if files and files != digest_files(data):
        raise UnreadableDataError(f"{data}: was changed while it was read; sign it when it is done")
    shares = _shares(sums, trust or {})
    return Manifest(
        name=name or _name(data),
        version=version,
        created=made.astimezone(dt.UTC).replace(microsecond=0),
        rows=sums.rows,
        row_root=sums.root,
        columns=columns_of(rows.schema),
        files=files,
        roles=tuple(sorted(roles.items())),
        sources=shares if len(shares) <= MAX_SOURCES else (),
        unlisted_sources=len(shares) if len(shares) > MAX_SOURCES else 0,
        previous=previous,
        expires=expires and expires.astimezone(dt.UTC).replace(microsecond=0),
        index=kept,
        inputs=tuple(inputs),
    )


def _open(
    data: Any, label: str | None, source: str | None, key: str | None
) -> tuple[Rows, dict[str, str]]:
    """The rows, and the columns that play the roles which a manifest keeps."""
    if label == "":
        rows = open_rows(data)
        told = {"source": source, "id": key}
        for role, column in told.items():
            if column and column not in rows.schema.names:
                raise RoleError(f"{role}: there is no column {column!r}; name one of "
                                f"{', '.join(rows.schema.names[:30])}")  # fmt: skip
        return rows, {role: column for role, column in told.items() if column}
    opened: Dataset = open_dataset(data, label=label, source=source, id=key)
    roles: Roles = opened.roles
    all_roles = {"label": roles.label, "source": roles.source, "id": roles.id}
    return opened.rows, {role: column for role, column in all_roles.items() if column}


def _sum(
    rows: Rows,
    roles: Mapping[str, str],
    source_rows: _Ranges | None,
    index: str | os.PathLike[str] | None,
) -> tuple[RowSums, ManifestFile | None]:
    if source_rows and "source" in roles:
        raise UsageError(
            f"source_rows: column {roles['source']!r} says already who gave a row; "
            'leave it out, or say source=""'
        )
    writing = new_index(Path(index), roles.get("id")) if index is not None else nullcontext()
    with writing as writer:
        watch = None if writer is None else writer.add
        sums = sum_rows(rows, source=roles.get("source"), source_rows=source_rows, watch=watch)
        if sums.rows == 0:
            raise UnreadableDataError("there are no rows to sign; give data with rows")
        return sums, None if writer is None else writer.finish()


def _shares(sums: RowSums, trust: Mapping[str, str]) -> tuple[SourceShare, ...]:
    return tuple(
        SourceShare(
            name=name,
            trust=trust.get(name, "unknown"),
            rows=share.builder.size,
            root=share.builder.root(),
            ranges=tuple(share.ranges or ()),
        )
        for name, share in sorted(sums.sources.items())
    )


def _name(data: Any) -> str:
    return Path(data).name if isinstance(data, str | os.PathLike) else type(data).__name__


def _check(trust: Mapping[str, str], made: dt.datetime, expires: dt.datetime | None) -> None:
    for source, tier in trust.items():
        if tier not in TIERS:
            raise UsageError(f"trust: {source!r} must be one of {', '.join(TIERS)}, got {tier!r}")
    for name, moment in (("created", made), ("expires", expires)):
        if moment is not None and moment.tzinfo is None:
            raise UsageError(f"{name}: needs a time zone, got {moment}; say datetime(..., UTC)")
    if expires is not None and expires <= made:
        raise UsageError(f"expires: {expires} is not after {made}; give a later time")
