"""From candidates to opened hypotheses: test, correct for everything considered, merge."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np

from foretaste.judge.foreign_body import ForeignBody, ForeignBodyTester
from foretaste.judge.group_test import GroupTest, GroupTester
from foretaste.types import Candidate, Floats, Modality, Policy, Scores, View

__all__ = ["Hypothesis", "open_hypotheses"]

MIN_CARRIERS = 5  # rows with the target label; fewer cannot be told from chance
MIN_AGAINST = 0.5  # nats a row, on average, by which its rest must speak for another label
MAX_SHARE_OF_CLASS = 0.25  # a larger group left out would take the class with it

# Words come with words. A value of one column may stand alone by nature: a capital gain says
# who is rich, and no other column tells who has it.
IN_COMPANY = frozenset({Modality.TEXT})


@dataclass(frozen=True)
class Hypothesis:
    """A group whose labels its content does not explain."""

    test: GroupTest
    candidate: Candidate
    p_value: float  # family-wise over everything considered
    posterior: Floats  # (m,) probability that the row's label was planted; 0 for other labels
    found_by: tuple[str, ...]
    foreign: ForeignBody | None = None  # where the trigger gave the group away, not the labels


def open_hypotheses(
    view: View, looked: Mapping[str, Scores], policy: Policy, rng: np.random.Generator
) -> list[Hypothesis]:
    """The candidates that stand after correction, disjoint, strongest first.

    A group opens when its family-wise p-value (Chernoff bound, times everything that any
    detector considered) is at most `policy.alpha` in every view, with what it shares in place
    and removed, *and* the rest of the rows speaks for another label. The second condition keeps
    natural groups shut: a word that truly belongs to a class comes with rows of that class.

    A trigger on rows whose labels are right opens nothing in that way; it opens as a foreign
    body, with the same bar, if it goes with its label and with nothing else in its rows.
    """
    considered = max(1, sum(s.considered for s in looked.values()))
    bar = math.log(considered) - math.log(policy.alpha)
    tester = GroupTester(view, rng)
    seed = int(rng.integers(2**31))
    tested: list[tuple[GroupTest, Candidate, str]] = []
    for name, scores in looked.items():
        for candidate in scores.candidates:
            test = _test(tester, view, candidate, bar)
            if test is not None:
                tested.append((test, candidate, name))
    tested.sort(key=lambda t: (-t[0].surprise, t[0].rows.tolist()))
    opened = _disjoint(tester, view, tested, considered, bar)
    return opened + _foreign(tester, view, looked, opened, considered, bar, seed)


def _foreign(
    tester: GroupTester,
    view: View,
    looked: Mapping[str, Scores],
    opened: list[Hypothesis],
    considered: int,
    bar: float,
    seed: int,
) -> list[Hypothesis]:
    """Triggers that are foreign bodies, among rows that no opened group speaks for."""
    if view.modality not in IN_COMPANY:
        return []
    every = [(c, name) for name, scores in looked.items() for c in scores.candidates]
    foreign = ForeignBodyTester(view, [c for c, _ in every], seed)
    found: list[tuple[ForeignBody, Candidate, int, str]] = []
    for candidate, name in every:
        label = _label(view, candidate)
        evidence = foreign(candidate, label, bar)
        if evidence is not None:
            found.append((evidence, candidate, label, name))
    found.sort(key=lambda f: (-f[0].surprise, f[1].rows.tolist()))
    taken = np.zeros(len(view), dtype=bool)
    for h in opened:
        taken[h.test.rows] = True
    added: list[Hypothesis] = []
    for evidence, candidate, label, name in found:
        rows = candidate.rows
        if 2 * int(taken[rows].sum()) > len(rows):
            continue
        taken[rows] = True
        carries = view.labels[rows] == label
        added.append(
            Hypothesis(
                tester(rows, label),
                candidate,
                min(1.0, considered * math.exp(-evidence.surprise)),
                np.where(carries, carries.mean(), 0.0),
                (name,),
                evidence,
            )
        )
    return added


def _label(view: View, candidate: Candidate) -> int:
    if candidate.label is not None:
        return candidate.label
    return int(np.bincount(view.labels[candidate.rows]).argmax())


def _test(tester: GroupTester, view: View, candidate: Candidate, bar: float) -> GroupTest | None:
    """The weaker of the tests with the shared part in place and removed; None if it fails."""
    rows, label = candidate.rows, _label(view, candidate)
    carriers = int((view.labels[rows] == label).sum())
    of_class = int((view.labels == label).sum())
    if carriers < MIN_CARRIERS or carriers > MAX_SHARE_OF_CLASS * of_class:
        return None
    plain = tester(rows, label, bar=bar)
    if plain.surprise < bar or _per_row(plain) < MIN_AGAINST:
        return None
    if candidate.trigger is None:
        return plain
    bare = tester(rows, label, candidate.trigger, bar)
    weaker = min(plain, bare, key=lambda t: t.surprise)
    if weaker.surprise < bar or bare.against <= 0:
        return None
    return replace(
        weaker,
        expected=max(plain.expected, bare.expected),
        against=min(plain.against, bare.against),
    )


def _per_row(test: GroupTest) -> float:
    """Nats of evidence against the label that a row of the group gives on average."""
    return test.against * test.design_effect / max(test.observed, 1)


def _disjoint(
    tester: GroupTester,
    view: View,
    tested: list[tuple[GroupTest, Candidate, str]],
    considered: int,
    bar: float,
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
                opened[holder] = replace(h, found_by=_with(h.found_by, name))
                continue
            rest = _test(tester, view, replace(candidate, rows=free), bar)
            if rest is None:
                continue
            test = rest  # noqa: PLW2901 - the same hypothesis without rows spoken for
        owner[test.rows] = len(opened)
        opened.append(
            Hypothesis(
                test,
                candidate,
                min(1.0, considered * math.exp(-test.surprise)),
                _posterior(test, view),
                (name,),
            )
        )
    return opened


def _with(names: tuple[str, ...], name: str) -> tuple[str, ...]:
    return names if name in names else (*names, name)


def _posterior(test: GroupTest, view: View) -> Floats:
    """π / (π + (1 - π) p_c) for rows with the label, π the share that is not explained."""
    planted = max(0.0, 1.0 - test.expected / max(test.observed, 1))
    explained = (1.0 - planted) * test.probabilities[:, test.label]
    carries = view.labels[test.rows] == test.label
    return np.where(carries, planted / np.maximum(planted + explained, 1e-12), 0.0)
