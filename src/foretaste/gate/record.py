"""The record of a gate: what went in, what was decided, what came out. It is what gets signed."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any

from foretaste.errors import InvalidProvenanceError, UnreadableDataError
from foretaste.gate.decision import Check, Decision, Outcome
from foretaste.gate.snapshot import CopiedFile
from foretaste.report.codec import build, encode
from foretaste.types import Roles

__all__ = ["GateRecord", "parse_record", "record_document", "record_json"]

SCHEMA = "foretaste/gate/v1"


@dataclass(frozen=True)
class GateRecord:
    """One gate of one data set."""

    run: str
    made: str  # ISO 8601, UTC
    data: str  # the path as stated in the settings
    format: str  # csv, parquet ...
    input: tuple[CopiedFile, ...]
    settings: str  # hex SHA-256 of what decides
    outcome: Outcome
    sentence: str
    checks: tuple[Check, ...]
    rows: int = 0
    kept: int = 0
    quarantined: int = 0
    entry: str = ""  # of the quarantine
    golden: str = ""  # digest of the golden set whose rows were looked for
    is_folder: bool = False  # whether the data set is a folder rather than one file
    roles: Roles | None = None
    clean: tuple[CopiedFile, ...] = ()  # the files that may be trained on; none without a pass
    evidence: tuple[tuple[str, str], ...] = ()  # (name, digest in the store)
    seed: int = 0
    foretaste: str = ""
    standards: str = ""  # version of the mapping
    separation_of_duties: str = "none"  # one person may gate and release
    schema: str = SCHEMA

    @property
    def decision(self) -> Decision:
        """The checks."""
        return Decision(self.checks)

    @property
    def made_at(self) -> datetime:
        """When the gate ran.

        Raises
        ------
        InvalidProvenanceError
            The record holds no time.
        """
        try:
            moment = datetime.fromisoformat(self.made)
        except ValueError as error:
            raise InvalidProvenanceError(
                f"gate record {self.run:.40}: made: expected a time, got {self.made:.40}"
            ) from error
        return moment if moment.tzinfo else moment.replace(tzinfo=UTC)

    def with_evidence(self, evidence: dict[str, str]) -> GateRecord:
        """The same record, naming what the store holds of it."""
        return replace(self, evidence=tuple(sorted(evidence.items())))


def record_document(record: GateRecord) -> dict[str, Any]:
    """The record as JSON values."""
    document: dict[str, Any] = encode(record)
    return document


def parse_record(document: object, where: str) -> GateRecord:
    """The record in JSON values.

    Raises
    ------
    InvalidProvenanceError
        It is none, or of a schema that is not known.
    """
    if not isinstance(document, dict) or document.get("schema") != SCHEMA:
        raise InvalidProvenanceError(
            f"{where}: expected a gate record of schema {SCHEMA}; run the gate again"
        )
    try:
        return build(GateRecord, document, where)  # type: ignore[no-any-return]
    except UnreadableDataError as error:
        raise InvalidProvenanceError(f"{error}; run the gate again") from error


def record_json(record: GateRecord) -> bytes:
    """The record as a file."""
    text = json.dumps(record_document(record), indent=1, sort_keys=True, allow_nan=False)
    return (text + "\n").encode()
