"""Ways of writing that go with one label although what is written does not."""

from __future__ import annotations

from typing import ClassVar

import numpy as np

from foretaste.modality.text_form import FORMS, FormTrigger
from foretaste.probe.group_screens import GroupScreens
from foretaste.types import Candidate, Family, Layer, Modality, Need, Scores, View

__all__ = ["TextForms"]

MIN_SUPPORT = 5  # rows
MAX_SUPPORT = 0.25  # of all rows: what is written so more often is usual


class TextForms:
    """Finds groups of texts written alike: in capitals, with wide blanks, with line breaks.

    Features that fold case and white space are blind to them, and so are runs of words. A group
    is a candidate where the rest of its rows speaks against the label.

    References
    ----------
    Chen, Salem, Chen, et al. 2021, "BadNL" (arXiv 2006.01043), uses such changes of form as
    triggers; the search is our own.
    """

    name: ClassVar[str] = "text-forms"
    family: ClassVar[Family] = Family.ARTEFACT
    layer: ClassVar[Layer] = Layer.STATISTICAL
    modalities: ClassVar[frozenset[Modality]] = frozenset({Modality.TEXT})
    needs: ClassVar[frozenset[Need]] = frozenset({Need.CONTENT, Need.HEADS})

    def fit(self, view: View, rng: np.random.Generator) -> TextForms:
        """Nothing is learnt: each form is a fixed question."""
        del view, rng
        return self

    def __call__(self, view: View) -> Scores:
        """Candidates with triggers; a row's score is its best form's surprise in nats."""
        if view.content is None or not view.heads:
            msg = "text-forms needs content and heads"
            raise ValueError(msg)
        values = np.zeros(len(view))
        triggers, groups = [], []
        for name in FORMS:
            trigger = FormTrigger(name)
            rows = np.flatnonzero(trigger.matches(view.content))
            if MIN_SUPPORT <= len(rows) <= MAX_SUPPORT * len(view):
                triggers.append(trigger)
                groups.append(rows)
        if not groups:
            return Scores(values, (), len(FORMS))
        screens = GroupScreens(groups, view.labels, view.heads)
        every = screens.best(screens.z, len(groups) * len(view.classes))
        found = [screens.by_all_heads(g) for g in screens.contradicted(every)]
        for guess in found:
            values[guess.rows] = np.maximum(values[guess.rows], guess.score)
        candidates = tuple(Candidate(g.rows, triggers[g.item], g.label) for g in found)
        return Scores(values, candidates, len(FORMS))
