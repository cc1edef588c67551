"""The report as a few lines of plain text."""

from __future__ import annotations

from typing import TYPE_CHECKING

from foretaste.report.checks import gaps
from foretaste.report.figures import count, plural, share
from foretaste.report.validation_plain import validation_plain
from foretaste.report.visible import shorten
from foretaste.types import Group, Verdict

if TYPE_CHECKING:
    from foretaste.report.report import Report

__all__ = ["headline", "one_group", "to_plain"]


def headline(report: Report) -> str:
    """What to do, in a few words."""
    if report.verdict is not Verdict.CONFIRMED and _schema_is_worse(report):
        return "The data breaks its schema"
    if report.verdict is Verdict.NOT_ASSESSABLE:
        return "No verdict is possible: this is not a pass"
    if report.verdict is Verdict.CLEAN:
        return "No sign of poison found" if not report.blocked else "Blocked by the policy"
    if report.verdict is Verdict.CONFIRMED:
        return "Poisoned: do not train on this data" if report.blocked else "Poisoned"
    return "Suspect: look before you train" if report.blocked else "Suspect, but allowed"


def _schema_is_worse(report: Report) -> bool:
    """Whether it is the schema that blocks, and not what was found."""
    breaks = report.validation is not None and bool(report.validation.blocking)
    return breaks and report.verdict not in report.policy.block_on


def one_group(group: Group) -> str:
    """What a group is, in a few words, without a full stop."""
    target = f" labelled {shorten(group.target, 40)}" if group.target is not None else ""
    trigger = f", {shorten(group.described, 80)}" if group.described else ""
    return f"{group.kind}, {plural(len(group.rows), 'row')}{target}{trigger}"


def to_plain(report: Report) -> str:
    """The verdict, the groups, the guilty sources, and what was not checked."""
    flagged = int(report.findings.flagged.sum())
    part = share(flagged / report.rows if report.rows else 0.0)
    lines = [
        f"{headline(report)}.",
        shorten(report.judgement.sentence, 600),
        f"{shorten(report.name, 80)}: {count(report.rows)} rows, {count(flagged)} flagged ({part})",
    ]
    lines += [f"  {g.name} [{g.verdict}] {one_group(g)}" for g in report.groups[:10]]
    if len(report.groups) > 10:
        lines.append(f"  ... and {plural(len(report.groups) - 10, 'more group', 'more groups')}")
    guilty = [shorten(s.name, 40) for s in report.sources if s.guilty]
    if guilty:
        more = f" and {len(guilty) - 10} more" if len(guilty) > 10 else ""
        lines.append(f"Guilty sources: {', '.join(guilty[:10])}{more}")
    skipped = [check.detector for check in gaps(report.coverage)]
    if skipped:
        lines.append(f"Did not run: {', '.join(skipped)}")
    if report.validation is not None:
        lines += [f"Schema: {line}" for line in validation_plain(report.validation).splitlines()]
    if report.judgement.blind_spots:
        spots = plural(len(report.judgement.blind_spots), "blind spot")
        lines.append(f"{spots}: see to_html()")
    return "\n".join(lines)
