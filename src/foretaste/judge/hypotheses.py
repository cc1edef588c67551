"""From candidates to opened hypotheses: test, correct for everything considered, merge."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np

from foretaste.judge.candidate_test import MIN_CARRIERS, CandidateTester
from foretaste.judge.foreign_body import ForeignBody
from foretaste.judge.group_test import GroupTest
from foretaste.types import Candidate, Floats, Policy, Scores, View

__all__ = ["Hypothesis", "open_hypotheses", "planted_share"]


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
    detector considered) is at most `policy.alpha` in all that `CandidateTester` asks for, by its
    labels; among the rows that are left, as a foreign body.
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
    return opened + _foreign(tester, view, every, opened, considered)


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
                opened[holder] = replace(h, found_by=_with(h.found_by, name))
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
                _posterior(test, view),
                (name,),
            )
        )
    return opened


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
        taken[rows] = True
        test = tester.untested(candidate)
        p_value = min(1.0, considered * math.exp(-evidence.surprise))
        carries = view.labels[rows] == test.label
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


def _posterior(test: GroupTest, view: View) -> Floats:
    """ω / (ω + (1 - ω) p_c) for rows with the label, ω the share of planted rows."""
    planted = planted_share(test)
    explained = (1.0 - planted) * test.probabilities[:, test.label]
    carries = view.labels[test.rows] == test.label
    return np.where(carries, planted / np.maximum(planted + explained, 1e-12), 0.0)
