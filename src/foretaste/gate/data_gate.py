"""The data gate on one screen: copy, check, decide, part, keep, sign, publish.

::

    files ─► copy ─► provenance, schema, scan ─► policy ─► rows that stay ─► scanned again
                                                   └─► rows that leave ─► quarantine
             record, reports ─► evidence ─► signed ─► published in one step
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from importlib import metadata
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from foretaste.data import open_dataset
from foretaste.data.fixed_roles import fixed
from foretaste.errors import ForetasteError, NotAssessableError, UsageError
from foretaste.gate.cut import Pieces, cut, pack
from foretaste.gate.decision import Check, Decision, Finding, Level, Outcome
from foretaste.gate.dvc import data_of, is_dvc
from foretaste.gate.gate_log import log_gate
from foretaste.gate.golden_check import rule_on_golden
from foretaste.gate.provenance_check import check_provenance
from foretaste.gate.record import GateRecord, record_json
from foretaste.gate.results import findings_of, keep_results, signed_bundle, write_results
from foretaste.gate.run_folder import BUNDLE, NewRun, RunFolder
from foretaste.gate.scan_ruling import ScanRuling, check_budgets, check_rest, rule_on_scan
from foretaste.gate.schema_check import check_schema
from foretaste.gate.settings import Settings
from foretaste.gate.snapshot import Snapshot, take_snapshot
from foretaste.provenance import load_key
from foretaste.report import Report
from foretaste.report.standards import version as standards_version
from foretaste.scanning import scan
from foretaste.store import Parcel, Quarantine, open_place
from foretaste.store.sealing import Seal
from foretaste.types import Roles

__all__ = ["GateResult", "gate_data"]

Bools = npt.NDArray[np.bool_]
Progress = Callable[[str, float], None]


@dataclass(frozen=True)
class GateResult:
    """What a gate decided, and where it stands."""

    record: GateRecord
    folder: Path  # of the run
    report: Report | None  # of the scan; None if it did not come to one

    @property
    def decision(self) -> Decision:
        """All checks."""
        return self.record.decision

    @property
    def exit_code(self) -> int:
        """0 pass, 1 blocked, 3 inconclusive, 4 invalid."""
        return self.record.outcome.exit_code


def gate_data(settings: Settings, *, progress: Progress | None = None) -> GateResult:
    """May this data be trained on?

    The input is only read. Rows that leave are in the quarantine before anything says that they
    have left; results appear in one step at the end. Ended at any moment, it can be run again.

    Parameters
    ----------
    settings
        Of `load_settings`.
    progress
        Called with the stage and the share done, 0 to 1.

    Returns
    -------
    GateResult
        Also when the gate stays closed.

    Raises
    ------
    foretaste.errors.ForetasteError
        It could not be decided: bad settings, unreadable data, no room. Nothing was published.
    """
    key = load_key(settings.path(settings.gate.key))
    quarantine = Quarantine(open_place(settings.store.place, settings.root))
    quarantine.recover()
    runs = RunFolder(settings.out, settings.gate.keep)
    _check_places(settings)
    with runs.new() as run:
        snapshot = take_snapshot(_data_path(settings), run.copy)
        work = _Work(settings, snapshot, run, quarantine, progress or (lambda _s, _d: None))
        record, report = work.decide()
        results = write_results(record, report, run)
        record = record.with_evidence(keep_results(results, quarantine.place, settings))
        bundle = signed_bundle(record, report, run, key)
        run.write({"gate.json": record_json(record), BUNDLE: bundle})
        quarantine.place.create(f"gates/{record.run}.intoto.jsonl", bundle)
        log_gate(settings, record, run.folder / BUNDLE, key)
        folder = runs.publish(run, record.run)
    return GateResult(record, folder, report)


def _data_path(settings: Settings) -> str:
    stated = settings.data.path
    path = settings.path(stated)
    return str(data_of(path)) if is_dvc(stated) else str(path)


def _check_places(settings: Settings) -> None:
    """Results within the data would be data at the next gate."""
    data = Path(_data_path(settings)).resolve()
    if settings.out.resolve().is_relative_to(data):
        raise UsageError(
            f"[gate] out: {settings.gate.out} lies within the data set {settings.data.path}; "
            "name a folder beside it"
        )


@dataclass(frozen=True)
class _Work:
    """One gate under way."""

    settings: Settings
    snapshot: Snapshot
    run: NewRun
    quarantine: Quarantine
    progress: Progress

    def decide(self) -> tuple[GateRecord, Report | None]:
        """All checks; rows are parted only where all that comes before lets them."""
        checks = [check_provenance(self.settings, self.snapshot)]
        if checks[0].outcome is Outcome.INVALID:
            return self._record(checks), None  # other data than was signed is not worth a scan
        checks.append(check_schema(self.settings, self.snapshot))
        try:
            report = self._scan(self.snapshot.path)
        except NotAssessableError as error:
            return self._record([*checks, _no_scan(error)]), None
        digests = report.dataset.row_digests() if report.dataset is not None else []
        released = self.quarantine.released()
        golden = rule_on_golden(report, self.settings, digests)
        ruling = rule_on_scan(
            report, self.settings.policy, digests, released, golden.canaries
        ).also(golden.held)
        checks += [ruling.check, *golden.checks]
        accused = tuple(row for row in ruling.held if row.row not in golden.canaries)
        checks.append(check_budgets(accused, report, self.settings.policy))
        self.run.clean.mkdir()
        keep = ~ruling.leave(report.rows)
        pieces = cut(self.snapshot, keep, self.run.clean)
        if ruling.held and self.settings.policy.rescan and keep.any():
            checks.append(self._rest(report, digests, keep, released))
        entry = self._admit(report, ruling, pieces) if ruling.held else ""
        record = self._record(checks, report, len(ruling.held), entry)
        record = replace(record, golden=golden.digest)
        if record.outcome is not Outcome.PASS:
            self.run.clear_clean()
            return record, report
        return replace(record, clean=pieces.kept), report

    def _scan(self, path: Path, roles: Roles | None = None) -> Report:
        stated, how = self.settings.data, self.settings.scan
        with self.snapshot.spoken_of_as_source():
            dataset = open_dataset(
                str(path), **(_stated(stated) if roles is None else fixed(roles))
            )
            named = replace(dataset, name=self.settings.data.path)
            return scan(
                named,
                profile=how.profile,
                seed=how.seed,
                workers=how.workers,
                progress=self.progress,
            )

    def _rest(
        self,
        report: Report,
        digests: Sequence[bytes],
        keep: Bools,
        released: frozenset[tuple[str, str]],
    ) -> Check:
        """Read back what was written, compare it with what was to stay, and scan it."""
        path = (
            self.run.clean if self.snapshot.is_folder else self.run.clean / self.snapshot.path.name
        )
        try:
            rest = self._scan(path, report.roles)
        except (NotAssessableError, UsageError) as error:  # a class is gone, too few rows
            return Check("rescan", Outcome.INCONCLUSIVE, str(error))
        own = rest.dataset.row_digests() if rest.dataset is not None else []
        expected = [digest for digest, stays in zip(digests, keep, strict=True) if stays]
        if rest.rows != len(expected) or (_same_types(report, rest) and own != expected):
            return Check(
                "rescan", Outcome.INCONCLUSIVE, "the rows that were written are not those that stay"
            )
        return check_rest(rest, self.settings.policy, own, released)

    def _admit(self, report: Report, ruling: ScanRuling, pieces: Pieces) -> str:
        settings = self.settings
        parcel = Parcel(
            settings.data.path,
            report.digest,
            ruling.held,
            pack(pieces.removed),
            findings_of(report, ruling.held),
        )
        if not settings.quarantine.recipients:
            raise UsageError(
                "[quarantine] recipients: rows have to leave and nobody is named who can open "
                "them; foretaste init makes a key and names it"
            )
        return self.quarantine.admit(parcel, Seal(settings.quarantine.recipients)).id

    def _record(
        self,
        checks: list[Check],
        report: Report | None = None,
        quarantined: int = 0,
        entry: str = "",
    ) -> GateRecord:
        decision = Decision(tuple(checks))
        made = datetime.now(UTC)
        rows = 0 if report is None else report.rows
        return GateRecord(
            run=f"{made:%Y%m%dT%H%M%SZ}-{secrets.token_hex(4)}",
            made=made.isoformat(timespec="seconds").replace("+00:00", "Z"),
            data=self.settings.data.path,
            format=self.snapshot.format,
            input=self.snapshot.files,
            settings=self.settings.digest,
            outcome=decision.outcome,
            sentence=decision.sentence,
            checks=decision.checks,
            is_folder=self.snapshot.is_folder,
            roles=None if report is None else report.roles,
            rows=rows,
            kept=rows - quarantined,
            quarantined=quarantined,
            entry=entry,
            seed=self.settings.scan.seed,
            foretaste=metadata.version("foretaste"),
            standards=standards_version(),
        )


def _no_scan(error: ForetasteError) -> Check:
    finding = Finding("scan/not-assessable", Level.ERROR, str(error))
    return Check("scan", Outcome.INCONCLUSIVE, str(error), (finding,))


def _stated(stated: Any) -> dict[str, Any]:
    names = ("label", "source", "id", "time", "text", "image", "embedding")
    roles = {name: getattr(stated, name) for name in names}
    return {**roles, "features": None if stated.features is None else list(stated.features)}


def _same_types(one: Report, other: Report) -> bool:
    """Whether digests can be compared: columns of CSV files may be narrower with fewer rows."""
    a, b = one.dataset, other.dataset
    return a is not None and b is not None and a.rows.schema.equals(b.rows.schema)
