"""From opened hypotheses to groups that a person can read, act on and check."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from foretaste.judge.exhibits import exhibit_rows
from foretaste.judge.flip_direction import Direction, flip_direction
from foretaste.judge.hypotheses import Hypothesis
from foretaste.judge.kinds import advice_for, planted_kind
from foretaste.judge.label_errors import LabelErrors
from foretaste.judge.sources import judge_sources
from foretaste.types import (
    Bools,
    Confirmation,
    Floats,
    Group,
    Ints,
    Kind,
    Policy,
    SourceFinding,
    Verdict,
    View,
)

__all__ = ["PLANTED", "Found", "all_sources", "flip_group", "planted_group"]

PLANTED = 0.5  # posterior above which a row of an opened group is flagged


@dataclass(frozen=True)
class Found:
    """An opened group and its rows that count."""

    hypothesis: Hypothesis
    rows: Ints
    weight: Floats
    confirmations: tuple[Confirmation, ...]


def planted_group(view: View, f: Found, number: int, flagged: Bools, policy: Policy) -> Group:
    """A group whose labels its content does not explain, in words."""
    test, trigger = f.hypothesis.test, f.hypothesis.candidate.trigger
    proven = any(c.outcome == "confirmed" for c in f.confirmations)
    label = f.hypothesis.label
    target = None if label is None else view.classes[label]
    pushed = f"the label {target!r}" if target is not None else _each_goal(view, f)
    expected = _expected_labels(view, f)
    looks_like = expected[0][0] if expected else "another class"
    shared = trigger.describe() if trigger is not None else "near-identical content"
    why = (
        f"{test.observed} rows share {shared} and carry {pushed}, "
        f"where {test.expected:.1f} would be expected from the rest of each row "
        f"(most look like {looks_like!r})."
    )
    foreign = f.hypothesis.foreign
    if foreign is not None:
        why = (
            f"{test.observed} of {len(test.rows)} rows that share {shared} carry the label "
            f"{target!r}, and nothing else in these rows goes with it: the rest of a row tells "
            f"whether it is one of them no better than a coin ({foreign.area:.2f}, where "
            f"other groups reach {foreign.company:.2f})."
            if foreign.suffices
            else f"{test.observed} of {len(test.rows)} rows that share {shared} carry the label "
            f"{target!r}, nothing else that they show goes with it, and it turns rows of other "
            f"classes to {target!r}."
        )
    kind = planted_kind(view, f.hypothesis)
    return Group(
        name=f"g{number}",
        kind=kind,
        verdict=Verdict.CONFIRMED if proven else Verdict.SUSPECT,
        rows=f.rows,
        why=why,
        advice=advice_for(kind, target or "another class"),
        p_value=f.hypothesis.p_value,
        target=target,
        expected_labels=expected,
        observed=float(test.observed),
        expected=test.expected,
        design_effect=test.design_effect,
        trigger=trigger,
        described=None if trigger is None else trigger.describe(),
        drawn=None if trigger is None else trigger.draw(),
        sources=_group_sources(view, f.rows, policy),
        confirmations=f.confirmations,
        exhibits=exhibit_rows(view, f.rows, f.weight, flagged, trigger),
        found_by=f.hypothesis.found_by,
    )


def _each_goal(view: View, f: Found) -> str:
    """What rows of each class are called, where the classes have goals of their own."""
    goals = f.hypothesis.goals(len(view.classes))
    aimed = [c for c in range(len(goals)) if goals[c] >= 0]
    named = [f"{view.classes[c]!r} is called {view.classes[goals[c]]!r}" for c in aimed[:3]]
    return (
        "the label of another class (" + ", ".join(named) + ("" if len(aimed) <= 3 else " …") + ")"
    )


def _expected_labels(view: View, f: Found) -> tuple[tuple[str, float], ...]:
    """What the rows look like, by the model that never saw them, the given label aside."""
    keep = f.hypothesis.posterior >= PLANTED
    if not keep.any():
        return ()
    p = f.hypothesis.test.probabilities[keep].mean(axis=0)
    order = np.argsort(-p, kind="stable")[:4]
    return tuple((view.classes[c], float(p[c])) for c in order if p[c] >= 0.02)


def flip_group(
    view: View, errors: LabelErrors, number: int, flagged: Bools, policy: Policy
) -> Group:
    """The rows whose labels were flipped, as one group.

    Flips with a direction or from one source are an act; without either they may be a slip.
    """
    rows = np.flatnonzero(errors.flagged)
    floor, sources = errors.floor, _group_sources(view, rows, policy)
    way = flip_direction(errors.flagged, errors.probabilities, view.labels, policy)
    guilty = [s.name for s in sources if s.guilty]
    kind = Kind.LABEL_FLIP if way is not None or guilty else Kind.MISLABEL
    share = 0.0 if floor is None else floor.epsilon
    low = 0.0 if floor is None else floor.low
    why = (
        f"about {share:.1%} of labels{errors.where} contradict their rows even where nothing is "
        "unclear "
        f"(at least {low:.1%}; honest labels err where rows are hard to tell): "
        f"{len(rows)} rows are near-certain{_whereto(view, way, guilty)}."
    )
    return Group(
        name=f"g{number}",
        kind=kind,
        verdict=Verdict.SUSPECT,
        rows=rows,
        why=why,
        advice=advice_for(kind),
        p_value=policy.label_alpha,
        expected_labels=_looks(view, errors, rows),
        observed=float(len(rows)),
        sources=sources,
        exhibits=exhibit_rows(view, rows, errors.flipped[rows], flagged, None),
        found_by=("own-label-margin",),
    )


def _whereto(view: View, way: Direction | None, guilty: list[str]) -> str:
    """Where the flips go and come from, or that they do neither."""
    if way is not None:
        a, b = view.classes[way.looks], view.classes[way.called]
        told = f"{way.share:.0%} look like {a!r} and are called {b!r}"
        return f"; {told}, where {way.expected:.0%} would be without a direction"
    if guilty:
        return f"; most come from {', '.join(map(repr, guilty[:3]))}"
    nowhere = "" if view.sources is None else " and come from no one source"
    return f"; they go no one way{nowhere}, as mistakes do"


def _looks(view: View, errors: LabelErrors, rows: Ints) -> tuple[tuple[str, float], ...]:
    """What the flipped rows look like: label and share."""
    if not len(rows):
        return ()
    share = np.bincount(errors.probabilities[rows].argmax(axis=1)) / len(rows)
    order = np.argsort(-share, kind="stable")[:4]
    return tuple((view.classes[c], float(share[c])) for c in order if share[c] > 0)


def _group_sources(view: View, rows: Ints, policy: Policy) -> tuple[SourceFinding, ...]:
    mine = np.zeros(len(view), dtype=bool)
    mine[rows] = True
    return tuple(s for s in all_sources(view, mine, policy) if s.flagged)


def all_sources(view: View, flagged: Bools, policy: Policy) -> tuple[SourceFinding, ...]:
    """Every source against the others; nothing where there is one source or none."""
    if view.sources is None or len(view.source_names) < 2:
        return ()
    return judge_sources(flagged, view.sources, view.source_names, policy)
