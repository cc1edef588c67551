"""How a data set was made from others: SLSA provenance v1, from input manifests to an output.

Specification: SLSA 1.0, https://slsa.dev/provenance/v1. Manifests are named by the SHA-256 of
their signed payload, so a chain cannot be joined to other data of the same name.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from foretaste.errors import UsageError
from foretaste.provenance.attestation import Envelope, Statement, Subject, sign_statement
from foretaste.provenance.documents import Fields, to_time
from foretaste.provenance.file_digests import digest_file, walk_files
from foretaste.provenance.keys import SigningKey
from foretaste.provenance.manifest import read_manifest

__all__ = ["SLSA", "Material", "Transformation", "code_digest", "read_transformation",
           "sign_transformation"]  # fmt: skip

SLSA = "https://slsa.dev/provenance/v1"
BUILD_TYPE = "urn:foretaste:transformation:v1"
_CODE = "code"


@dataclass(frozen=True)
class Material:
    """Something that went in or came out: a name, and the SHA-256 of its signed manifest."""

    name: str
    sha256: str


@dataclass(frozen=True)
class Transformation:
    """One step: inputs, the code that ran on them, and the output."""

    output: Material
    inputs: tuple[Material, ...]
    code: Material  # the SHA-256 of a file, or of a folder as `code_digest` has it
    finished: dt.datetime
    started: dt.datetime | None = None
    parameters: Mapping[str, str] = field(default_factory=dict)
    builder: str = "urn:foretaste:builder:local"  # who ran it

    def statement(self) -> Statement:
        """The step as SLSA provenance."""
        inputs = [
            {"name": m.name, "digest": {"sha256": m.sha256},
             "annotations": {"kind": "manifest"}} for m in self.inputs
        ]  # fmt: skip
        code = {"name": self.code.name, "digest": {"sha256": self.code.sha256},
                "annotations": {"kind": _CODE}}  # fmt: skip
        metadata = {"finishedOn": to_time(self.finished)}
        if self.started is not None:
            metadata["startedOn"] = to_time(self.started)
        predicate = {
            "buildDefinition": {
                "buildType": BUILD_TYPE,
                "externalParameters": dict(self.parameters),
                "resolvedDependencies": [*inputs, code],
            },
            "runDetails": {"builder": {"id": self.builder}, "metadata": metadata},
        }
        subject = Subject(self.output.name, {"sha256": self.output.sha256})
        return Statement((subject,), SLSA, predicate)


def sign_transformation(step: Transformation, *keys: SigningKey) -> Envelope:
    """Sign a step.

    Examples
    --------
    >>> from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
    >>> key = SigningKey("ci", Ed25519PrivateKey.generate())
    >>> raw, clean = Material("raw", "0" * 64), Material("clean", "1" * 64)
    >>> moment = dt.datetime(2026, 1, 1, tzinfo=dt.UTC)
    >>> step = Transformation(clean, (raw,), Material("clean.py", "2" * 64), moment)
    >>> read_transformation(sign_transformation(step, key)) == step
    True
    """
    return sign_statement(step.statement(), *keys)


def read_transformation(envelope: Envelope) -> Transformation | None:
    """The step in an envelope; None if it is another kind of statement, or of another builder."""
    statement = envelope.statement()
    if statement.predicate_type != SLSA:
        return None
    fields = Fields(statement.predicate, "provenance")
    definition, run = fields.inner("buildDefinition"), fields.inner("runDetails")
    if definition.text("buildType") != BUILD_TYPE or len(statement.subjects) != 1:
        return None
    kinds = {"manifest": list[Material](), _CODE: list[Material]()}
    for item in definition.items("resolvedDependencies"):
        kind = item.inner("annotations").text("kind")
        if kind not in kinds:
            raise item.wrong("annotations", "those of a manifest or of code")
        digest = item.inner("digest").digest("sha256").hex()
        kinds[kind].append(Material(item.text("name"), digest))
    if len(kinds[_CODE]) != 1:
        raise definition.wrong("resolvedDependencies", "manifests and one code")
    parameters = definition.inner("externalParameters")
    metadata = run.inner("metadata")
    subject = Fields(statement.subjects[0].digest, "provenance.subject")
    return Transformation(
        output=Material(statement.subjects[0].name, subject.digest("sha256").hex()),
        inputs=tuple(kinds["manifest"]),
        code=kinds[_CODE][0],
        finished=metadata.time("finishedOn"),
        started=metadata.time("startedOn") if metadata.has("startedOn") else None,
        parameters={name: parameters.text(name) for name in parameters.document},
        builder=run.inner("builder").text("id"),
    )


def as_material(envelope: Envelope) -> Material:
    """A signed manifest as an input or output of a step."""
    return Material(read_manifest(envelope).name, envelope.digest)


def code_digest(path: str | os.PathLike[str]) -> Material:
    """The digest of a script, or of all files below a folder (names, sizes and contents).

    A folder's digest is the SHA-256 over a line ``sha256 name`` a file, sorted by name, as
    ``sha256sum`` prints them; hidden files and folders are left out.

    Examples
    --------
    >>> code_digest(__file__).name
    'transformations.py'
    """
    code = Path(path)
    if code.is_file():
        return Material(code.name, digest_file(code.parent, code.name).sha256)
    if not code.is_dir():
        raise UsageError(f"code: {code}: no such file or folder; name what made the data")
    lines = (f"{file.sha256}  {file.name}\n" for file in walk_files(code))
    return Material(code.name, hashlib.sha256("".join(lines).encode()).hexdigest())
