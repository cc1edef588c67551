"""From candidates to opened hypotheses: test, correct for everything considered, merge."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np

from foretaste.judge.candidate_test import MIN_CARRIERS, CandidateTester
from foretaste.judge.foreign_body import ForeignBody
from foretaste.judge.group_test import GroupTest
from foretaste.modality import Bent
from foretaste.types import Candidate, Floats, Ints, Policy, Scores, View

__all__ = ["FORMS", "Hypothesis", "open_hypotheses", "planted_share"]

FORMS = 3  # other triggers of a group that are kept, at most
ONE_CLASS = 0.8  # share of planted rows that look alike, above which only these are attacked


@dataclass(frozen=True)
class Hypothesis:
    """A group whose labels its content does not explain."""

    test: GroupTest
    candidate: Candidate
    p_value: float  # family-wise over everything considered
    posterior: Floats  # (m,) probability that the row's label was planted; 0 for other labels
    found_by: tuple[str, ...]
    foreign: ForeignBody | None = None  # where the trigger gave the group away, not the labels
    faint: bool = False  # whether the rest of the rows speaks for their label, too
    forms: tuple[Candidate, ...] = ()  # other triggers by which most of the rows were found

    @property
    def needs_proof(self) -> bool:
        """Whether nothing is to be said of the group unless its trigger is proven."""
        return self.faint or (self.foreign is not None and not self.foreign.suffices)

    @property
    def label(self) -> int | None:
        """The class code all rows are pushed to; None where each class has its own goal."""
        return None if self.candidate.goals is not None else int(self.test.wanted[0])

    def goals(self, n_classes: int) -> Ints:
        """(k,) what the trigger makes of a row of each class; -1 for classes it is not meant for.

        It is meant for one class only where nearly all planted rows look like that one.
        """
        if self.candidate.goals is not None:
            return self.candidate.goals
        label = int(self.test.wanted[0])
        goals = np.full(n_classes, label)
        looks = self.test.probabilities[self.posterior > 0].copy()
        looks[:, label] = 0.0
        count = np.bincount(looks.argmax(axis=1), minlength=n_classes)
        goals[label] = -1
        if self.foreign is None and count.max() >= ONE_CLASS * count.sum():
            goals[np.arange(n_classes) != count.argmax()] = -1
        return goals


def open_hypotheses(
    view: View, looked: Mapping[str, Scores], policy: Policy, rng: np.random.Generator
) -> list[Hypothesis]:
    """The candidates that stand after correction, disjoint, strongest first.

    A group opens when its family-wise p-value (Chernoff bound, times everything that any
    detector considered) is at most `policy.alpha` in all that `CandidateTester` asks for, by its
    labels; among the rows that are left, as a foreign body. Those that need a proof may overlap.
    """
    considered = max(1, sum(s.considered for s in looked.values()))
    bar = math.log(considered) - math.log(policy.alpha)
    every = [(c, name) for name, scores in looked.items() for c in scores.candidates]
    tester = CandidateTester(view, [c for c, _ in every], bar, rng)
    tested: list[tuple[GroupTest, Candidate, str]] = []
    for candidate, name in every:
        test = tester.by_labels(candidate)
        if test is not None:
            tested.append((test, candidate, name))
    tested.sort(key=lambda t: (-t[0].surprise, t[0].rows.tolist()))
    opened = _disjoint(tester, view, tested, considered)
    foreign = _foreign(tester, view, every, opened, considered)
    return opened + _faint(tester, view, every, opened, considered) + foreign


def _disjoint(
    tester: CandidateTester,
    view: View,
    tested: list[tuple[GroupTest, Candidate, str]],
    considered: int,
) -> list[Hypothesis]:
    """Greedy: each row belongs to the strongest hypothesis; what is left must stand alone."""
    owner = np.full(len(view), -1)
    opened: list[Hypothesis] = []
    for test, candidate, name in tested:
        rows = test.rows
        free = rows[owner[rows] < 0]
        if len(free) < len(rows):
            holder = int(np.bincount(owner[rows][owner[rows] >= 0]).argmax())
            if 2 * len(free) < len(rows) or len(free) < MIN_CARRIERS:
                h = opened[holder]
                forms = (*h.forms, candidate) if _is_form(h, candidate) else h.forms
                opened[holder] = replace(h, found_by=_with(h.found_by, name), forms=forms)
                continue
            rest = tester.by_labels(replace(candidate, rows=free))
            if rest is None:
                continue
            test = rest  # noqa: PLW2901 - the same hypothesis without rows spoken for
        owner[test.rows] = len(opened)
        opened.append(
            Hypothesis(
                test,
                candidate,
                min(1.0, considered * math.exp(-test.surprise)),
                _posterior(test, candidate, view),
                (name,),
            )
        )
    return opened


def _is_form(h: Hypothesis, candidate: Candidate) -> bool:
    """Whether the candidate is most of the group, seen another way."""
    if len(h.forms) == FORMS or candidate.label != h.candidate.label:
        return False
    return 2 * len(np.intersect1d(candidate.rows, h.test.rows)) > len(h.test.rows)


def _faint(
    tester: CandidateTester,
    view: View,
    every: list[tuple[Candidate, str]],
    opened: list[Hypothesis],
    considered: int,
) -> list[Hypothesis]:
    """Warps whose rows do not speak against their label; a proof must follow.

    Which rows are bent is seen dimly. Those that are missed stay with the models, and teach them
    that bent images have the label.
    """
    taken = np.zeros(len(view), dtype=bool)
    for h in opened:
        taken[h.test.rows] = True
    added: list[Hypothesis] = []
    for candidate, name in every:
        rows = candidate.rows
        trigger: object = candidate.trigger
        if not isinstance(trigger, Bent) or 2 * int(taken[rows].sum()) > len(rows):
            continue
        test = tester.by_labels(candidate, natural_too=True)
        if test is not None:
            p_value = min(1.0, considered * math.exp(-test.surprise))
            share = _posterior(test, candidate, view)
            added.append(Hypothesis(test, candidate, p_value, share, (name,), faint=True))
    return sorted(added, key=lambda h: (-h.test.surprise, h.test.rows.tolist()))


def _foreign(
    tester: CandidateTester,
    view: View,
    every: list[tuple[Candidate, str]],
    opened: list[Hypothesis],
    considered: int,
) -> list[Hypothesis]:
    """Triggers that are foreign bodies, most of whose rows no opened group speaks for."""
    asked = [(tester.as_foreign_body(c), c, name) for c, name in every]
    found = [(e, c, name) for e, c, name in asked if e is not None]
    found.sort(key=lambda f: (-f[0].surprise, f[1].rows.tolist()))
    taken = np.zeros(len(view), dtype=bool)
    for h in opened:
        taken[h.test.rows] = True
    added: list[Hypothesis] = []
    for evidence, candidate, name in found:
        rows = candidate.rows
        if 2 * int(taken[rows].sum()) > len(rows):
            continue
        if evidence.suffices:  # else it stands only if its trigger is proven; others may be, too
            taken[rows] = True
        test = tester.untested(candidate)
        p_value = min(1.0, considered * math.exp(-evidence.surprise))
        carries = view.labels[rows] == test.wanted
        share = np.where(carries, carries.mean(), 0.0)
        added.append(Hypothesis(test, candidate, p_value, share, (name,), evidence))
    return added


def _with(names: tuple[str, ...], name: str) -> tuple[str, ...]:
    return names if name in names else (*names, name)


def planted_share(test: GroupTest) -> float:
    """The share of planted rows in a group, most likely.

    Each row without the label stands for 1 / (1 - p) rows that nobody touched, p the share of
    them that has the label by nature; what these do not make up was planted.
    """
    size = len(test.rows)
    by_nature = min(test.expected / size, 1.0 - 1e-9)
    untouched = (size - test.observed) / (1.0 - by_nature)
    return max(0.0, 1.0 - untouched / size)


def _posterior(test: GroupTest, candidate: Candidate, view: View) -> Floats:
    """ω q / (ω q + (1 - ω) p) for rows with a label that the group is pushed to.

    ω is the share of planted rows, p what the rest of the row gives to its label, and q to the
    classes whose rows would get it: one, where all classes are pushed to one label.
    """
    planted = planted_share(test)
    labels, p = view.labels[test.rows], test.probabilities
    explained = (1.0 - planted) * p[np.arange(len(labels)), labels]
    if candidate.goals is None:
        pushed = np.where(labels == test.wanted, planted, 0.0)
    else:
        # a class whose goal is not known may be pushed to any other
        unknown = p[:, candidate.goals < 0].sum(axis=1) / (p.shape[1] - 1)
        pushed = planted * ((p * (candidate.goals == labels[:, None])).sum(axis=1) + unknown)
    return np.asarray(pushed / np.maximum(pushed + explained, 1e-12))
