"""What a candidate must pass to be opened, whichever way it gives itself away.

*By its labels*: the rest of the rows speaks for another label than the one they carry, in every
view, with what they share in place, taken out, and, where rows have parts in company, with all
that is typical of them taken out. *As a foreign body*: labels may be right, but the trigger goes
with its label and with nothing else.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from foretaste.judge.foreign_body import ForeignBody, ForeignBodyTester
from foretaste.judge.group_test import GroupTest, GroupTester
from foretaste.modality import Bordered, Change, tools_of
from foretaste.types import Candidate, Modality, View

__all__ = ["MIN_CARRIERS", "CandidateTester", "label_of"]

MIN_CARRIERS = 5  # rows with the target label; fewer cannot be told from chance
MIN_AGAINST = 0.5  # nats a row, on average, by which its rest must speak for another label
CLEAR_AGAINST = 1.75  # nats a row above which it does not matter that the trigger has company
MAX_SHARE_OF_CLASS = 0.25  # a larger group left out would take the class with it
MAX_SHARE_OF_PIXELS = 0.5  # images with a trigger: the rest of a class still says what it is


class CandidateTester:
    """Tests the candidates of one view against one bar.

    Parameters
    ----------
    view
        All parts.
    candidates
        All of them; they are references for each other.
    bar
        Nats that the least surprised test must reach.
    rng
        For pairs of rows and for crowds.
    """

    def __init__(
        self, view: View, candidates: list[Candidate], bar: float, rng: np.random.Generator
    ) -> None:
        self._view, self._bar = view, bar
        self._groups = GroupTester(view, rng)
        content = view.content
        self._shared = None if content is None else tools_of(view.modality).fit_shared(content)
        self._foreign = ForeignBodyTester(view, candidates, int(rng.integers(2**31)))

    def by_labels(self, candidate: Candidate) -> GroupTest | None:
        """The weakest of the tests; None if one fails."""
        view, rows, label = self._view, candidate.rows, label_of(self._view, candidate)
        carriers = int((view.labels[rows] == label).sum())
        of_class = int((view.labels == label).sum())
        pixels = view.modality is Modality.IMAGE and candidate.trigger is not None
        most = MAX_SHARE_OF_PIXELS if pixels else MAX_SHARE_OF_CLASS
        if carriers < MIN_CARRIERS or carriers > most * of_class:
            return None
        plain = self._groups(rows, label, bar=self._bar)
        trigger = candidate.trigger
        if plain.surprise < self._bar or trigger is None:
            return plain if plain.surprise >= self._bar and _contradicts(plain) else None
        bare = self._groups(rows, label, trigger, self._bar, whole=True)
        if bare.surprise < self._bar:
            return None
        if self._shared is None:
            natural = not _contradicts(plain) or bare.against <= 0 or self._goes_on(candidate, bare)
            return None if natural else _weakest(plain, bare)
        alone = self._alone(self._shared(rows, trigger), candidate, label)
        return None if alone is None else _weakest(plain, bare, alone)

    def _goes_on(self, candidate: Candidate, bare: GroupTest) -> bool:
        """Whether the label goes on beyond the trigger's borders: structure, not a mark.

        A range in which a class lives, and which no head is bent enough to follow, has the label
        well beyond its ends; around planted values the label is what it is elsewhere.
        """
        view = self._view
        trigger: object = candidate.trigger
        if not isinstance(trigger, Bordered) or view.content is None:
            return False
        size = len(candidate.rows)
        halfway = (bare.observed + bare.expected) / (2 * size)
        sides = [r for r in trigger.beside(view.content) if 2 * len(r) >= size]
        return any(float((view.labels[r] == bare.label).mean()) > halfway for r in sides)

    def _alone(self, change: Change, candidate: Candidate, label: int) -> GroupTest | None:
        """With all that is typical of the rows taken out, what is left must still contradict.

        "Why" decides what a question asks for, and the rest of the question does not: by labels
        it looks planted. But questions with "why" are worded unlike others; where the rest
        speaks only faintly against the label, such company shuts the group.
        """
        alone = self._groups(candidate.rows, label, change, self._bar)
        if alone.surprise < self._bar or not _contradicts(alone):
            return None
        others = alone.probabilities.mean(axis=0)
        others[label] = 0.0
        natural = self._foreign.has_company(candidate.rows, label, change, int(others.argmax()))
        return None if natural and not _contradicts(alone, CLEAR_AGAINST) else alone

    def as_foreign_body(self, candidate: Candidate) -> ForeignBody | None:
        """The evidence, where rows have parts in company and the trigger has none."""
        if self._shared is None:
            return None
        return self._foreign(candidate, label_of(self._view, candidate), self._bar)

    def untested(self, candidate: Candidate) -> GroupTest:
        """What labels say of a group that opens for other reasons."""
        return self._groups(candidate.rows, label_of(self._view, candidate))


def label_of(view: View, candidate: Candidate) -> int:
    """The class code the candidate is pushed to; the most frequent where it does not say."""
    if candidate.label is not None:
        return candidate.label
    return int(np.bincount(view.labels[candidate.rows]).argmax())


def _weakest(*tests: GroupTest) -> GroupTest:
    return replace(
        min(tests, key=lambda t: t.surprise),
        expected=max(t.expected for t in tests),
        against=min(t.against for t in tests),
    )


def _contradicts(test: GroupTest, least: float = MIN_AGAINST) -> bool:
    """Whether a row of the group speaks against its label, by `least` nats on average."""
    return test.against * test.design_effect >= least * max(test.observed, 1)
