"""Are golden rows and canaries where they belong: out of training, and held by the gate?"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from foretaste.data import Dataset
from foretaste.errors import BlockedError, InvalidProvenanceError, UsageError
from foretaste.gate.decision import Check, Finding, Level, Outcome
from foretaste.gate.record import GateRecord
from foretaste.gate.scan_ruling import accused
from foretaste.gate.settings import Action, Settings
from foretaste.golden.canaries import CanaryFate, fate_of
from foretaste.golden.exclusion import Excluded, Leak
from foretaste.golden.manifest import GoldenManifest
from foretaste.golden.pool import GoldenPool, open_pool
from foretaste.golden.secret import Secret, load_secret
from foretaste.golden.sentinels import check_sentinels
from foretaste.provenance import load_trust
from foretaste.report import Report
from foretaste.store import HeldRow
from foretaste.types import Modality

__all__ = [
    "GoldenRuling",
    "check_canaries",
    "refuse_excluded",
    "refuse_other_golden",
    "rule_on_golden",
    "settings_pool",
]

_CANARIES = frozenset({Excluded.BAD_CANARY, Excluded.CLEAN_CANARY, Excluded.OLD_CANARY})
_LEVELS = {Action.BLOCK: Level.ERROR, Action.QUARANTINE: Level.WARNING, Action.WARN: Level.NOTE}
_NAMED_ROWS = 100


@dataclass(frozen=True)
class GoldenRuling:
    """The checks, and the rows that leave because of them."""

    checks: tuple[Check, ...] = ()
    held: tuple[HeldRow, ...] = ()
    canaries: frozenset[int] = frozenset()  # rows; what is found of them accuses nobody
    digest: str = ""  # of the golden set


def settings_pool(settings: Settings, at: datetime | None = None) -> GoldenPool:
    """The golden set that the settings name.

    Raises
    ------
    UsageError
        They name none.
    """
    if not settings.golden.path:
        raise UsageError(
            "[golden] path: no golden set is named; make one with foretaste golden make"
        )
    trust = load_trust(settings.path(settings.gate.trust))
    return open_pool(settings.path(settings.golden.path), trust, at)


def rule_on_golden(report: Report, settings: Settings, digests: Sequence[bytes]) -> GoldenRuling:
    """Look for golden rows, canaries and sentinels in data that was scanned.

    Parameters
    ----------
    report
        Of the data set, which it holds.
    settings
        Name the golden set and its secret; without one there is nothing to look for.
    digests
        (n,) of the rows, rowhash/v1.
    """
    dataset = report.dataset
    if not settings.golden.path or dataset is None:
        return GoldenRuling()
    pool = settings_pool(settings)
    if (strange := _other_columns(dataset, pool.manifest)) is not None:
        return GoldenRuling((Check("exclusion", Outcome.INCONCLUSIVE, strange),))
    secret = load_secret(settings.path(settings.golden.secret))
    leaks = pool.exclusion(secret).find(dataset)
    found = accused(report, settings.policy)
    checks = [_exclusion(leaks, settings.golden.near)]
    if pool.manifest.canaries is not None:
        fate = fate_of(pool.manifest.canaries, leaks, found)
        checks.append(check_canaries(pool.manifest, fate))
    if pool.manifest.sentinels:
        checks.append(_sentinels(dataset, pool.manifest, secret))
    return GoldenRuling(
        tuple(checks),
        tuple(_held(leak, digests) for leak in leaks if _leaves(leak, settings.golden.near)),
        frozenset(leak.row for leak in leaks if leak.kind in _CANARIES),
        pool.manifest.digest,
    )


def check_canaries(manifest: GoldenManifest, fate: CanaryFate, at: datetime | None = None) -> Check:
    """Were all bad canaries held, and did all canaries arrive in time?"""
    plan = manifest.canaries
    if plan is None:
        return Check("canaries", Outcome.PASS, "none are planted")
    findings = []
    if (stale := plan.stale(manifest.period, at or datetime.now(UTC))) is not None:
        told = f"{stale}; plant new ones with foretaste canary plant"
        findings.append(Finding("canary/stale", Level.ERROR, told, plan.data))
    if fate.missed_bad:
        told = (
            f"{len(fate.missed_bad)} of {plan.bad} bad canaries were not held (such as row "
            f"{fate.missed_bad[0]}): poison like them would have been trained on; nothing that "
            "this gate let pass today can be relied on"
        )
        findings.append(_rows("canary/bypass", Level.ERROR, told, fate.missed_bad))
    if fate.missing:
        told = (
            f"{fate.missing} of {plan.bad + plan.clean} canaries never arrived: rows are dropped, "
            "changed or filtered between their planting and this gate; find out where"
        )
        findings.append(Finding("canary/missing", Level.ERROR, told, plan.data, count=fate.missing))
    if fate.held_clean:
        told = f"{len(fate.held_clean)} of {plan.clean} clean canaries were accused: a false alarm"
        findings.append(_rows("canary/false-alarm", Level.WARNING, told, fate.held_clean))
    errors = [finding for finding in findings if finding.level is Level.ERROR]
    if errors:
        return Check("canaries", Outcome.BLOCKED, errors[0].message, tuple(findings))
    told = (
        f"all {plan.bad} bad canaries were held, {len(fate.held_clean)} of {plan.clean} clean ones"
    )
    return Check("canaries", Outcome.PASS, told, tuple(findings))


def refuse_other_golden(record: GateRecord, settings: Settings, step: str) -> None:
    """The gate must have looked for the rows of the golden set as it is now.

    Raises
    ------
    InvalidProvenanceError
        It looked for those of another, or for none.
    """
    if not settings.golden.path:
        return
    now = settings_pool(settings).manifest
    if record.golden != now.digest:
        raise InvalidProvenanceError(
            f"{step}: the gate {record.run} looked for the rows of another golden set than the one "
            f"of period {now.period} that is there now; run foretaste gate data"
        )


def refuse_excluded(read: Callable[[], Dataset], settings: Settings, step: str) -> None:
    """What is handed to training must hold no row of the exclusion list; needs the secret.

    Where the secret is not at hand, what stands is that the bytes are those of a signed pass.

    Raises
    ------
    BlockedError
        It does; a bad canary among them is a bypass.
    """
    file = settings.path(settings.golden.secret)
    if not settings.golden.path or not file.exists():
        return
    leaks = settings_pool(settings).exclusion(load_secret(file)).find(read(), near=False)
    for kind in (Excluded.BAD_CANARY, Excluded.GOLDEN, *_CANARIES):
        rows = [leak.row for leak in leaks if leak.kind is kind]
        if rows:
            what = "bypass: " if kind is Excluded.BAD_CANARY else ""
            raise BlockedError(
                f"{step}: {what}row {rows[0]} is a {kind} ({len(rows)} in all) and would be "
                "trained on; run foretaste gate data, and find out who put it back"
            )


def _exclusion(leaks: Sequence[Leak], near: Action) -> Check:
    golden = tuple(leak.row for leak in leaks if leak.kind is Excluded.GOLDEN and leak.exact)
    alike = tuple(leak.row for leak in leaks if not leak.exact)
    old = tuple(leak.row for leak in leaks if leak.kind is Excluded.OLD_CANARY)
    findings = []
    if golden:
        told = (
            f"{len(golden)} rows are golden rows (such as row {golden[0]}): a model that learns "
            "them is measured on what it knows by heart; find out who copied them"
        )
        findings.append(_rows("exclusion/golden-row", Level.ERROR, told, golden))
    if alike:
        told = f"{len(alike)} rows are nearly golden rows (such as row {alike[0]})"
        findings.append(_rows("exclusion/near-golden", _LEVELS[near], told, alike))
    if old:
        told = f"{len(old)} canaries of an earlier planting are still there; they leave"
        findings.append(_rows("exclusion/old-canary", Level.WARNING, told, old))
    errors = [finding for finding in findings if finding.level is Level.ERROR]
    if errors:
        return Check("exclusion", Outcome.BLOCKED, errors[0].message, tuple(findings))
    told = findings[0].message if findings else "no golden row is in the data"
    return Check("exclusion", Outcome.PASS, told, tuple(findings))


def _sentinels(dataset: Dataset, manifest: GoldenManifest, secret: Secret) -> Check:
    faults = check_sentinels(dataset, manifest.sentinels, secret)
    findings = tuple(
        Finding(
            f"sentinel/{fault.what}",
            Level.ERROR,
            fault.sentence,
            fault.source,
            () if fault.row is None else (fault.row,),
            1,
        )
        for fault in faults
    )
    if faults:
        return Check("sentinels", Outcome.BLOCKED, faults[0].sentence, findings)
    return Check("sentinels", Outcome.PASS, "every source has delivered the rows that were agreed")


def _leaves(leak: Leak, near: Action) -> bool:
    return leak.exact or near is not Action.WARN


def _held(leak: Leak, digests: Sequence[bytes]) -> HeldRow:
    kind = str(leak.kind) if leak.exact else "nearly a golden row"
    return HeldRow(leak.row, digests[leak.row].hex(), kind, "excluded", "")


def _rows(rule: str, level: Level, told: str, rows: tuple[int, ...]) -> Finding:
    return Finding(rule, level, told, "", rows[:_NAMED_ROWS], len(rows))


def _other_columns(dataset: Dataset, manifest: GoldenManifest) -> str | None:
    """Why rows cannot be compared: a list that can match nothing must not say that all is well."""
    if dataset.modality is not manifest.modality:
        return f"the golden set holds {manifest.modality} rows, the data {dataset.modality} rows"
    if dataset.modality is not Modality.TABLE:
        return None
    ours, theirs = set(dataset.roles.features), set(manifest.columns)
    if ours == theirs:
        return None
    return (
        f"the golden set has other columns than the data ({', '.join(sorted(ours ^ theirs)[:5])}), "
        "so that no row can be looked for; state [data] features, or make the golden set anew"
    )
