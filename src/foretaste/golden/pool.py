"""A golden pool on disk: files that are read only as they were signed."""

from __future__ import annotations

import hashlib
import io
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
from filelock import FileLock

from foretaste.data import Dataset, open_dataset
from foretaste.data.fixed_roles import fixed
from foretaste.errors import InvalidProvenanceError, UsageError
from foretaste.golden.exclusion import ExclusionList
from foretaste.golden.manifest import GoldenManifest, Part, read_manifest, sign
from foretaste.golden.secret import Secret
from foretaste.provenance import SigningKey, Trust, read_bundle
from foretaste.provenance.durable import make_folder
from foretaste.provenance.durable import replace as replace_file
from foretaste.store.sealing import unseal

__all__ = ["BUNDLE", "SEALED", "GoldenPool", "open_pool", "parquet", "publish"]

BUNDLE = "golden.intoto.jsonl"
SEALED = frozenset({"hidden", "canaries"})  # kinds that only the keeper's key opens


@dataclass(frozen=True)
class GoldenPool:
    """A signed pool; made by `open_pool`."""

    folder: Path
    manifest: GoldenManifest

    def read(self, kind: str, key: Path | None = None) -> bytes:
        """The bytes of a part, as they were signed, and opened where they are sealed.

        Raises
        ------
        UsageError
            There is no such part, or it is sealed and no key is given.
        InvalidProvenanceError
            The file is not the one that was signed.
        """
        part = self.manifest.part(kind)
        if part is None:
            raise UsageError(f"{self.folder}: the golden set has no {kind}; see its manifest")
        try:
            content = (self.folder / part.file).read_bytes()
        except OSError as error:
            raise InvalidProvenanceError(
                f"{self.folder / part.file}: {error.strerror}; it was signed and is gone: "
                "restore it, and find out who can write there"
            ) from error
        if hashlib.sha256(content).hexdigest() != part.sha256:
            raise InvalidProvenanceError(
                f"{self.folder / part.file}: not the file that was signed; "
                "restore it, and find out who can write there"
            )
        if kind not in SEALED:
            return content
        if key is None:
            raise UsageError(f"{self.folder / part.file}: is sealed; name the key that opens it")
        return unseal(content, key)

    def table(self, kind: str, key: Path | None = None) -> pa.Table:
        """The rows of a part."""
        return pq.read_table(io.BytesIO(self.read(kind, key)))

    def dataset(self, kind: str = "golden", key: Path | None = None) -> Dataset:
        """The rows of a golden part with their roles."""
        return self.as_dataset(self.table(kind, key))

    def as_dataset(self, table: pa.Table) -> Dataset:
        """Rows with the columns of the golden set, and its roles."""
        dataset = open_dataset(table, **fixed(self.manifest.roles))
        return replace(dataset, name=self.manifest.name)

    def exclusion(self, secret: Secret) -> ExclusionList:
        """What must never be trained on.

        Raises
        ------
        UsageError
            The secret is that of another pool.
        """
        if secret.fingerprint != self.manifest.secret:
            raise UsageError(
                f"{self.folder}: the golden set was made with another secret "
                f"({self.manifest.secret}, this one is {secret.fingerprint}); name that one"
            )
        return ExclusionList.from_parquet(self.read("exclusion"), secret, str(self.folder))


def open_pool(folder: Path, trust: Trust, at: datetime | None = None) -> GoldenPool:
    """The pool in a folder, if its keeper has signed it."""
    return GoldenPool(folder, read_manifest(folder / BUNDLE, trust, at))


def publish(
    folder: Path,
    manifest: GoldenManifest,
    contents: Mapping[str, tuple[bytes, int]],
    key: SigningKey,
    base: GoldenManifest | None = None,
) -> GoldenPool:
    """Write parts, then the signed manifest in one step; parts that it no longer names go.

    Parameters
    ----------
    contents
        Bytes and number of rows by kind; parts of other kinds stay as they are.
    base
        What the change starts from: it must still be what is there. None for a new pool.

    Raises
    ------
    UsageError
        Something else is there: a pool where none should be, or what another process has made
        of it meanwhile. Nothing was written.
    OutputError
        It cannot be written; the pool is as it was.
    """
    make_folder(folder)
    with FileLock(folder / ".lock"):
        _refuse_other(folder, base)
        return _publish(folder, manifest, contents, key)


def _refuse_other(folder: Path, base: GoldenManifest | None) -> None:
    bundle = folder / BUNDLE
    if base is None and bundle.exists():
        raise UsageError(
            f"{folder}: holds a golden set already, whose rows and canaries would be forgotten; "
            "foretaste golden rotate renews it, --folder names another"
        )
    if base is not None and [e.digest for e in read_bundle(bundle)] != [base.digest]:
        raise UsageError(
            f"{folder}: the golden set was changed by somebody else meanwhile; run it again"
        )


def _publish(
    folder: Path,
    manifest: GoldenManifest,
    contents: Mapping[str, tuple[bytes, int]],
    key: SigningKey,
) -> GoldenPool:
    parts = {part.kind: part for part in manifest.parts}
    for kind, (content, rows) in contents.items():
        digest = hashlib.sha256(content).hexdigest()
        ending = ".parquet.age" if kind in SEALED else ".parquet"
        parts[kind] = Part(kind, f"{kind}-{digest[:12]}{ending}", rows, digest)
        replace_file(folder / parts[kind].file, content)
    ordered = tuple(parts[kind] for kind in sorted(parts))
    signed = replace(manifest, parts=ordered)
    replace_file(folder / BUNDLE, sign(signed, key))
    named = {part.file for part in ordered}
    for file in [*folder.glob("*.parquet"), *folder.glob("*.parquet.age")]:
        if file.name not in named:
            with suppress(OSError):
                file.unlink()
    return GoldenPool(folder, signed)


def parquet(table: pa.Table) -> bytes:
    """Rows as a Parquet file."""
    held = io.BytesIO()
    pq.write_table(table, held, compression="zstd")
    return held.getvalue()
