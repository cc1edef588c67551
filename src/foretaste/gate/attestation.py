"""A gate's decision as signed in-toto statements, and back.

One bundle holds: the gate record (own predicate), the same decision as in-toto's test-result,
which other tools read, and for a pass the manifest of the clean data set.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

from foretaste.errors import InvalidProvenanceError
from foretaste.gate.decision import Decision, Level, Outcome
from foretaste.gate.record import GateRecord, parse_record, record_document
from foretaste.provenance import (
    Envelope,
    SigningKey,
    Statement,
    Subject,
    Trust,
    read_bundle,
    sign_statement,
)

__all__ = [
    "GATE",
    "TEST_RESULT",
    "USE",
    "gate_envelope",
    "read_record",
    "sign_record",
    "test_result",
]

USE = "gate"  # what a key must be allowed to sign
GATE = "urn:foretaste:gate-result:v1"
TEST_RESULT = "https://in-toto.io/attestation/test-result/v0.1"


def sign_record(record: GateRecord, key: SigningKey) -> tuple[Envelope, ...]:
    """Both statements, signed. Subjects are the clean files of a pass, else the files judged."""
    files = record.clean if record.outcome is Outcome.PASS else record.input
    subjects = tuple(Subject(file.name, {"sha256": file.sha256}) for file in files)
    statements = (
        Statement(subjects, GATE, record_document(record)),
        Statement(subjects, TEST_RESULT, test_result(record.decision, record.settings)),
    )
    return tuple(sign_statement(statement, key) for statement in statements)


def test_result(decision: Decision, settings: str) -> dict[str, Any]:
    """The predicate of in-toto's test-result 0.1; `settings` is the digest of what decides."""
    warned = [
        check.name
        for check in decision.checks
        if check.outcome is Outcome.PASS and any(f.level is Level.WARNING for f in check.findings)
    ]
    failed = [check.name for check in decision.checks if check.outcome is not Outcome.PASS]
    passed = [c.name for c in decision.checks if c.name not in {*warned, *failed}]
    result = (
        "FAILED" if decision.outcome is not Outcome.PASS else ("WARNED" if warned else "PASSED")
    )
    return {
        "result": result,
        "configuration": [{"name": "foretaste.toml", "digest": {"sha256": settings}}],
        "passedTests": passed,
        "warnedTests": warned,
        "failedTests": failed,
    }


def read_record(bundle: Path, trust: Trust, at: datetime) -> GateRecord:
    """The gate record of a bundle, if a key that may sign gates has signed it.

    Raises
    ------
    InvalidProvenanceError
        No signature counts, or the record says other things than its statement.
    """
    envelope, statement = _gate_statement(read_bundle(bundle), bundle)
    record = parse_record(dict(statement.predicate), str(bundle))
    objection = envelope.objection(trust, USE, record.made_at, at)
    if objection is not None:
        raise InvalidProvenanceError(
            f"{bundle}: the signature of the gate does not count: {objection}; "
            "run the gate again with a key that the trust file lists for 'gate'"
        )
    files = record.clean if record.outcome is Outcome.PASS else record.input
    named = {subject.name: subject.digest.get("sha256") for subject in statement.subjects}
    if named != {file.name: file.sha256 for file in files}:
        raise InvalidProvenanceError(
            f"{bundle}: the gate record and its statement name other files; run the gate again"
        )
    return record


def gate_envelope(bundle: Path) -> Envelope:
    """The signed gate record of a bundle, as it stands there.

    Raises
    ------
    InvalidProvenanceError
        There is none, or more than one.
    """
    return _gate_statement(read_bundle(bundle), bundle)[0]


def _gate_statement(envelopes: Sequence[Envelope], bundle: Path) -> tuple[Envelope, Statement]:
    found = [(e, s) for e in envelopes if (s := e.statement()).predicate_type == GATE]
    if len(found) != 1:
        raise InvalidProvenanceError(
            f"{bundle}: expected one gate record, found {len(found)}; run the gate again"
        )
    return found[0]
