"""Near copies of one row: many rows, but one witness.

Copies of a row err alike, so a hundred of them say no more of a label than one does: they are
noticed, told from each other by where they come from, and never held against a data set.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from foretaste.types import Ints, Kind, Scores, View

__all__ = ["campaign_notes"]

LEAST = 20  # copies worth a note
CONSISTENT = 0.9  # share of the copies with one label
SEVERAL = 3  # sources; copies from fewer are a flood
MOST_NOTES = 3


def campaign_notes(view: View, looked: Mapping[str, Scores]) -> tuple[str, ...]:
    """A sentence for each large cluster of near copies with one label, the largest first.

    Parameters
    ----------
    view
        With labels, and sources where there are any.
    looked
        What each detector saw; clusters are candidates without a trigger.
    """
    clusters = [c.rows for s in looked.values() for c in s.candidates if c.trigger is None]
    large = sorted((r for r in clusters if len(r) >= LEAST), key=lambda r: (-len(r), r.tolist()))
    notes = [_note(view, rows) for rows in large]
    return tuple(n for n in notes if n is not None)[:MOST_NOTES]


def _note(view: View, rows: Ints) -> str | None:
    count = np.bincount(view.labels[rows], minlength=len(view.classes))
    label = int(count.argmax())
    if count[label] < CONSISTENT * len(rows):
        return None
    kind, origin = _origin(view, rows)
    return (
        f"{len(rows)} rows are near copies of each other and carry the label "
        f"{view.classes[label]!r}{origin}: a {kind}, which weighs a label far beyond one row; "
        "not held against the data"
    )


def _origin(view: View, rows: Ints) -> tuple[str, str]:
    """A campaign comes from several sources, none with most of the copies; a flood does not."""
    if view.sources is None or len(view.source_names) < SEVERAL:
        return "flood", ""
    count = np.bincount(view.sources[rows], minlength=len(view.source_names))
    if (count > 0).sum() >= SEVERAL and 2 * count.max() <= len(rows):
        return str(Kind.CAMPAIGN), f", from {int((count > 0).sum())} sources"
    return str(Kind.FLOOD), f", most from {view.source_names[int(count.argmax())]!r}"
