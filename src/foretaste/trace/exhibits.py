"""Incidents beside the rows that caused them, with what they share marked."""

from __future__ import annotations

from dataclasses import replace

from foretaste.influence.fingerprint import Fingerprint
from foretaste.report.trace_findings import Cause, Incident
from foretaste.trace.incidents import Asked
from foretaste.trace.occlusion import Marks, find_marks
from foretaste.types import Bools, Content, Exhibit, Modality

__all__ = ["show_causes", "show_incidents"]

SHOWN_ROWS, SHOWN_TABLE_ROWS = 6, 3
SHOWN_INCIDENTS = 2


def show_causes(
    causes: tuple[Cause, ...], prints: Fingerprint, asked: Asked, content: Content | None
) -> tuple[Cause, ...]:
    """The causes with their strongest rows drawn; as they are, where the data are not at hand."""
    if content is None:
        return causes
    return tuple(
        replace(cause, exhibits=_exhibits(cause, content, find_marks(prints, asked, cause)))
        for cause in causes
    )


def _exhibits(cause: Cause, content: Content, marks: Marks) -> tuple[Exhibit, ...]:
    most = SHOWN_TABLE_ROWS if content.modality is Modality.TABLE else SHOWN_ROWS
    return tuple(
        Exhibit(row.row, row.id, row.label, row.source, marks.render(content, row.row))
        for row in cause.rows[:most]
    )


def show_incidents(
    causes: tuple[Cause, ...], prints: Fingerprint, asked: Asked, reproduced: Bools
) -> tuple[Incident, ...]:
    """Every incident; the first of each cause drawn, with what weighs most marked."""
    shown = {}
    for cause in causes:
        marks = find_marks(prints, asked, cause)
        for at in cause.incidents[:SHOWN_INCIDENTS]:
            shown[at] = marks.render(asked.content, at)
    return tuple(
        Incident(
            row=at,
            said=prints.classes[asked.said[at]],
            expected=prints.classes[asked.expected[at]],
            reproduced=bool(reproduced[at]),
            shown=shown.get(at),
        )
        for at in range(len(asked))
    )
