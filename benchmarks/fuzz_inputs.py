"""What `benchmarks.fuzz` spoils: one whole input of each kind, and how it is read."""

from __future__ import annotations

import io
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
from cryptography.hazmat.primitives.asymmetric import ec
from PIL import Image

from foretaste.data import open_dataset
from foretaste.provenance import (
    DATA,
    LOG,
    Envelope,
    LogEntry,
    Manifest,
    ManifestFile,
    SigningKey,
    Trust,
    TrustedKey,
    append,
    check_log,
    load_trust,
    make_key,
    make_log,
    make_manifest,
    open_log,
    read_bundle,
    read_manifest,
    save_trust,
    sign_manifest,
    verify,
    write_bundle,
)
from foretaste.provenance.model_signing import read_model_signature, sign_as_model
from foretaste.provenance.note import Checkpoint, Note
from foretaste.provenance.row_index import index_path, read_index
from foretaste.provenance.row_proof import RowProof, check_row, prove_row
from foretaste.provenance.source_signatures import sign_source
from foretaste.provenance.transformations import (
    Material,
    Transformation,
    read_transformation,
    sign_transformation,
)

__all__ = ["Read", "inputs"]

Read = Callable[[bytes], object]  # what is believed after reading; None for nothing


@dataclass(frozen=True)
class _Whole:
    """What is spoilt: signed documents, and the key and the files behind them."""

    folder: Path
    key: SigningKey
    trust: Trust
    manifest: Manifest
    signed: Envelope
    bundle: Path

    def counts(self, envelope: Envelope) -> bool:
        """Whether a signature over the envelope counts."""
        at = self.manifest.created
        return envelope.objection(self.trust, DATA, at, at) is None


def _whole(folder: Path) -> _Whole:
    """Sign a small data set in every way there is."""
    key = make_key(folder / "key.pem")
    rows = {
        "id": [f"r{i}" for i in range(40)],
        "x": list(range(40)),
        "vendor": ["a", "b"] * 20,
        "label": ["k", "l"] * 20,
    }
    data, bundle = folder / "rows.parquet", folder / "rows.parquet.intoto.jsonl"
    pq.write_table(pa.table(rows), data)
    manifest = make_manifest(data, index=index_path(bundle))
    trust = Trust((TrustedKey("key", key.public, (DATA, LOG, "source:a"), manifest.created),))
    signed = sign_manifest(manifest, key)
    step = Transformation(
        Material("rows", signed.digest),
        (Material("raw", "0" * 64),),
        Material("code", "1" * 64),
        manifest.created,
    )
    write_bundle(bundle, [signed, sign_source(manifest, "a", key), sign_transformation(step, key)])
    save_trust(folder / "trust.json", trust)
    return _Whole(folder, key, trust, manifest, signed, bundle)


def inputs(folder: Path) -> dict[str, tuple[bytes, Read]]:
    """Each kind of input: one that is whole, and how it is read."""
    whole = _whole(folder)
    return {**_statements(whole), **_log_files(whole), **_data(whole)}


def _statements(whole: _Whole) -> dict[str, tuple[bytes, Read]]:
    signed, made = whole.signed, read_bundle(whole.bundle)[2]
    model_key = ec.generate_private_key(ec.SECP256R1())
    files = [ManifestFile("a.csv", 3, "00" * 32), ManifestFile("b/c.csv", 3, "11" * 32)]
    model = sign_as_model("rows", files, model_key)
    other, held = whole.folder / "other.intoto.jsonl", whole.folder / "other.json"

    def manifest(payload: bytes) -> object:
        envelope = Envelope(payload, signed.signatures)
        read = read_manifest(envelope)
        return read if whole.counts(envelope) else None

    def transformation(payload: bytes) -> object:
        envelope = Envelope(payload, made.signatures)
        step = read_transformation(envelope)
        return step if whole.counts(envelope) else None

    def bundle(content: bytes) -> object:
        other.write_bytes(content)
        counting = {e.payload for e in read_bundle(other) if whole.counts(e)}
        return counting - {signed.payload, made.payload} or None

    def trust_file(content: bytes) -> object:
        held.write_bytes(content)
        load_trust(held)
        return None  # it is the root of trust itself

    def model_signature(content: bytes) -> object:
        read = read_model_signature(content, "model")
        return (read.name, read.files) if read.is_by(model_key.public_key()) else None

    return {
        "manifest": (signed.payload, manifest),
        "transformation": (made.payload, transformation),
        "bundle": (whole.bundle.read_bytes(), bundle),
        "trust file": ((whole.folder / "trust.json").read_bytes(), trust_file),
        "model signature": (model, model_signature),
    }


def _log_files(whole: _Whole) -> dict[str, tuple[bytes, Read]]:
    at, log = whole.manifest.created, whole.folder / "log"
    entries = [LogEntry("manifest", "rows", n + 1, f"{n:064x}", at) for n in range(9)]
    make_log(log, "x", whole.key)
    append(log, entries, whole.key, whole.trust)
    tile, note = log / "tile/entries/000.p/9", open_log(log).note

    def checkpoint(content: bytes) -> object:
        read = Note.from_bytes(content, "checkpoint")
        point = Checkpoint.from_text(read.text, "checkpoint")
        return point if read.is_signed_by("x", whole.key.public) else None

    def log_entries(content: bytes) -> object:
        tile.write_bytes(content)
        opened = open_log(log)
        holds = check_log(opened, whole.trust, at=at) == ()
        read = tuple(opened.entries())
        return read if holds else None

    return {
        "checkpoint": (note.to_bytes(), checkpoint),
        "log entries": (tile.read_bytes(), log_entries),
    }


def _data(whole: _Whole) -> dict[str, tuple[bytes, Read]]:
    index = read_index(index_path(whole.bundle), whole.manifest)
    assert index is not None
    at, data = whole.manifest.created, whole.folder / "rows.parquet"
    held = whole.folder / "other.rows"
    picture = io.BytesIO()
    Image.new("RGB", (12, 9), (200, 30, 60)).save(picture, "PNG")

    def row_proof(content: bytes) -> object:
        read = RowProof.from_bytes(content, "proof")
        return read if check_row(read, whole.signed, whole.trust, at=at) == () else None

    def row_index(content: bytes) -> object:
        held.write_bytes(content)
        return None if read_index(held, whole.manifest) is None else content

    def parquet(content: bytes) -> object:
        data.write_bytes(content)
        found = verify(data, whole.bundle, whole.trust, at=at)
        return content if found.ok else None

    def image(content: bytes) -> object:
        open_dataset({"image": [content, picture.getvalue()], "label": ["a", "b"]}).content()
        return None  # nobody has signed it

    return {
        "row proof": (prove_row(whole.signed, index, 7).to_bytes(), row_proof),
        "row index": (index_path(whole.bundle).read_bytes(), row_index),
        "parquet": (data.read_bytes(), parquet),
        "image": (picture.getvalue(), image),
    }
