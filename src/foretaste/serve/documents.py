"""Rows of the database as the API tells of them; what a reader may not see is not in there."""

from __future__ import annotations

import json
from typing import Any

from foretaste.serve.tables import (
    Control,
    Dataset,
    Finding,
    Grant,
    Opinion,
    Person,
    Release,
    Run,
    RunGroup,
    Token,
    Upload,
    Version,
)

__all__ = [
    "control_document",
    "dataset_document",
    "finding_document",
    "grant_document",
    "group_document",
    "opinion_document",
    "person_document",
    "release_document",
    "run_document",
    "token_document",
    "upload_document",
    "version_document",
]

Document = dict[str, Any]


def dataset_document(dataset: Dataset) -> Document:
    """A data set."""
    return {
        "name": dataset.name,
        "roles": json.loads(dataset.roles),
        "created": dataset.created,
    }


def upload_document(upload: Upload) -> Document:
    """How far an upload is."""
    return {
        "id": upload.id,
        "file": upload.file,
        "size": upload.size,
        "received": upload.received,
        "finished": upload.version_id is not None,
    }


def version_document(version: Version) -> Document:
    """A version."""
    return {
        "number": version.number,
        "file": version.file,
        "size": version.size,
        "sha256": version.sha256,
        "created": version.created,
    }


def run_document(run: Run, *, full: bool) -> Document:
    """A run; in full with its checks, sources and thresholds."""
    told: Document = {
        "number": run.number,
        "state": run.state,
        "stage": run.stage,
        "outcome": run.outcome,
        "verdict": run.verdict,
        "sentence": run.sentence,
        "rows": run.rows,
        "flagged": run.flagged,
        "held": run.held,
        "created": run.created,
        "ended": run.ended,
    }
    if full:
        told |= {
            "policy_sha256": run.policy_sha256,
            "report_sha256": run.report_sha256,
            "summary": json.loads(run.summary),
        }
    return told


def group_document(group: RunGroup) -> Document:
    """A group, in one line."""
    return {
        "name": group.name,
        "kind": group.kind,
        "verdict": group.verdict,
        "rows": group.size,
        "why": group.why,
    }


def finding_document(finding: Finding, *, full: bool) -> Document:
    """A row; in full with its score and group."""
    told: Document = {
        "row": finding.row,
        "id": finding.row_id,
        "kind": finding.kind,
        "why": finding.why,
        "state": finding.state,
    }
    if full:
        told |= {
            "verdict": finding.verdict,
            "group": finding.group,
            "source": finding.source,
            "score": finding.score,
            "digest": finding.digest,
            "release": finding.release_id,
        }
    return told


def opinion_document(opinion: Opinion, name: str) -> Document:
    """What somebody thinks."""
    return {
        "person": name,
        "group": opinion.group,
        "row": opinion.row,
        "says": opinion.says,
        "reason": opinion.reason,
        "at": opinion.created,
    }


def release_document(release: Release) -> Document:
    """A release, with the signed approval."""
    return {
        "id": release.id,
        "group": release.group,
        "rows": release.size,
        "state": release.state,
        "separation_of_duties": release.duties,
        "reason": release.reason,
        "proposed_by": release.proposed_by,
        "proposed": release.proposed,
        "expires": release.expires,
        "row_root": release.row_root,
        "policy_sha256": release.policy_sha256,
        "report_sha256": release.report_sha256,
        "decided_by": release.decided_by,
        "decided": release.decided,
        "decision": release.decision,
        "approval": release.envelope,
        "applied": release.applied,
    }


def person_document(person: Person, grants: list[Grant]) -> Document:
    """A person and their roles."""
    return {
        "id": person.id,
        "name": person.name,
        "active": person.active,
        "roles": [grant_document(grant) for grant in grants],
    }


def grant_document(grant: Grant) -> Document:
    """A role of a person."""
    return {
        "id": grant.id,
        "role": grant.role,
        "project": grant.project_id,
        "dataset": grant.dataset_id,
        "expires": grant.expires,
        "emergency": grant.emergency,
    }


def token_document(token: Token) -> Document:
    """A token, without what it is."""
    return {
        "id": token.id,
        "name": token.name,
        "role": token.role,
        "person": token.person_id,
        "project": token.project_id,
        "created": token.created,
        "expires": token.expires,
        "revoked": token.revoked,
    }


def control_document(control: Control) -> Document:
    """A policy, canary or trigger pack."""
    return {
        "id": control.id,
        "kind": control.kind,
        "name": control.name,
        "hidden": control.hidden,
        "state": control.state,
        "document": json.loads(control.document),
        "proposed_by": control.proposed_by,
        "confirmed_by": control.confirmed_by,
        "separation_of_duties": control.duties,
    }
