"""What a golden pool holds: signed, so that nobody but its keeper changes it."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from foretaste.errors import InvalidProvenanceError, UnreadableDataError
from foretaste.provenance import (
    Envelope,
    SigningKey,
    Statement,
    Subject,
    Trust,
    read_bundle,
    sign_statement,
)
from foretaste.report.codec import build, encode
from foretaste.types import Modality, Roles

__all__ = ["USE", "CanaryPlan", "GoldenManifest", "Part", "Sentinel", "read_manifest", "sign"]

USE = "golden"  # what a key must be allowed to sign
SCHEMA = "foretaste/golden/v1"
_PREDICATE = "urn:foretaste:golden:v1"


@dataclass(frozen=True)
class Part:
    """One file of the pool."""

    kind: str  # golden, hidden, probes, triggers, exclusion, canaries
    file: str
    rows: int
    sha256: str


@dataclass(frozen=True)
class Sentinel:
    """A row agreed with a source: it is in every delivery, exactly so."""

    source: str
    content: str  # keyed digest, hex
    label: str
    id: str = ""  # by which an altered one is told from a missing one


@dataclass(frozen=True)
class CanaryPlan:
    """What was planted upstream; which rows, only the sealed part says."""

    data: str
    planted: str  # ISO 8601, UTC
    period: int
    bad: int
    clean: int
    valid_days: float = 30.0

    def stale(self, period: int, at: datetime) -> str | None:
        """Why these canaries no longer count; None where they do."""
        if self.period != period:
            return (
                f"the canaries were planted in period {self.period} and the golden set is in "
                f"period {period}"
            )
        if at - datetime.fromisoformat(self.planted) > timedelta(days=self.valid_days):
            return (
                f"the canaries were planted {self.planted} and count for {self.valid_days:g} days"
            )
        return None


@dataclass(frozen=True)
class GoldenManifest:
    """All that is known of a pool without its secret."""

    name: str
    made: str  # ISO 8601, UTC
    period: int  # counts up with each rotation
    secret: str  # fingerprint
    modality: Modality
    roles: Roles
    classes: tuple[str, ...]
    slices: tuple[str, ...]  # columns
    columns: tuple[str, ...]  # of the content, sorted
    parts: tuple[Part, ...] = ()
    sentinels: tuple[Sentinel, ...] = ()
    canaries: CanaryPlan | None = None
    champion: str = ""  # whose answers the probes hold
    recipients: tuple[str, ...] = field(default=())  # who can open the hidden half
    schema: str = SCHEMA

    def part(self, kind: str) -> Part | None:
        """The file of a kind, if there is one."""
        return next((part for part in self.parts if part.kind == kind), None)

    @property
    def digest(self) -> str:
        """Hex SHA-256 of the signed statement: which golden set a gate has used."""
        return self._envelope_of().digest

    def _envelope_of(self, *keys: SigningKey) -> Envelope:
        subjects = tuple(Subject(part.file, {"sha256": part.sha256}) for part in self.parts)
        document: dict[str, Any] = encode(self)
        return sign_statement(Statement(subjects, _PREDICATE, document), *keys)


def sign(manifest: GoldenManifest, key: SigningKey) -> bytes:
    """The bundle: one signed in-toto statement."""
    return manifest._envelope_of(key).to_bytes() + b"\n"  # noqa: SLF001 - same file


def read_manifest(bundle: Path, trust: Trust, at: datetime | None = None) -> GoldenManifest:
    """The manifest in a bundle, if a key that may sign golden sets has signed it.

    Raises
    ------
    InvalidProvenanceError
        No signature counts, or it is no manifest of a golden set.
    """
    statements = [(e, e.statement()) for e in read_bundle(bundle)]
    found = [(e, s) for e, s in statements if s.predicate_type == _PREDICATE]
    if len(found) != 1:
        raise InvalidProvenanceError(
            f"{bundle}: expected one manifest of a golden set, found {len(found)}; "
            "make it with foretaste golden make"
        )
    envelope, statement = found[0]
    document = json.loads(json.dumps(dict(statement.predicate)))
    if document.get("schema") != SCHEMA:
        raise InvalidProvenanceError(
            f"{bundle}: expected schema {SCHEMA}; make the golden set again"
        )
    try:
        manifest: GoldenManifest = build(GoldenManifest, document, str(bundle))
        made = datetime.fromisoformat(manifest.made)
    except (UnreadableDataError, ValueError) as error:
        raise InvalidProvenanceError(f"{bundle}: {error}; make the golden set again") from error
    objection = envelope.objection(trust, USE, made, at or datetime.now(UTC))
    if objection is not None:
        raise InvalidProvenanceError(
            f"{bundle}: the signature of the golden set does not count: {objection}; "
            "it is signed by its keeper with a key that the trust file lists for 'golden'"
        )
    return manifest
