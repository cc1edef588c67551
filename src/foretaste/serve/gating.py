"""A run: the gate of ``foretaste gate data`` on one version, and what it found, in the database."""

from __future__ import annotations

import dataclasses
import hashlib
import json
from collections.abc import Iterator
from typing import Any

import numpy as np
from sqlalchemy import func, insert, select
from sqlalchemy.orm import Session

from foretaste.gate.data_gate import GateResult
from foretaste.gate.settings import (
    DataSection,
    GatePolicy,
    GateSection,
    QuarantineSection,
    Settings,
    StoreSection,
)
from foretaste.report import Report
from foretaste.report.codec import encode
from foretaste.report.document import self_contained
from foretaste.serve.audit import Act
from foretaste.serve.clock import now
from foretaste.serve.controls import policy_of
from foretaste.serve.home import Home
from foretaste.serve.queue import enqueue
from foretaste.serve.tables import Dataset, Finding, Run, RunGroup, Version
from foretaste.store import HeldRow, Quarantine, open_place

__all__ = ["begin_run", "keep_result", "settings_for", "settings_of_run", "store_of"]

_KEPT_RUNS = 10
_BLOCK = 2_000  # rows of one insert
_SHOWN_SOURCES = 200


def begin_run(act: Act, dataset: Dataset, version: Version) -> Run:
    """Queue a run of a version."""
    highest = select(func.max(Run.number)).where(Run.dataset_id == dataset.id)
    number = (act.session.scalar(highest) or 0) + 1
    run = Run(
        dataset_id=dataset.id,
        version_id=version.id,
        number=number,
        state="queued",
        stage="waiting for the worker",
        created=now(),
    )
    act.session.add(run)
    act.session.flush()
    enqueue(act.session, "run", run.id)
    act.record("run.queued", dataset.project_id, dataset=dataset.id, run=number)
    return run


def settings_for(home: Home, dataset: Dataset, version: Version, policy: GatePolicy) -> Settings:
    """What foretaste.toml would say for this version."""
    stated = json.loads(dataset.roles)
    return Settings(
        root=home.dataset(dataset.id),
        data=DataSection(path=f"versions/{version.number}/{version.file}", **stated),
        policy=policy,
        gate=GateSection(
            out="gate",
            key=str(home.key_file("gate")),
            trust=str(home.folder / "trust.json"),
            keep=_KEPT_RUNS,
        ),
        store=StoreSection(place="store"),
        quarantine=QuarantineSection((home.recipient,), str(home.quarantine_key)),
    )


def store_of(home: Home, dataset_id: int) -> Quarantine:
    """The quarantine of one data set."""
    return Quarantine(open_place("store", home.dataset(dataset_id)))


def settings_of_run(session: Session, home: Home, run: Run) -> Settings:
    """What the gate of a run is told: its version, under the policy in force now."""
    dataset = session.get_one(Dataset, run.dataset_id)
    version = session.get_one(Version, run.version_id)
    return settings_for(home, dataset, version, policy_of(session, dataset.project_id))


def keep_result(act: Act, home: Home, run_id: int, result: GateResult) -> None:
    """Write what a gate found into the database, in one transaction."""
    session = act.session
    run = session.get_one(Run, run_id)
    if run.state == "done":
        return  # another worker was quicker
    record, report = result.record, result.report
    run.state, run.stage, run.ended = "done", "", now()
    run.outcome, run.sentence = str(record.outcome), record.sentence
    run.rows, run.held, run.entry = record.rows, record.quarantined, record.entry
    run.folder, run.policy_sha256 = str(result.folder), record.settings
    run.summary = json.dumps(_summary(result), sort_keys=True)
    if report is not None:
        content = (result.folder / "report.json").read_bytes()
        run.report_sha256 = hashlib.sha256(content).hexdigest()
        run.verdict = str(report.verdict)
        run.flagged = int(np.count_nonzero(report.findings.flagged))
        run.sentence = report.judgement.sentence
        held = _held(home, run)
        _keep_groups(session, run, report)
        session.flush()
        rows = _rows(run.id, report, held)
        while block := [row for row, _ in zip(rows, range(_BLOCK), strict=False)]:
            session.execute(insert(Finding), block)
    project = session.get_one(Dataset, run.dataset_id).project_id
    act.record(
        "run.done", project, dataset=run.dataset_id, run=run.number, outcome=run.outcome,
        verdict=run.verdict, held=run.held, report=run.report_sha256,
    )  # fmt: skip


def _held(home: Home, run: Run) -> dict[int, HeldRow]:
    if not run.entry:
        return {}
    entry = store_of(home, run.dataset_id).entry(run.entry)
    return {row.row: row for row in entry.rows}


def _keep_groups(session: Session, run: Run, report: Report) -> None:
    for place, group in enumerate(report.groups):
        kept = encode(self_contained(group), frozenset({"trigger"}))
        del kept["rows"]  # they stand in findings, one a row
        session.add(
            RunGroup(
                run_id=run.id,
                name=group.name,
                place=place,
                kind=str(group.kind),
                verdict=str(group.verdict),
                size=len(group.rows),
                why=group.why,
                document=json.dumps(kept).encode(),
            )
        )


def _rows(run_id: int, report: Report, held: dict[int, HeldRow]) -> Iterator[dict[str, Any]]:
    """Every row that was flagged or left."""
    found = report.findings
    flagged = np.flatnonzero(found.flagged).tolist()
    sources = report.dataset.sources() if report.dataset is not None else None
    for row in sorted({*flagged, *held}):
        kept = held.get(row)
        score = float(found.score[row])
        yield {
            "run_id": run_id,
            "row": row,
            "row_id": _storable(str(found.ids[row])),
            "digest": kept.digest if kept is not None else "",
            "kind": (kept.kind if kept is not None else "") or str(found.kind[row]),
            "verdict": kept.verdict if kept is not None else "suspect",
            "group": (kept.group if kept is not None else "") or str(found.group[row]),
            "source": "" if sources is None else _storable(sources[1][int(sources[0][row])]),
            "score": score if np.isfinite(score) else 0.0,
            "why": _storable(str(found.why[row])),
            "state": "quarantined" if kept is not None else "flagged",
            "release_id": None,
        }


def _storable(text: str) -> str:
    """PostgreSQL keeps neither NUL nor lone surrogates."""
    return text.replace("\0", "\ufffd").encode("utf-8", "replace").decode()


def _summary(result: GateResult) -> dict[str, Any]:
    record, report = result.record, result.report
    checks = [
        {"name": check.name, "outcome": str(check.outcome), "sentence": check.sentence}
        for check in record.checks
    ]
    if report is None:
        return {"checks": checks}
    judgement = report.judgement
    sources = sorted(report.sources, key=lambda s: (not s.guilty, -s.share, s.name))
    return {
        "checks": checks,
        "modality": str(report.modality),
        "classes": encode(report.classes),
        "sources": encode(tuple(sources[:_SHOWN_SOURCES])),
        "notes": list(judgement.notes[:40]),
        "blind_spots": list(judgement.blind_spots),
        "power": list(judgement.power),
        "ran": sum(check.ran for check in report.coverage),
        "policy": dataclasses.asdict(report.policy),
        "roles": encode(report.roles),
    }
