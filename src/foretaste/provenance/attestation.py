"""Signed statements: in-toto Statement v1 in DSSE envelopes, one a line in ``*.intoto.jsonl``.

An envelope holds the exact bytes that were signed, so nothing depends on how JSON is written.

Specifications: in-toto Attestation Framework 1.0 (Statement v1, Bundle), DSSE 1.0.2.
"""

from __future__ import annotations

import base64
import binascii
import datetime as dt
import hashlib
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from foretaste.errors import InvalidProvenanceError, UsageError
from foretaste.provenance import durable
from foretaste.provenance.documents import MAX_BYTES, Fields, canonical, parse
from foretaste.provenance.keys import SigningKey
from foretaste.provenance.trust import Trust

__all__ = ["PAYLOAD_TYPE", "Envelope", "Statement", "Subject", "read_bundle", "sign_statement",
           "write_bundle"]  # fmt: skip

PAYLOAD_TYPE = "application/vnd.in-toto+json"
_STATEMENT = "https://in-toto.io/Statement/v1"


@dataclass(frozen=True)
class Subject:
    """What a statement is about: a name and its digests, by algorithm, in hexadecimal."""

    name: str
    digest: Mapping[str, str]


@dataclass(frozen=True)
class Statement:
    """Something said about subjects."""

    subjects: tuple[Subject, ...]
    predicate_type: str
    predicate: Mapping[str, Any]

    def to_bytes(self) -> bytes:
        """The bytes that are signed."""
        subjects = [{"name": s.name, "digest": dict(s.digest)} for s in self.subjects]
        return canonical(
            {
                "_type": _STATEMENT,
                "subject": subjects,
                "predicateType": self.predicate_type,
                "predicate": self.predicate,
            }
        )

    @classmethod
    def from_bytes(cls, payload: bytes, where: str) -> Statement:
        """Read what was signed."""
        fields = Fields(parse(payload, where), where)
        if fields.text("_type") != _STATEMENT:
            raise fields.wrong("_type", _STATEMENT)
        subjects = []
        for item in fields.items("subject"):
            digest = item.inner("digest")
            subjects.append(
                Subject(item.text("name"), {name: digest.text(name) for name in digest.document})
            )
        return cls(
            tuple(subjects), fields.text("predicateType"), fields.inner("predicate").document
        )


@dataclass(frozen=True)
class Envelope:
    """Bytes, their type, and signatures over both: (key id, signature)."""

    payload: bytes
    signatures: tuple[tuple[str, bytes], ...]
    payload_type: str = PAYLOAD_TYPE

    @property
    def digest(self) -> str:
        """Hex SHA-256 of the payload: how statements refer to each other."""
        return hashlib.sha256(self.payload).hexdigest()

    def statement(self) -> Statement:
        """What was signed."""
        return Statement.from_bytes(self.payload, "statement")

    def objection(self, trust: Trust, use: str, dated: dt.datetime, at: dt.datetime) -> str | None:
        """Why no signature counts; None if one does.

        Parameters
        ----------
        trust
            Whose signatures count.
        use
            What the key must be allowed to sign.
        dated
            When the statement says it was signed.
        at
            The moment of verification.
        """
        if not self.signatures:
            return "it carries no signature"
        objections = []
        for key_id, signature in self.signatures:
            known = trust.by_id(key_id)
            if known is None:
                objections.append(f"key {key_id[:16]!r} is not in the trust file")
            elif not known.key.verifies(signature, signed_bytes(self.payload_type, self.payload)):
                objections.append(
                    f"the signature of key {known.name!r} does not fit what it signs: "
                    "the statement was altered"
                )
            else:
                objection = known.objection(use, dated, at)
                if objection is None:
                    return None
                objections.append(objection)
        return "; ".join(objections)

    def is_signed_by_any(self, trust: Trust) -> bool:
        """Whether a known key has signed these bytes, be it one that no longer counts."""
        message = signed_bytes(self.payload_type, self.payload)
        known = ((trust.by_id(key_id), signature) for key_id, signature in self.signatures)
        return any(key is not None and key.key.verifies(sig, message) for key, sig in known)

    def to_bytes(self) -> bytes:
        """One line of a bundle, without its end."""
        return canonical(
            {
                "payloadType": self.payload_type,
                "payload": base64.b64encode(self.payload).decode(),
                "signatures": [
                    {"keyid": key_id, "sig": base64.b64encode(signature).decode()}
                    for key_id, signature in self.signatures
                ],
            }
        )

    @classmethod
    def from_bytes(cls, line: bytes, where: str) -> Envelope:
        """Read one line of a bundle."""
        fields = Fields(parse(line, where), where)
        signatures = [
            (item.text("keyid") if item.has("keyid") else "", _decoded(item, "sig"))
            for item in fields.items("signatures")
        ]
        return cls(_decoded(fields, "payload"), tuple(signatures), fields.text("payloadType"))


def signed_bytes(payload_type: str, payload: bytes) -> bytes:
    """DSSE's pre-authentication encoding: what the signature covers.

    >>> signed_bytes("text", b"hello")
    b'DSSEv1 4 text 5 hello'
    """
    kind = payload_type.encode()
    return b"DSSEv1 %d %b %d %b" % (len(kind), kind, len(payload), payload)


def sign_statement(statement: Statement, *keys: SigningKey) -> Envelope:
    """Sign a statement, with as many keys as are given.

    Examples
    --------
    >>> from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
    >>> key = SigningKey("ci", Ed25519PrivateKey.generate())
    >>> statement = Statement((Subject("x", {"sha256": "00" * 32}),), "urn:example", {"a": 1})
    >>> envelope = sign_statement(statement, key)
    >>> Envelope.from_bytes(envelope.to_bytes(), "line 1").statement() == statement
    True
    """
    payload = statement.to_bytes()
    message = signed_bytes(PAYLOAD_TYPE, payload)
    return Envelope(payload, tuple((key.public.id, key.sign(message)) for key in keys))


def write_bundle(path: str | os.PathLike[str], envelopes: Sequence[Envelope]) -> None:
    """Write envelopes, one a line, whole or not at all."""
    target = Path(path)
    durable.make_folder(target.parent)
    durable.replace(target, b"".join(envelope.to_bytes() + b"\n" for envelope in envelopes))


def read_bundle(path: str | os.PathLike[str]) -> tuple[Envelope, ...]:
    """Read the envelopes of a bundle; nothing is verified yet.

    Raises
    ------
    UsageError
        There is no such file.
    InvalidProvenanceError
        It is malformed; the message names the line.
    """
    try:
        with Path(path).open("rb") as file:
            content = file.read(MAX_BYTES + 1)
    except OSError as error:
        raise UsageError(
            f"bundle: {path}: {error.strerror}; sign the data first, or name the bundle"
        ) from error
    if len(content) > MAX_BYTES:
        raise InvalidProvenanceError(f"{path}: is above 256 MiB; it is no bundle of foretaste")
    lines = [(n, line) for n, line in enumerate(content.split(b"\n"), 1) if line.strip()]
    if not lines:
        raise InvalidProvenanceError(f"{path}: holds no statement; sign the data again")
    return tuple(Envelope.from_bytes(line, f"{path}, line {number}") for number, line in lines)


def _decoded(fields: Fields, name: str) -> bytes:
    """Standard or URL-safe base64, as DSSE has it."""
    text = fields.text(name)
    try:
        return base64.b64decode(text.translate({45: 43, 95: 47}).encode("ascii"), validate=True)
    except (binascii.Error, ValueError):
        raise fields.wrong(name, "base64") from None
