"""A signed data set on disk, its key and who is trusted."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from foretaste.provenance import (
    DATA,
    LOG,
    SigningKey,
    Trust,
    TrustedKey,
    Verification,
    make_manifest,
    sign_manifest,
    verify,
    write_bundle,
)

NOW = dt.datetime(2026, 5, 1, 12, tzinfo=dt.UTC)
ROWS = 400


def new_key(name: str = "ci") -> SigningKey:
    return SigningKey(name, Ed25519PrivateKey.generate())


def trusted(key: SigningKey, *uses: str) -> TrustedKey:
    return TrustedKey(key.name, key.public, uses or (DATA, LOG), NOW)


@dataclass(frozen=True)
class Signed:
    """A file, what it held when it was signed, and its bundle."""

    file: Path
    table: pa.Table
    key: SigningKey
    trust: Trust
    bundle: Path

    def verify(self, at: dt.datetime = NOW) -> Verification:
        return verify(self.file, self.bundle, self.trust, at=at)


def toy_table() -> pa.Table:
    rng = np.random.default_rng(7)
    return pa.table(
        {
            "id": [f"b-{row:04}" for row in range(ROWS)],
            "size": rng.normal(size=ROWS).astype(np.float32),
            "count": rng.integers(0, 9, ROWS),
            "vendor": [f"vendor {row // 100}" for row in range(ROWS)],
            "label": rng.choice(["cat", "dog"], ROWS),
        }
    )


def sign_toy(folder: Path) -> Signed:
    table, key = toy_table(), new_key()
    file = folder / "train.parquet"
    pq.write_table(table, file)
    manifest = make_manifest(file, created=NOW, index=folder / "train.parquet.rows")
    bundle = folder / "train.parquet.intoto.jsonl"
    write_bundle(bundle, [sign_manifest(manifest, key)])
    return Signed(file, table, key, Trust((trusted(key),)), bundle)
