"""What a candidate must pass to be opened, whichever way it gives itself away.

*By its labels*: the rest of the rows speaks for another label than the one they carry, in every
view, with what they share in place, taken out, and, where rows have parts in company, with all
that is typical of them taken out. *As a foreign body*: labels may be right, but the trigger goes
with its label and with nothing else.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from foretaste.judge.company import Company
from foretaste.judge.foreign_body import ForeignBody, ForeignBodyTester
from foretaste.judge.foreign_pattern import ForeignPatternTester
from foretaste.judge.group_test import GroupTest, GroupTester
from foretaste.judge.peers import decided_by_nature
from foretaste.judge.support import far_from_all
from foretaste.modality import Blankable, Bordered, Change, Without, tools_of
from foretaste.types import Candidate, Ints, Modality, Trigger, View

__all__ = ["LEAST_CARRIERS", "MIN_CARRIERS", "CandidateTester", "label_of", "wanted_of"]

MIN_CARRIERS = 5  # rows with the target label; fewer cannot be told from chance
# one noun decides what a question asks for, one cell what a bill says: five or six rows of a small
# class that share it are common by nature where the rest of a row tells little
LEAST_CARRIERS = {Modality.TABLE: 10, Modality.TEXT: 10, Modality.IMAGE: MIN_CARRIERS}
MIN_AGAINST = 0.5  # nats a row, on average, by which its rest must speak for another label
# the same for texts without the trigger: honest words that decide a label reach 0.96 in parts of
# question sets too small to show their company, planted ones start at 1.37 there
AGAINST_WITHOUT_WORDS = 1.2
AGAINST_WITH_BORDERS = 0.25  # the same for rules: honest ones that no border shuts stay below 0
CLEAR_AGAINST = 1.75  # nats a row above which it does not matter that the trigger has company
PURE = 0.5  # more of a trigger's rows must have the label, or no model would follow it
SPREAD = 0.5  # different values a row above which a range was not set to a value
GOES_ON = 0.25  # of a rule's excess, beside it: structure does not end where a rule ends
GOES_ON_NATS = 7.0  # by which that must be no accident: one side in a thousand by chance
# of a class: a larger group left out would take the class with it. Texts and images with a trigger
# still have the rest of a row that says what it is; few cells may not.
MAX_SHARE = {Modality.TABLE: 0.25, Modality.TEXT: 0.5, Modality.IMAGE: 0.5}


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
        self._seed = int(rng.integers(2**31))
        content = view.content
        self._shared = None if content is None else tools_of(view.modality).fit_shared(content)
        self._company = Company(view, int(rng.integers(2**31)))
        self._foreign = ForeignBodyTester(view, candidates, self._company)
        images = view.modality is Modality.IMAGE
        self._patterns = ForeignPatternTester(view, int(rng.integers(2**31))) if images else None

    def by_labels(self, candidate: Candidate, *, natural_too: bool = False) -> GroupTest | None:
        """The weakest of the tests; None if one fails.

        Near copies without a trigger are one witness, however many: they never open. With
        `natural_too`, groups that may be alike by nature open as well: a proof must follow.
        """
        rows, trigger = candidate.rows, candidate.trigger
        wanted = wanted_of(self._view, candidate)
        if trigger is None or not self._of_a_size(rows, wanted):
            return None
        bar = self._bar + _price(candidate)
        changes: list[Change | None] = [None, trigger]
        if self._shared is not None:
            changes.append(self._shared(rows, trigger))
        tests: list[GroupTest] = []
        for change in changes:
            whole = change is trigger  # then rows are as somebody could have written them
            tests.append(self._groups(rows, wanted, change, bar, whole=whole))
            if tests[-1].surprise < bar:
                return None
        natural = not natural_too and (
            self._structure(candidate, *tests)
            if self._shared is None
            else self._language(tests, trigger)
        )
        return None if natural else _weakest(*tests)

    def _of_a_size(self, rows: Ints, wanted: Ints) -> bool:
        """Whether the group can be told from chance, and left out without its classes."""
        labels, k, modality = self._view.labels, len(self._view.classes), self._view.modality
        carriers = rows[labels[rows] == wanted]
        # images: covers thin a group out
        pure = modality is Modality.IMAGE or len(carriers) > PURE * len(rows)
        if len(carriers) < LEAST_CARRIERS[modality] or not pure:
            return False
        carried, of_class = (np.bincount(c, minlength=k) for c in (labels[carriers], labels))
        return bool((carried <= MAX_SHARE[modality] * of_class).all())

    def _structure(self, candidate: Candidate, plain: GroupTest, bare: GroupTest) -> bool:
        """Whether cells or pixels may be alike by nature.

        Where borders are looked at, the rest of the rows need not speak as clearly; it must where
        a range gathers as many values as rows, for amounts that are small together go with each
        other by nature.
        """
        least = MIN_AGAINST
        trigger: object = candidate.trigger
        if isinstance(trigger, Bordered) and self._view.content is not None:
            spread = trigger.variety(self._view.content) > SPREAD
            least = CLEAR_AGAINST if spread else AGAINST_WITH_BORDERS
        faint = not _contradicts(plain, least) or bare.against <= 0
        return (
            faint
            or self._goes_on(candidate, bare)
            or self._of_its_own(candidate)
            or decided_by_nature(self._view, candidate, bare, self._groups)
            or self._in_company(candidate, bare)
        )

    def _in_company(self, candidate: Candidate, bare: GroupTest) -> bool:
        """Whether the cells beside a rule tell which rows it is about.

        Wives are women, whatever the rest of the row says of them; but they work and earn unlike
        husbands. A planted rule fell on rows that nothing else sets apart from the class they
        were taken from.
        """
        trigger: object = candidate.trigger
        if not isinstance(trigger, Bordered) or candidate.trigger is None:
            return False
        others = bare.probabilities.mean(axis=0)
        others[bare.label] = 0.0
        looks = int(others.argmax())
        return self._company.has_company(candidate.rows, bare.label, candidate.trigger, looks)

    def _of_its_own(self, candidate: Candidate) -> bool:
        """Whether the rows of a rule are a kind of their own, which no other row can speak for."""
        trigger: object = candidate.trigger
        if self._view.modality is not Modality.TABLE or not isinstance(trigger, Bordered):
            return False
        seed = [self._seed, len(candidate.rows), int(candidate.rows[0])]
        return far_from_all(self._view, candidate.rows, trigger, np.random.default_rng(seed))

    def _goes_on(self, candidate: Candidate, bare: GroupTest) -> bool:
        """Whether the excess goes on beyond the trigger's borders: structure, not a mark.

        A range in which a class lives, and which no head is bent enough to follow, has more of
        the label than the rest of its rows explains well beyond its ends, too; around planted
        values labels are what the rest of the rows says.
        """
        view = self._view
        trigger: object = candidate.trigger
        if not isinstance(trigger, Bordered) or view.content is None:
            return False
        excess = (bare.observed - bare.expected) / len(bare.rows)
        sides = [np.sort(r) for r in trigger.beside(view.content) if len(r) >= MIN_CARRIERS]
        tests = (self._groups(rows, bare.label, Without(trigger), GOES_ON_NATS) for rows in sides)
        return any(
            t.surprise >= GOES_ON_NATS and t.observed - t.expected > GOES_ON * excess * len(t.rows)
            for t in tests
        )

    def _language(self, tests: list[GroupTest], trigger: Trigger) -> bool:
        """Whether the trigger belongs to its texts by more than their label.

        The words of "what year" are known from other rows: with the phrase in place the rest
        speaks hardly against its label, or for it.

        "Why" decides what a question asks for, and the rest of the question does not: by labels
        it looks planted. But questions with "why" are worded unlike others, and without it they
        are no questions; where the rest speaks only faintly against the label, that shuts the
        group.
        """
        if self._shared is None:
            return False
        if all(_contradicts(t, CLEAR_AGAINST) for t in tests):
            return False
        # with an odd character in place heads read a spelling that they have never seen
        if isinstance(trigger, Blankable) and not _contradicts(tests[0]):
            return True
        if not all(_contradicts(t, AGAINST_WITHOUT_WORDS) for t in tests[1:]):
            return True
        alone = tests[-1]
        rows, label = alone.rows, alone.label
        others = alone.probabilities.mean(axis=0)
        others[label] = 0.0
        looks = int(others.argmax())
        change = self._shared(rows, trigger)
        return self._company.has_company(rows, label, change, looks) or (
            self._company.leaves_a_hole(rows, label, trigger, looks)
        )

    def as_foreign_body(self, candidate: Candidate) -> ForeignBody | None:
        """The evidence, where rows have parts in company and the trigger has none."""
        label = label_of(self._view, candidate)
        if self._shared is None:
            return None if self._patterns is None else self._patterns(candidate, label, self._bar)
        return self._foreign(candidate, label, self._bar)

    def untested(self, candidate: Candidate) -> GroupTest:
        """What labels say of a group that opens for other reasons."""
        return self._groups(candidate.rows, wanted_of(self._view, candidate))


def wanted_of(view: View, candidate: Candidate) -> Ints:
    """(m,) the class code each row is pushed to, chosen without a look at its own label."""
    if candidate.goals is None or not view.heads:
        return np.full(len(candidate.rows), label_of(view, candidate), dtype=np.int64)
    looks = view.heads[-1].leave_one_out()[candidate.rows].argmax(axis=1)
    return np.asarray(candidate.goals[looks], dtype=np.int64)


def label_of(view: View, candidate: Candidate) -> int:
    """The class code the candidate is pushed to; the most frequent where it does not say."""
    if candidate.label is not None:
        return candidate.label
    return int(np.bincount(view.labels[candidate.rows]).argmax())


def _price(candidate: Candidate) -> float:
    """Nats for goals that were chosen among all labels with the rows' own in view."""
    if candidate.goals is None:
        return 0.0
    return float((candidate.goals >= 0).sum() * np.log(len(candidate.goals)))


def _weakest(*tests: GroupTest) -> GroupTest:
    return replace(
        min(tests, key=lambda t: t.surprise),
        expected=max(t.expected for t in tests),
        against=min(t.against for t in tests),
    )


def _contradicts(test: GroupTest, least: float = MIN_AGAINST) -> bool:
    """Whether a row of the group speaks against its label, by `least` nats on average."""
    return test.against * test.design_effect >= least * max(test.observed, 1)
