"""The OpenSSF model-signing format, read and written: files of data signed as models are.

The format signs with ECDSA; its keys are P-256 keys in PEM form, apart from those of foretaste.

Specification: OpenSSF Model Signing 1.0, in a Sigstore bundle 0.3 with a public key.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from foretaste.errors import InvalidProvenanceError, UsageError
from foretaste.provenance.attestation import PAYLOAD_TYPE, Statement, Subject, signed_bytes
from foretaste.provenance.documents import Fields, canonical, parse
from foretaste.provenance.manifest import ManifestFile, is_safe_name

__all__ = ["ModelSignature", "load_model_key", "read_model_signature", "sign_as_model"]

_PREDICATE = "https://model_signing/signature/v1.0"
_BUNDLE = "application/vnd.dev.sigstore.bundle.v0.3+json"


@dataclass(frozen=True)
class ModelSignature:
    """What a model signature says, and the signature over it."""

    name: str
    files: tuple[ManifestFile, ...]  # their sizes are not known, and are -1
    payload: bytes
    signature: bytes

    def is_by(self, key: ec.EllipticCurvePublicKey) -> bool:
        """Whether this key has signed it."""
        try:
            message = signed_bytes(PAYLOAD_TYPE, self.payload)
            key.verify(self.signature, message, ec.ECDSA(hashes.SHA256()))
        except InvalidSignature:
            return False
        return True

    def differing(self, files: Sequence[ManifestFile]) -> tuple[str, ...]:
        """The names of files that are missing, new, or not those that were signed."""
        signed = {file.name: file.sha256 for file in self.files}
        now = {file.name: file.sha256 for file in files}
        return tuple(n for n in sorted(signed.keys() | now.keys()) if signed.get(n) != now.get(n))


def sign_as_model(
    name: str, files: Sequence[ManifestFile], key: ec.EllipticCurvePrivateKey
) -> bytes:
    """The signature of files as ``model_signing verify key`` reads it.

    Examples
    --------
    >>> key = ec.generate_private_key(ec.SECP256R1())
    >>> file = ManifestFile("rows.csv", 3, "00" * 32)
    >>> read = read_model_signature(sign_as_model("data", [file], key), "data.sig")
    >>> read.is_by(key.public_key()), read.differing([file])
    (True, ())
    """
    ordered = sorted(files, key=lambda file: file.name)
    whole = hashlib.sha256(b"".join(bytes.fromhex(file.sha256) for file in ordered)).hexdigest()
    predicate = {
        "serialization": {"method": "files", "hash_type": "sha256", "allow_symlinks": False},
        "resources": [
            {"name": file.name, "algorithm": "sha256", "digest": file.sha256} for file in ordered
        ],
    }
    payload = Statement((Subject(name, {"sha256": whole}),), _PREDICATE, predicate).to_bytes()
    signature = key.sign(signed_bytes(PAYLOAD_TYPE, payload), ec.ECDSA(hashes.SHA256()))
    kind = serialization.PublicFormat.SubjectPublicKeyInfo
    pem = key.public_key().public_bytes(serialization.Encoding.PEM, kind)
    return canonical(
        {
            "mediaType": _BUNDLE,
            "verificationMaterial": {
                "publicKey": {"hint": hashlib.sha256(pem).hexdigest()},
                "tlogEntries": [],
            },
            "dsseEnvelope": {
                "payload": base64.b64encode(payload).decode(),
                "payloadType": PAYLOAD_TYPE,
                "signatures": [{"sig": base64.b64encode(signature).decode(), "keyid": ""}],
            },
        }
    )


def read_model_signature(content: bytes, where: str) -> ModelSignature:
    """Read a signature; nothing is verified but that it says one thing only.

    Raises
    ------
    InvalidProvenanceError
        It is malformed, of another kind, or its files do not have the digest it gives.
    """
    envelope = Fields(parse(content, where), where).inner("dsseEnvelope")
    signatures = [_decoded(item, "sig") for item in envelope.items("signatures")]
    if len(signatures) != 1:
        raise envelope.wrong("signatures", "one signature")
    if envelope.text("payloadType") != PAYLOAD_TYPE:
        raise envelope.wrong("payloadType", PAYLOAD_TYPE)
    payload = _decoded(envelope, "payload")
    statement = Statement.from_bytes(payload, f"{where}, payload")
    if statement.predicate_type != _PREDICATE or len(statement.subjects) != 1:
        raise InvalidProvenanceError(
            f"{where}: must be a model signature ({_PREDICATE}) of one subject, "
            f"got {statement.predicate_type!r:.80}"
        )
    fields = Fields(statement.predicate, f"{where}, payload.predicate")
    if fields.inner("serialization").text("method") != "files":
        raise fields.wrong("serialization", "by files; shards are not read")
    files = tuple(_resource(item) for item in fields.items("resources"))
    whole = hashlib.sha256(b"".join(bytes.fromhex(file.sha256) for file in files)).hexdigest()
    subject = statement.subjects[0]
    if subject.digest.get("sha256") != whole:
        raise InvalidProvenanceError(f"{where}: its files do not have the digest that is signed")
    return ModelSignature(subject.name, files, payload, signatures[0])


def load_model_key(path: Path, passphrase: bytes | None = None) -> ec.EllipticCurvePrivateKey:
    """Read a private P-256 key in PEM form.

    Raises
    ------
    UsageError
        There is none.
    """
    try:
        key: Any = serialization.load_pem_private_key(path.read_bytes(), passphrase)
    except (OSError, ValueError, TypeError, UnsupportedAlgorithm) as error:
        raise UsageError(f"{path}: holds no private key in PEM form that opens") from error
    if not isinstance(key, ec.EllipticCurvePrivateKey) or not isinstance(key.curve, ec.SECP256R1):
        raise UsageError(
            f"{path}: model signatures need a P-256 key; make one with "
            "openssl ecparam -name prime256v1 -genkey -noout"
        )
    return key


def _resource(item: Fields) -> ManifestFile:
    name = item.text("name")
    if not is_safe_name(name):
        raise item.wrong("name", "a name that stays below its folder")
    if item.text("algorithm") != "sha256":
        raise item.wrong("algorithm", "sha256")
    return ManifestFile(name, -1, item.digest("digest").hex())


def _decoded(fields: Fields, name: str) -> bytes:
    try:
        return base64.b64decode(fields.text(name).encode("ascii"), validate=True)
    except (binascii.Error, ValueError):
        raise fields.wrong(name, "base64") from None
