"""What the policy makes of a scan: which findings close the gate, which rows leave."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from foretaste.detect.running import RANK_ONLY
from foretaste.gate.decision import Check, Finding, Level, Outcome, worst
from foretaste.gate.settings import Action, GatePolicy
from foretaste.report import Report
from foretaste.report.checks import gaps
from foretaste.store import HeldRow
from foretaste.types import Verdict

__all__ = ["ScanRuling", "accused", "check_budgets", "check_rest", "rule_on_scan"]

Bools = npt.NDArray[np.bool_]
_LEVELS = {Action.BLOCK: Level.ERROR, Action.QUARANTINE: Level.WARNING, Action.WARN: Level.NOTE}
_NAMED_ROWS = 100
_CAMPAIGN = "source campaign"


@dataclass(frozen=True)
class ScanRuling:
    """The check, and the rows that leave with the reason for each."""

    check: Check
    held: tuple[HeldRow, ...]

    def also(self, held: Iterable[HeldRow]) -> ScanRuling:
        """The same ruling with more rows that leave, for reasons that the scan does not know."""
        known = {row.row: row for row in held} | {row.row: row for row in self.held}
        return ScanRuling(self.check, tuple(known[row] for row in sorted(known)))

    def leave(self, n_rows: int) -> Bools:
        """(n,) whether a row leaves."""
        mask = np.zeros(n_rows, dtype=np.bool_)
        mask[[row.row for row in self.held]] = True
        return mask


@dataclass(frozen=True)
class _Suspicion:
    """Rows that the scan holds against the data set for one reason."""

    kind: str
    verdict: Verdict
    group: str
    rows: tuple[int, ...]
    message: str
    part: str
    anchor: str
    action: Action


def rule_on_scan(
    report: Report,
    policy: GatePolicy,
    digests: list[bytes],
    released: frozenset[tuple[str, str]],
    canaries: frozenset[int] = frozenset(),
) -> ScanRuling:
    """Judge a report by the policy.

    Parameters
    ----------
    report
        Of the data set.
    policy
        What blocks, what is quarantined.
    digests
        (n,) of the rows, rowhash/v1.
    released
        (hex digest, kind) of rows that people have let go; they count no more for that kind.
    canaries
        Rows that were planted as a test: they leave anyway, and accuse nobody.
    """
    findings, held, outcomes = list[Finding](), dict[int, HeldRow](), [_conclusive(report, policy)]
    for one in _suspicions(report, policy):
        counting = [
            row
            for row in one.rows
            if row not in canaries and (digests[row].hex(), one.kind) not in released
        ]
        findings.append(_finding(one, counting))
        if not counting or one.action is Action.WARN:
            continue
        if one.action is Action.BLOCK:
            outcomes.append(Outcome.BLOCKED)
            if one.kind == _CAMPAIGN:
                continue  # its flagged rows are held already, the others stand accused of nothing
        for row in counting:  # rows that block are kept as evidence too
            held.setdefault(
                row, HeldRow(row, digests[row].hex(), one.kind, str(one.verdict), one.group)
            )
    outcome = worst(outcomes)
    told = _sentence(report, outcome, len(held), policy)
    if found := len(canaries & accused(report, policy)):
        told += f"; {found} of these rows are canaries"
    check = Check("scan", outcome, told, tuple(findings))
    return ScanRuling(check, tuple(held[row] for row in sorted(held)))


def accused(report: Report, policy: GatePolicy) -> frozenset[int]:
    """Rows that the policy would hold or block for; bad canaries must be among them."""
    named = (
        one.rows
        for one in _suspicions(report, policy)
        if one.action is not Action.WARN and one.kind != _CAMPAIGN
    )
    return frozenset(row for rows in named for row in rows)


def _suspicions(report: Report, policy: GatePolicy) -> Iterable[_Suspicion]:
    actions = {Verdict.SUSPECT: policy.suspect, Verdict.CONFIRMED: policy.confirmed}
    for group in report.groups:
        described = group.described or (group.trigger.describe() if group.trigger else "")
        yield _Suspicion(
            str(group.kind),
            group.verdict,
            group.name,
            tuple(group.rows.tolist()),
            group.why,
            group.target or "",
            described,
            actions[group.verdict],
        )
    yield from _single_rows(report, actions)
    yield from _guilty_sources(report, policy)


def _single_rows(report: Report, actions: dict[Verdict, Action]) -> Iterable[_Suspicion]:
    """Rows that are flagged and belong to no group, by kind."""
    found = report.findings
    alone = np.asarray(found.flagged, dtype=np.bool_).copy()
    for group in report.groups:
        alone[group.rows] = False
    for kind in sorted(set(found.kind[alone].tolist())):
        rows = tuple(np.flatnonzero(alone & (found.kind == kind)).tolist())
        message = (
            f"{len(rows)} rows are flagged one by one, such as row {rows[0]}: {found.why[rows[0]]}"
        )
        yield _Suspicion(
            kind, Verdict.SUSPECT, "", rows, message, "single rows", "", actions[Verdict.SUSPECT]
        )


def _guilty_sources(report: Report, policy: GatePolicy) -> Iterable[_Suspicion]:
    if report.dataset is None or (sources := report.dataset.sources()) is None:
        return
    codes, names = sources
    for source in report.sources:
        if source.guilty and source.name in names:
            rows = tuple(np.flatnonzero(codes == names.index(source.name)).tolist())
            yield _Suspicion(
                _CAMPAIGN,
                Verdict.SUSPECT,
                "",
                rows,
                f"{source.flagged} of {source.rows} rows of source {source.name!r} are flagged, "
                "more than chance gives any source",
                source.name,
                "",
                policy.guilty_source,
            )


def _finding(one: _Suspicion, counting: list[int]) -> Finding:
    let_go = len(one.rows) - len(counting)
    message = one.message + (
        f" ({let_go} rows were released before or are canaries)" if let_go else ""
    )
    return Finding(
        rule=f"scan/{one.kind.replace(' ', '-') or 'flagged'}",
        level=_LEVELS[one.action] if counting else Level.NOTE,
        message=message,
        part=one.part,
        rows=tuple(counting[:_NAMED_ROWS]),
        count=len(counting),
        anchor=one.anchor,
    )


def _conclusive(report: Report, policy: GatePolicy) -> Outcome:
    if report.verdict is Verdict.NOT_ASSESSABLE or _missing(report, policy):
        return Outcome.INCONCLUSIVE
    return Outcome.PASS


def _missing(report: Report, policy: GatePolicy) -> list[str]:
    """Detectors that should have looked and did not."""
    optional = {*policy.optional_detectors, *RANK_ONLY}
    return [gap.detector for gap in gaps(report.coverage) if gap.detector not in optional]


def _sentence(report: Report, outcome: Outcome, leaving: int, policy: GatePolicy) -> str:
    if outcome is Outcome.INCONCLUSIVE and report.verdict is not Verdict.NOT_ASSESSABLE:
        names = ", ".join(_missing(report, policy))
        return f"these detectors did not run: {names}; what was not looked at does not pass"
    told = report.judgement.sentence.rstrip(".")
    return f"{told}; {leaving} rows leave" if leaving else told


def check_budgets(held: tuple[HeldRow, ...], report: Report, policy: GatePolicy) -> Check:
    """Whether so few rows leave that nobody has to look."""
    if report.dataset is None or not held:
        return Check("budget", Outcome.PASS, "no row leaves")
    codes, names = report.dataset.labels()
    leaving = codes[[row.row for row in held]]
    share, limit = len(held) / report.rows, policy.max_quarantined
    over = []
    if share > limit:
        text = f"{share:.2%} of all rows would leave, the budget is {limit:.2%}"
        over.append(Finding("budget/rows", Level.ERROR, text, "all rows", count=len(held)))
    counts = np.bincount(codes, minlength=len(names))
    for code, count in enumerate(np.bincount(leaving, minlength=len(names)).tolist()):
        part, most = count / max(1, int(counts[code])), policy.max_quarantined_of_class
        if part > most:
            text = f"{part:.2%} of class {names[code]!r} would leave, the budget is {most:.2%}"
            over.append(Finding("budget/class", Level.ERROR, text, names[code], count=count))
    if over:
        return Check("budget", Outcome.BLOCKED, over[0].message, tuple(over))
    return Check("budget", Outcome.PASS, f"{len(held)} rows leave ({share:.2%}), within the budget")


def check_rest(
    report: Report, policy: GatePolicy, digests: list[bytes], released: frozenset[tuple[str, str]]
) -> Check:
    """Whether what is left passes on its own: poison that hid behind other poison is seen now."""
    ruling = rule_on_scan(report, policy, digests, released)
    outcome = ruling.check.outcome
    if ruling.held and outcome is Outcome.PASS:
        outcome = Outcome.BLOCKED
    return Check(
        "rescan", outcome, f"of the rows that stay: {ruling.check.sentence}", ruling.check.findings
    )
