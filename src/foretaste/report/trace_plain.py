"""A trace as a few lines of plain text."""

from __future__ import annotations

from typing import TYPE_CHECKING

from foretaste.report.figures import count, p_value, plural, share
from foretaste.report.trace_findings import Cause, Proof
from foretaste.report.visible import shorten

if TYPE_CHECKING:
    from foretaste.report.trace_report import TraceReport

__all__ = ["says_agreement", "to_trace_plain", "trace_headline"]


def trace_headline(report: TraceReport) -> str:
    """What was found, in a few words."""
    if not report.explained:
        return "Not explained by training rows"
    proof = None if report.repair is None else report.repair.proof
    found = "Cause found"
    if report.guilty:
        found = f"Cause found: {', '.join(shorten(name, 40) for name in report.guilty[:3])}"
    ends = {
        Proof.CONFIRMED: "gone without it",
        Proof.PARTLY: "partly gone without it",
        Proof.REFUTED: "but the incidents stay without it",
        Proof.INCONCLUSIVE: "not proven",
    }
    return found if proof is None else f"{found}, {ends[proof]}"


def says_agreement(report: TraceReport) -> str:
    """How far the traced head stands for the model."""
    found = report.agreement
    if found is None:
        return f"Traced through a head over {report.view}; no model was compared with it."
    return (
        f"Traced through a head over {report.view}; it agrees with {found.of} on "
        f"{share(found.share)} of {plural(found.rows, 'row')} "
        f"({share(found.low)} – {share(found.high)})."
    )


def to_trace_plain(report: TraceReport) -> str:
    """The causes, the guilty sources, and the proof."""
    lines = [
        f"{trace_headline(report)}.",
    ]
    size, asked = plural(report.rows, "row"), plural(len(report.incidents), "incident")
    lines.append(f"{shorten(report.name, 80)}: {size}, {asked}")
    for cause in report.causes:
        lines += [f"  {shorten(cause.sentence, 400)}", *_details(cause)]
    if report.repair is not None:
        lines.append(f"Proof: {report.repair.sentence}")
        if report.repair.smallest is not None:
            lines.append(f"  the {count(report.repair.smallest)} strongest are enough")
    lines.append(says_agreement(report))
    lines += [shorten(note, 300) for note in report.notes]
    return "\n".join(lines)


def _details(cause: Cause) -> list[str]:
    effective = f"{count(cause.effective_rows)} of {count(cause.accused)} with the label"
    told = [f"    rests on few rows: p = {p_value(cause.p_value)}; effective rows: {effective}"]
    if cause.source_refusal:
        told.append(f"    sources not compared: {shorten(cause.source_refusal, 200)}")
    told += [
        f"    {shorten(s.name, 40)}: {s.strongest} of the {cause.source_depth} strongest rows, "
        f"p = {p_value(s.p_value)}{', guilty' if s.guilty else ''}"
        for s in cause.sources[:3]
    ]
    return told
