"""Is the data what somebody signed, or what DVC recorded?"""

from __future__ import annotations

from collections.abc import Sequence

from foretaste.gate.decision import Check, Finding, Level, Outcome
from foretaste.gate.dvc import check_dvc, is_dvc
from foretaste.gate.settings import Settings
from foretaste.gate.snapshot import Snapshot
from foretaste.provenance import Change, Trust, load_trust, verify

__all__ = ["check_provenance"]


def check_provenance(settings: Settings, snapshot: Snapshot) -> Check:
    """Is this the data that was signed, or that DVC recorded?"""
    stated = settings.provenance
    findings: list[Finding] = []
    told = []
    if is_dvc(settings.data.path):
        findings += check_dvc(settings.path(settings.data.path), snapshot)
        told.append("the files are those that DVC recorded")
    if stated.bundle:
        trust = load_trust(settings.path(settings.gate.trust))
        changes, sentence = _verified(settings, snapshot, trust)
        findings += [_changed(change) for change in changes]
        told.append(sentence)
    elif stated.required:
        reason = "a signed manifest is required and none is named; state [provenance] bundle"
        return Check("provenance", Outcome.INVALID, reason)
    if any(finding.level is Level.ERROR for finding in findings):
        return Check("provenance", Outcome.INVALID, findings[0].message, tuple(findings))
    sentence = "; ".join(told) or "not verified, no signed manifest is named"
    return Check("provenance", Outcome.PASS, sentence, tuple(findings))


def _verified(settings: Settings, snapshot: Snapshot, trust: Trust) -> tuple[Sequence[Change], str]:
    bundle = settings.path(settings.provenance.bundle)
    with snapshot.spoken_of_as_source():
        found = verify(str(snapshot.path), bundle, trust)
    manifest = found.manifest
    return found.changes, f"version {manifest.version} of {manifest.name!r}, as it was signed"


def _changed(change: Change) -> Finding:
    kind = str(change.kind).replace(" ", "-")
    part = change.file or change.column or change.source or ""
    rows = () if change.row is None else (change.row,)
    return Finding(
        f"provenance/{kind}",
        Level.ERROR,
        change.sentence,
        part,
        rows,
        len(rows),
        change.row_id or "",
    )
