"""The record of a model gate: which model, against which, on which golden set, what was decided."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from foretaste.errors import InvalidProvenanceError, UnreadableDataError
from foretaste.gate.attestation import TEST_RESULT, USE, test_result
from foretaste.gate.decision import Check, Decision, Outcome
from foretaste.gate.model_comparison import Attack, Flips, Halves, SliceComparison
from foretaste.provenance import (
    SigningKey,
    Statement,
    Subject,
    Trust,
    read_bundle,
    sign_statement,
)
from foretaste.report.codec import build, encode

__all__ = ["ComparedModel", "ModelRecord", "model_record_json", "read_model_record", "sign_model"]

MODEL_GATE = "urn:foretaste:model-gate:v1"
SCHEMA = "foretaste/model-gate/v1"


@dataclass(frozen=True)
class ComparedModel:
    """A model as it was asked.

    `digest` is the hex SHA-256 of its file; of a model without one, of its answers to the golden
    rows: what it said is all that is known of it.
    """

    name: str
    digest: str
    has_file: bool


@dataclass(frozen=True)
class ModelRecord:
    """One comparison of a challenger with the champion."""

    run: str
    made: str  # ISO 8601, UTC
    champion: ComparedModel
    challenger: ComparedModel
    golden: str  # digest of the golden set
    period: int
    settings: str  # hex SHA-256 of what decides
    outcome: Outcome
    sentence: str
    checks: tuple[Check, ...]
    rows: int = 0  # golden rows that both have answered
    slices: tuple[SliceComparison, ...] = ()
    flips: Flips | None = None
    halves: Halves | None = None
    attacks: tuple[Attack, ...] = ()
    seed: int = 0
    foretaste: str = ""
    schema: str = SCHEMA

    @property
    def decision(self) -> Decision:
        """The checks."""
        return Decision(self.checks)


def model_record_json(record: ModelRecord) -> bytes:
    """The record as a file."""
    text = json.dumps(encode(record), indent=1, sort_keys=True, allow_nan=False)
    return (text + "\n").encode()


def sign_model(record: ModelRecord, key: SigningKey) -> bytes:
    """The record and in-toto's test-result about the challenger, signed, one a line."""
    subject = Subject(record.challenger.name, {"sha256": record.challenger.digest})
    statements = (
        Statement((subject,), MODEL_GATE, encode(record)),
        Statement((subject,), TEST_RESULT, test_result(record.decision, record.settings)),
    )
    return b"".join(sign_statement(one, key).to_bytes() + b"\n" for one in statements)


def read_model_record(bundle: Path, trust: Trust, at: datetime | None = None) -> ModelRecord:
    """The record in a bundle, if a key that may sign gates has signed it.

    Raises
    ------
    InvalidProvenanceError
        No signature counts, or it is no record.
    """
    found = [(e, s) for e in read_bundle(bundle) if (s := e.statement()).predicate_type]
    held = [(e, s) for e, s in found if s.predicate_type == MODEL_GATE]
    if len(held) != 1:
        raise InvalidProvenanceError(f"{bundle}: expected one record of a model gate; run it again")
    envelope, statement = held[0]
    try:
        record: ModelRecord = build(ModelRecord, dict(statement.predicate), str(bundle))
        made = datetime.fromisoformat(record.made)
    except (UnreadableDataError, ValueError) as error:
        raise InvalidProvenanceError(f"{error}; run the gate again") from error
    objection = envelope.objection(trust, USE, made, at or datetime.now(UTC))
    if objection is not None:
        raise InvalidProvenanceError(
            f"{bundle}: the signature of the model gate does not count: {objection}"
        )
    return record
