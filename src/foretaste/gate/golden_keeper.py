"""The keeper of a golden set: secret and keys, made once; what they find in any data."""

from __future__ import annotations

import io
import json
import os
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
from pyarrow import csv

from foretaste.data import Dataset, open_dataset
from foretaste.data.rowhash import row_digests
from foretaste.errors import ForetasteError, InvalidProvenanceError, UsageError
from foretaste.gate.decision import Check, Decision, Finding, Level, Outcome
from foretaste.gate.golden_check import settings_pool
from foretaste.gate.settings import Settings
from foretaste.gate.starting import trusted_key
from foretaste.golden.exclusion import Excluded
from foretaste.golden.making import Keeper
from foretaste.golden.manifest import USE
from foretaste.golden.pool import GoldenPool
from foretaste.golden.secret import load_secret, make_secret
from foretaste.golden.slices import rows_needed, slices_of
from foretaste.provenance import (
    DATA,
    find_manifest,
    load_key,
    load_trust,
    read_bundle,
    read_manifest,
)
from foretaste.provenance.durable import replace
from foretaste.provenance.row_index import index_path, read_index
from foretaste.store.sealing import make_key, recipient_of

__all__ = [
    "Opened",
    "canaries_in",
    "check_new_file",
    "check_pool",
    "keep",
    "open_rows_as_gated",
    "write_rows",
]

_WRITTEN = (".parquet", ".csv", ".jsonl")
_ACCURACY, _MARGIN = 0.95, 0.05  # a slice is told as small below what these need: 73 rows


@dataclass(frozen=True)
class Opened:
    """The keeper, and the files that were made for it."""

    keeper: Keeper
    written: tuple[Path, ...] = ()


def keep(settings: Settings, *, make: bool = False) -> Opened:
    """The keeper that the settings name; with `make`, secret and keys that are not there are made.

    Raises
    ------
    UsageError
        Something is missing, or may be read by others.
    """
    stated = settings.golden
    secret, key, signer = (settings.path(p) for p in (stated.secret, stated.key, stated.signer))
    written: list[Path] = []
    if make and not secret.exists():
        make_secret(secret)
        written.append(secret)
    if make and not key.exists():
        make_key(key)
        written.append(key)
    if make:
        written += trusted_key(signer, settings.path(settings.gate.trust), USE, (USE,))
    keeper = Keeper(load_secret(secret), load_key(signer), (recipient_of(key),))
    return Opened(keeper, tuple(written))


def open_rows_as_gated(data: str, settings: Settings, **also: Any) -> Dataset:
    """A data set with the roles that the settings state."""
    names = ("label", "source", "id", "time", "text", "image", "embedding")
    roles = {name: getattr(settings.data, name) for name in names}
    features = None if settings.data.features is None else list(settings.data.features)
    return open_dataset(data, **{**roles, "features": features, **also})


def check_pool(settings: Settings, data: str | None = None) -> Decision:
    """Is the golden set whole and current, large enough, and not in the data?"""
    pool = settings_pool(settings)
    checks = [_files(pool, settings.path(settings.golden.key)), _sizes(pool), _planting(pool)]
    if data is not None:
        found = open_rows_as_gated(data, settings)
        secret = load_secret(settings.path(settings.golden.secret))
        leaks = pool.exclusion(secret).find(found)
        findings = tuple(
            Finding(
                f"exclusion/{str(leak.kind).replace(' ', '-')}",
                Level.ERROR if leak.exact else Level.WARNING,
                f"row {leak.row} is {'' if leak.exact else 'nearly '}a {leak.kind}",
                data,
                (leak.row,),
                1,
            )
            for leak in leaks
        )
        outcome = Outcome.BLOCKED if findings else Outcome.PASS
        told = f"{len(findings)} of {len(found)} rows are on the exclusion list"
        checks.append(Check("exclusion", outcome, told, findings))
    return Decision(tuple(checks))


def canaries_in(settings: Settings, data: str) -> Decision:
    """Does a training set, or the signed manifest of one, hold canaries? A bad one is a bypass.

    Parameters
    ----------
    data
        Rows, or a bundle (``*.intoto.jsonl``) with its index of rows beside it.
    """
    pool = settings_pool(settings)
    if pool.manifest.canaries is None:
        raise UsageError("no canaries are planted; plant some with foretaste canary plant")
    if data.endswith(".jsonl") and ".intoto" in data:
        found = _in_manifest(pool, Path(data), settings)
    else:
        secret = load_secret(settings.path(settings.golden.secret))
        rows = open_rows_as_gated(data, settings)
        leaks = pool.exclusion(secret).find(rows, near=False)
        found = {kind: tuple(leak.row for leak in leaks if leak.kind is kind) for kind in Excluded}
    findings = []
    for kind in (Excluded.BAD_CANARY, Excluded.CLEAN_CANARY, Excluded.OLD_CANARY):
        rows_of = found.get(kind, ())
        if rows_of:
            bad = kind is Excluded.BAD_CANARY
            told = (
                f"{len(rows_of)} rows to be trained on, such as row {rows_of[0]}, are each a {kind}"
                + (": bypass, the gate was gone round or did not see them" if bad else "")
            )
            rule = "canary/bypass" if bad else "canary/left-over"
            findings.append(Finding(rule, Level.ERROR, told, data, rows_of[:100], len(rows_of)))
    if findings:
        return Decision((Check("canaries", Outcome.BLOCKED, findings[0].message, tuple(findings)),))
    told = f"none of the {pool.manifest.canaries.bad} bad canaries is in it"
    return Decision((Check("canaries", Outcome.PASS, told),))


def check_new_file(file: Path) -> None:
    """Whether `write_rows` can write it; asked before anything is changed that cannot be undone.

    Raises
    ------
    UsageError
        The format is none that it writes, the file is there already, or its folder is not.
    """
    if file.suffix not in _WRITTEN:
        raise UsageError(f"{file}: expected {', '.join(_WRITTEN)}; name such a file")
    if file.exists():
        raise UsageError(f"{file}: is there already; name another file")
    if not os.access(file.parent, os.W_OK | os.X_OK):
        raise UsageError(f"{file.parent}: no folder that can be written to; name another one")


def write_rows(table: pa.Table, file: Path) -> None:
    """Rows as a new file of the format that its name says.

    Raises
    ------
    UsageError
        What `check_new_file` raises.
    """
    check_new_file(file)
    held = io.BytesIO()
    if file.suffix == ".parquet":
        pq.write_table(table, held)
    elif file.suffix == ".csv":
        csv.write_csv(table, held)
    else:
        rows = (json.dumps(row, ensure_ascii=False, default=str) for row in table.to_pylist())
        held.write("".join(f"{row}\n" for row in rows).encode())
    replace(file, held.getvalue())


def _in_manifest(
    pool: GoldenPool, bundle: Path, settings: Settings
) -> dict[Excluded, tuple[int, ...]]:
    """Rows of a signed training set that are canaries, by their whole digests."""
    planted = pool.table("canaries", settings.path(settings.golden.key))
    kinds = planted.column("foretaste_canary").to_pylist()
    digests = row_digests([planted.drop_columns(["foretaste_canary"])])
    known = dict(zip(digests, kinds, strict=True))
    envelope = find_manifest(read_bundle(bundle), str(bundle))
    manifest = read_manifest(envelope)
    trust = load_trust(settings.path(settings.gate.trust))
    objection = envelope.objection(trust, DATA, manifest.created, datetime.now(UTC))
    if objection is not None:
        raise InvalidProvenanceError(f"{bundle}: the signature does not count: {objection}")
    index = read_index(index_path(bundle), manifest)
    if index is None:
        raise UsageError(f"{bundle}: the index of rows beside it is missing; sign the data again")
    rows: dict[Excluded, list[int]] = {kind: [] for kind in Excluded}
    for row, digest in enumerate(index.digests):
        if (kind := known.get(digest.tobytes())) is not None:
            rows[Excluded(kind)].append(row)
    return {kind: tuple(found) for kind, found in rows.items()}


def _files(pool: GoldenPool, key: Path) -> Check:
    """Every part is as it was signed, and can be opened."""
    findings = []
    for part in pool.manifest.parts:
        try:
            pool.read(part.kind, key)
        except ForetasteError as error:
            findings.append(Finding(f"golden/{part.kind}", Level.ERROR, str(error), part.file))
    if findings:
        return Check("files", Outcome.INVALID, findings[0].message, tuple(findings))
    rows = {part.kind: part.rows for part in pool.manifest.parts}
    told = f"{rows.get('golden', 0)} rows shown, {rows.get('hidden', 0)} hidden"
    return Check("files", Outcome.PASS, f"as signed, period {pool.manifest.period}: {told}")


def _sizes(pool: GoldenPool) -> Check:
    """Slices that are too small to say anything are told before a model is compared on them."""
    shown = pool.table("golden")
    columns = {name: shown.column(name).to_pylist() for name in pool.manifest.slices}
    need = rows_needed(_ACCURACY, _MARGIN)
    hidden = pool.manifest.part("hidden")
    factor = 1 + (hidden.rows if hidden else 0) / max(1, shown.num_rows)
    small = [
        Finding(
            "golden/small-slice",
            Level.WARNING,
            f"about {part.size * factor:.0f} rows, {need} are needed to know an accuracy of "
            f"{_ACCURACY:.0%} to ±{_MARGIN:.0%}; comparisons on it will be inconclusive",
            part.name,
            count=part.size,
        )
        for part in slices_of(columns, shown.num_rows)
        if part.size * factor < need
    ]
    told = f"{len(small)} slices are too small to say anything" if small else "no slice is small"
    return Check("slices", Outcome.PASS, told, tuple(small))


def _planting(pool: GoldenPool) -> Check:
    plan = pool.manifest.canaries
    if plan is None:
        return Check("canaries", Outcome.PASS, "none are planted")
    stale = plan.stale(pool.manifest.period, datetime.now(UTC))
    if stale is not None:
        told = f"{stale}; plant new ones with foretaste canary plant"
        return Check("canaries", Outcome.BLOCKED, told)
    told = f"{plan.bad} bad and {plan.clean} clean ones, planted {plan.planted} in {plan.data}"
    return Check("canaries", Outcome.PASS, told)
