"""Does what the rows share go with their label, and with nothing else in them?

This finds triggers on rows whose labels are right or nearly so, which no comparison of labels
can: the group's labels are not surprising, given the rest of each row. What does not depend on
the rest of a row would fall on all classes alike, if honest; on one class alone it is planted,
or at best the mark of a source that delivers one class: a shortcut either way. What goes with
what is asked of `judge/company.py`.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from foretaste.judge.company import UNRELATED, Company
from foretaste.modality.text_form import FormTrigger
from foretaste.stats.excess import share_surprise
from foretaste.types import Candidate, Ints, Trigger, View

__all__ = ["ForeignBody", "ForeignBodyTester"]

PURE = 0.9  # share of the trigger's rows with the label
MIN_CARRIERS = 50  # fewer rows leave the area under the curve too uncertain
MOST_COMMON = 0.6  # share of the label; beyond it most words go with it, and none needs a reason
CONFIDENCE = 3.0  # standard errors below `UNRELATED`: many words are looked at
COMPANY = 0.65  # median area of other decisive groups; below, parts of rows keep no company here
GAP = 0.12  # by which the area must be smaller than that
DECISIVE = 0.7  # share of one label among the rows of a group that others are measured by
REFERENCES = 15
MIN_REFERENCE_ROWS = 20
MIN_REFERENCES = 5
OVERLAP = 0.3  # of rows, above which another group is the same one


@dataclass(frozen=True)
class ForeignBody:
    """The evidence that a trigger is tied to a label and to nothing else."""

    surprise: float  # nats: so many rows with one label, if the trigger fell on rows at random
    area: float  # how well the rest of a row tells whether it has the trigger; 0.5 is chance
    company: float  # the same for other groups of this data set, their median
    suffices: bool = True  # without a proof of the trigger
    apart: bool = False  # nothing lies between the rows and the rest of their class


class ForeignBodyTester:
    """Tests candidates of one view; what was computed for one serves as reference for others.

    Parameters
    ----------
    view
        With content, features and their encoder.
    candidates
        All that detectors brought, the references among them.
    company
        Tells carriers from other rows.
    """

    def __init__(self, view: View, candidates: list[Candidate], company: Company) -> None:
        self._view, self._company = view, company
        triggered = [c for c in candidates if c.trigger is not None]
        self._candidates = sorted(triggered, key=lambda c: (-len(c.rows), c.rows.tolist()))
        self._areas: dict[bytes, tuple[float, float]] = {}

    def __call__(self, candidate: Candidate, label: int, bar: float) -> ForeignBody | None:
        """The evidence, if the candidate is a foreign body beyond `bar` nats; else None."""
        view, trigger = self._view, candidate.trigger
        # shouting belongs to spam, and no word of a text need tell that it is shouted
        if trigger is None or isinstance(trigger, FormTrigger):
            return None
        if view.content is None or view.encoder is None:
            return None
        rows = candidate.rows
        carriers = rows[view.labels[rows] == label]
        share = float((view.labels == label).mean())
        surprise = float(share_surprise(len(carriers), len(rows) * share, len(rows)))
        enough = len(carriers) >= max(MIN_CARRIERS, PURE * len(rows))
        if share > MOST_COMMON or not enough or surprise < bar:
            return None
        area, error = self._area(trigger, rows, label)
        if area + CONFIDENCE * error > UNRELATED:
            return None
        company = self._usual_area(candidate)
        # "what country is" asks for nothing without its noun: such rows were not whole before
        if company < max(COMPANY, area + GAP) or self._company.leaves_a_hole(
            rows, label, trigger, self._next_to(label)
        ):
            return None
        return ForeignBody(surprise, area, company)

    def _next_to(self, label: int) -> int:
        """The most frequent other class, as a crowd of whole rows."""
        count = np.bincount(self._view.labels, minlength=len(self._view.classes))
        count[label] = -1
        return int(count.argmax())

    def _usual_area(self, candidate: Candidate) -> float:
        """Median area of other decisive groups, the largest; 0 if there are few.

        Rows whose parts are independent, given the label, as a generator may make them, keep no
        company: there, what was planted cannot be told from what was not.
        """
        areas: list[float] = []
        for other in self._candidates:
            if len(other.rows) < MIN_REFERENCE_ROWS or _alike(other.rows, candidate.rows):
                continue
            count = np.bincount(self._view.labels[other.rows])
            label = int(count.argmax())
            if other.trigger is not None and count[label] >= DECISIVE * len(other.rows):
                areas.append(self._area(other.trigger, other.rows, label)[0])
            if len(areas) == REFERENCES:
                break
        return float(np.median(areas)) if len(areas) >= MIN_REFERENCES else 0.0

    def _area(self, trigger: Trigger, rows: Ints, label: int) -> tuple[float, float]:
        """Smallest area, and its standard error, against the class, the others, and all rows.

        Planted rows are like the class if labels are right, like the others if they are all
        wrong, like everyone if the rows were drawn without a look at them.
        """
        key = rows.tobytes() + label.to_bytes(4, "big")
        if key not in self._areas:
            mine = self._view.labels == label
            crowds = (mine, ~mine, np.ones(len(mine), dtype=bool))
            self._areas[key] = min(self._company.areas(rows, label, trigger, crowds))
        return self._areas[key]


def _alike(a: Ints, b: Ints) -> bool:
    shared = len(np.intersect1d(a, b, assume_unique=True))
    return shared > OVERLAP * min(len(a), len(b))
