"""A drill as a few lines of plain text."""

from __future__ import annotations

from typing import TYPE_CHECKING

from foretaste.report.figures import count, plural
from foretaste.report.trials import Trial
from foretaste.report.visible import shorten

if TYPE_CHECKING:
    from foretaste.report.drill_report import DrillReport

__all__ = ["as_it_is", "drill_headline", "false_alarms", "removal", "to_drill_plain"]


def drill_headline(report: DrillReport) -> str:
    """What the drill says, in a few words."""
    judged = [a for a in report.answers if a.outcome in {"noticed", "from a size on", "missed"}]
    seen = sum(a.from_rows is not None for a in judged)
    if report.blocked:
        return "The data look poisoned before anything is planted"
    if not judged:
        return "No attack that counts here was tried"
    attacks = plural(len(judged), "attack that counts", "attacks that count")
    partly = any(a.outcome == "from a size on" for a in judged)
    return f"You would have noticed {seen} of {attacks}" + ", from some size on" * partly


def as_it_is(report: DrillReport) -> str:
    """What a scan said before anything was planted."""
    if report.blocked:
        return (
            f"Before anything was planted the scan says {report.verdict.value}, with "
            f"{plural(report.flagged, 'row')} flagged: look at that first. "
            "The drill counts only what is flagged on top."
        )
    return (
        f"Before anything was planted the scan says {report.verdict.value}, "
        f"with {plural(report.flagged, 'row')} flagged."
    )


def false_alarms(report: DrillReport) -> str:
    """How many honest look-alikes were accused."""
    if not report.placebos:
        return "False alarms were not measured: no honest look-alike was planted."
    accused = ", ".join(sorted({t.attack for t in report.placebos if t.noticed}))
    told = f" ({accused})" if accused else ""
    return (
        f"False alarms: {report.alarms} of "
        f"{plural(len(report.placebos), 'honest look-alike')} raised one{told}."
    )


def removal(trials: tuple[Trial, ...]) -> str:
    """Whether taking out the flagged rows ends the attacks."""
    worked = [t for t in trials if t.harm is not None and t.harm.works]
    if not worked:
        return "Removal was not measured: no attack did harm, or no victim was trained."
    noticed = [t for t in worked if t.noticed]
    ended = sum(bool(t.harm and t.harm.ended) for t in noticed)
    return (
        f"Removal: of {plural(len(worked), 'trial')} in which a victim came to harm, "
        f"{len(noticed)} were noticed; in {ended} of these the harm ended when the flagged rows "
        "were taken out."
    )


def to_drill_plain(report: DrillReport) -> str:
    """The headline, one sentence an attack, false alarms, removal, and what was left out."""
    used = f", of which {count(report.rows_used)} were drilled"
    lines = [
        f"{drill_headline(report)}.",
        f"{shorten(report.name, 80)}: {plural(report.rows, 'row')}"
        + used * (report.rows_used < report.rows),
        as_it_is(report),
        *(f"  {shorten(answer.sentence, 400)}" for answer in report.answers),
        false_alarms(report),
        removal(report.trials),
    ]
    if not report.complete:
        lines.append(f"Not complete: {len(report.trials)} of {report.planned} trials were run.")
    lines += [f"Note: {shorten(note, 400)}" for note in report.notes]
    return "\n".join(lines)
