"""What is written is read by the tools of others, and what they write is read here.

Those that are not installed are skipped; the message says what to install.
"""

from __future__ import annotations

import base64
import datetime as dt
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pyarrow.csv
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec
from tests.provenance.signed_data import NOW, new_key, toy_table, trusted

from foretaste.provenance import (
    DATA,
    Envelope,
    SigningKey,
    Trust,
    make_key,
    read_bundle,
    read_manifest,
)
from foretaste.provenance.exports import FORMATS, write_exports
from foretaste.provenance.file_digests import digest_files
from foretaste.provenance.model_signing import read_model_signature, sign_as_model
from foretaste.provenance.signing import Made, Signed, sign_data


@pytest.fixture
def key() -> SigningKey:
    return new_key()


@pytest.fixture
def made(tmp_path: Path, key: SigningKey) -> Signed:
    """A CSV made from another by a script; all signed."""
    table = toy_table()
    for name in ("raw.csv", "train.csv"):
        pyarrow.csv.write_csv(table if name == "raw.csv" else table.slice(50), tmp_path / name)
    (tmp_path / "clean.py").write_text("print('cleaned')\n")
    raw = sign_data(tmp_path / "raw.csv", key, at=NOW)
    step = Made([raw.bundle], tmp_path / "clean.py")
    return sign_data(tmp_path / "train.csv", key, made=step, at=NOW)


def their_key(key: SigningKey) -> Any:
    signer = pytest.importorskip("securesystemslib.signer")
    value = {"public": key.public.raw.hex()}
    return signer.SSlibKey(key.public.id, "ed25519", "ed25519", value)


def test_securesystemslib_verifies_our_bundle(made: Signed, key: SigningKey) -> None:
    dsse = pytest.importorskip("securesystemslib.dsse")
    lines = made.bundle.read_text().splitlines()
    assert len(lines) == 2
    for line in lines:
        envelope = dsse.Envelope.from_dict(json.loads(line))
        assert list(envelope.verify([their_key(key)], 1)) == [key.public.id]
        envelope.payload += b" "
        with pytest.raises(Exception, match="threshold"):
            envelope.verify([their_key(key)], 1)


def test_we_verify_what_securesystemslib_signed(made: Signed, key: SigningKey) -> None:
    dsse = pytest.importorskip("securesystemslib.dsse")
    signer = pytest.importorskip("securesystemslib.signer")
    theirs = signer.CryptoSigner(key.private, their_key(key))
    envelope = dsse.Envelope(made.envelope.payload, made.envelope.payload_type, {})
    envelope.sign(theirs)
    read = Envelope.from_bytes(json.dumps(envelope.to_dict()).encode(), "theirs")
    assert read.objection(Trust((trusted(key),)), DATA, NOW, NOW) is None
    assert read_manifest(read) == made.manifest


def test_in_toto_reads_our_statements(made: Signed) -> None:
    statement = pytest.importorskip("in_toto_attestation.v1.statement")
    for envelope in read_bundle(made.bundle):
        read = statement.Statement.copy_from_pb(_protobuf(statement, envelope.payload))
        read.validate()
        assert read.pb.predicate_type == envelope.statement().predicate_type
        assert len(read.pb.subject) == len(envelope.statement().subjects)


def _protobuf(statement: Any, payload: bytes) -> Any:
    json_format = pytest.importorskip("google.protobuf.json_format")
    return json_format.Parse(payload, type(statement.Statement([], "x", {}).pb)())


def test_openssl_reads_our_keys(tmp_path: Path) -> None:
    path = tmp_path / "ci.pem"
    key = make_key(path)
    openssl = ["openssl", "pkey", "-in", str(path), "-pubout"]
    try:
        done = subprocess.run(openssl, capture_output=True, text=True, check=False)
    except OSError:
        pytest.skip("the openssl command is not installed")
    assert done.stdout == key.public.pem


@pytest.mark.filterwarnings("ignore::DeprecationWarning")  # within rdflib
def test_mlcroissant_validates_and_loads(made: Signed) -> None:
    croissant = pytest.importorskip("mlcroissant", reason="pip install mlcroissant")
    (path,) = write_exports(made, ["croissant"])
    dataset = croissant.Dataset(jsonld=str(path))
    assert not dataset.metadata.ctx.issues.errors
    assert dataset.metadata.ctx.is_v1_1()
    records = list(dataset.records("rows-0"))
    table = toy_table().slice(50)
    assert len(records) == table.num_rows
    assert [r["rows-0/4"].decode() for r in records] == table["label"].to_pylist()
    assert [r["rows-0/2"] for r in records] == table["count"].to_pylist()


def test_cyclonedx_validates(made: Signed) -> None:
    validation = pytest.importorskip("cyclonedx.validation.json")
    schema = pytest.importorskip("cyclonedx.schema")
    (path,) = write_exports(made, ["cyclonedx"])
    validator = validation.JsonStrictValidator(schema.SchemaVersion.V1_7)
    assert validator.validate_str(path.read_text()) is None
    spoilt = path.read_text().replace('"type": "data"', '"type": "rumour"')
    assert validator.validate_str(spoilt) is not None


def test_openlineage_reads_our_event(made: Signed) -> None:
    event = pytest.importorskip(
        "openlineage.client.event_v2", reason="pip install openlineage-python"
    )
    facets = pytest.importorskip("openlineage.client.facet_v2")
    (path,) = write_exports(made, ["openlineage"])
    document = json.loads(path.read_text())
    (output,), (source,) = document["outputs"], document["inputs"]
    read = event.RunEvent(
        eventTime=document["eventTime"],
        producer="https://example.org",
        run=event.Run(**document["run"]),
        job=event.Job(**document["job"]),
        eventType=event.RunState[document["eventType"]],
    )
    assert read.job.name == "clean.py"
    held = facets.schema_dataset.SchemaDatasetFacet(
        [
            facets.schema_dataset.SchemaDatasetFacetFields(**f)
            for f in output["facets"]["schema"]["fields"]
        ]
    )
    assert [field.name for field in held.fields] == toy_table().column_names
    assert (
        held._get_schema().split("/")[-1] == output["facets"]["schema"]["_schemaURL"].split("/")[-1]
    )
    raw = read_bundle(made.bundle.with_name("raw.csv.intoto.jsonl"))[0]
    assert source["facets"]["version"]["datasetVersion"] == raw.digest
    assert output["outputFacets"]["outputStatistics"]["rowCount"] == 350


@pytest.fixture
def model(tmp_path: Path) -> Path:
    folder = tmp_path / "set"
    (folder / "part").mkdir(parents=True)
    pyarrow.csv.write_csv(toy_table(), folder / "part" / "a.csv")
    pyarrow.csv.write_csv(toy_table().slice(7), folder / "b.csv")
    return folder


def test_model_signing_verifies_our_signature(tmp_path: Path, model: Path) -> None:
    verifying = pytest.importorskip(
        "model_signing.verifying", reason="pip install model-signing pyopenssl"
    )
    key = ec.generate_private_key(ec.SECP256R1())
    (tmp_path / "set.sig").write_bytes(sign_as_model("set", digest_files(model), key))
    public = serialization.PublicFormat.SubjectPublicKeyInfo
    pem = key.public_key().public_bytes(serialization.Encoding.PEM, public)
    (tmp_path / "key.pub").write_bytes(pem)
    config = verifying.Config().use_elliptic_key_verifier(public_key=tmp_path / "key.pub")
    config.verify(model, tmp_path / "set.sig")
    (model / "b.csv").write_text("size,label\n1,x\n")
    with pytest.raises(ValueError, match=r"(?i)mismatch"):
        config.verify(model, tmp_path / "set.sig")


def test_we_read_what_model_signing_signed(tmp_path: Path, model: Path) -> None:
    signing = pytest.importorskip(
        "model_signing.signing", reason="pip install model-signing pyopenssl"
    )
    key = ec.generate_private_key(ec.SECP256R1())
    pkcs8 = serialization.PrivateFormat.PKCS8
    pem = key.private_bytes(serialization.Encoding.PEM, pkcs8, serialization.NoEncryption())
    (tmp_path / "key.pem").write_bytes(pem)
    config = signing.Config().use_elliptic_key_signer(private_key=tmp_path / "key.pem")
    config.sign(model, tmp_path / "set.sig")
    read = read_model_signature((tmp_path / "set.sig").read_bytes(), "set.sig")
    assert read.is_by(key.public_key())
    assert not read.is_by(ec.generate_private_key(ec.SECP256R1()).public_key())
    assert read.differing(digest_files(model)) == ()
    (model / "b.csv").write_text("size,label\n1,x\n")
    assert read.differing(digest_files(model)) == ("b.csv",)


def test_exports_are_the_same_twice(made: Signed) -> None:
    first = [path.read_bytes() for path in write_exports(made, FORMATS)]
    assert first == [path.read_bytes() for path in write_exports(made, FORMATS)]
    assert len(first) == 3


def test_the_order_of_a_bundle_is_manifest_first(made: Signed) -> None:
    assert made.manifest.created == dt.datetime(2026, 5, 1, 12, tzinfo=dt.UTC)
    lines = made.bundle.read_bytes().splitlines()
    assert base64.b64decode(json.loads(lines[0])["payload"]) == made.envelope.payload


def test_the_command_writes_all_of_them(tmp_path: Path, made: Signed) -> None:
    make_key(tmp_path / "ci.pem")
    done = subprocess.run(
        [sys.executable, "-m", "foretaste", "sign", "train.csv", "--key", "ci.pem",
         "--also", "croissant,cyclonedx,openlineage"],
        cwd=tmp_path, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert "version 2" in done.stdout
    assert {p.name for p in tmp_path.glob("train.csv.*json")} >= {
        "train.csv.cdx.json",
        "train.csv.croissant.json",
        "train.csv.openlineage.json",
    }
