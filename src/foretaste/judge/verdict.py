"""The judge: from scores to groups, row verdicts, guilty sources and one sentence."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np

from foretaste.judge.exhibits import exhibit_rows
from foretaste.judge.hypotheses import Hypothesis, open_hypotheses
from foretaste.judge.label_errors import LabelErrors, judge_labels
from foretaste.judge.sources import judge_sources
from foretaste.judge.transplant import TransplantBench
from foretaste.stats.excess import poisson_surprise
from foretaste.types import (
    Bools,
    Confirmation,
    Findings,
    Floats,
    Group,
    Judgement,
    Kind,
    Policy,
    Scores,
    SourceFinding,
    Verdict,
    View,
)

__all__ = ["judge"]

PLANTED = 0.5  # posterior above which a row of an opened group is flagged
UNEXPLAINED = 0.9  # scale of the scores of rows that no group explains


@dataclass(frozen=True)
class _Found:
    """An opened group and its rows that count."""

    hypothesis: Hypothesis
    rows: np.ndarray[tuple[int], np.dtype[np.int64]]
    weight: Floats
    confirmations: tuple[Confirmation, ...]


def judge(
    view: View,
    looked: Mapping[str, Scores],
    policy: Policy,
    rng: np.random.Generator,
    stage: Callable[[str], None] = lambda _: None,
) -> Judgement:
    """Decide. The only place where scores meet thresholds.

    Parameters
    ----------
    view
        All parts.
    looked
        What each detector saw, by its name.
    policy
        Every threshold there is.
    rng
        For pairs, held-out rows and placebos.
    stage
        Called with a word for each step begun.
    """
    reason = _not_assessable(view, policy)
    if reason is not None:
        return _refused(view, reason)
    stage("testing groups")
    hypotheses = open_hypotheses(view, looked, policy, rng)
    found = _prove(view, hypotheses, policy, rng, stage)
    flagged = np.zeros(len(view), dtype=bool)
    spoken_for = np.zeros(len(view), dtype=bool)
    for f in found:
        flagged[f.rows] = True
        spoken_for[f.hypothesis.test.rows] = True
    stage("judging labels")
    errors = judge_labels(view, policy, spoken_for)
    flagged |= errors.flagged
    groups = [_planted_group(view, f, i, flagged, policy) for i, f in enumerate(found, 1)]
    if errors.found:
        groups.append(_flip_group(view, errors, len(groups) + 1, flagged, policy))
    sources = _sources(view, flagged, policy)
    return Judgement(
        verdict=_worst([g.verdict for g in groups]),
        sentence=_sentence(groups, sources, len(view)),
        groups=tuple(groups),
        findings=_findings(view, groups, found, errors, flagged),
        sources=sources,
        notes=_notes(errors),
        blind_spots=BLIND_SPOTS,
        power=_power(view, looked, policy),
    )


def _not_assessable(view: View, policy: Policy) -> str | None:
    count = np.bincount(view.labels, minlength=len(view.classes))
    if (count > 0).sum() < 2:
        return f"all rows carry the label {view.classes[int(count.argmax())]!r}"
    if len(view) < policy.min_rows:
        return f"{len(view)} rows are too few, {policy.min_rows} are needed"
    if np.sort(count)[-2] < policy.min_class_rows:
        return f"only one class has {policy.min_class_rows} rows or more"
    return None


def _refused(view: View, reason: str) -> Judgement:
    n = len(view)
    empty = np.full(n, "", dtype=object)
    findings = Findings(view.ids, np.zeros(n), np.zeros(n, dtype=bool), empty, empty, empty)
    return Judgement(Verdict.NOT_ASSESSABLE, f"Not assessable: {reason}.", (), findings, ())


def _prove(
    view: View,
    hypotheses: list[Hypothesis],
    policy: Policy,
    rng: np.random.Generator,
    stage: Callable[[str], None],
) -> list[_Found]:
    """Put each opened group with a trigger to the proof."""
    if not hypotheses:
        return []
    members = np.zeros(len(view), dtype=bool)
    for h in hypotheses:
        members[h.test.rows] = True
    bench: TransplantBench | None = None
    found = []
    for h in hypotheses:
        confirmations: tuple[Confirmation, ...] = ()
        if h.candidate.trigger is not None:
            stage("transplanting triggers")
            bench = bench or TransplantBench(view, members, rng)
            confirmations = (bench(h.candidate.trigger, h.test.label, policy),)
        keep = h.posterior >= PLANTED
        found.append(_Found(h, h.test.rows[keep], h.posterior[keep], confirmations))
    return found


def _planted_group(view: View, f: _Found, number: int, flagged: Bools, policy: Policy) -> Group:
    test, trigger = f.hypothesis.test, f.hypothesis.candidate.trigger
    proven = any(c.outcome == "confirmed" for c in f.confirmations)
    target = view.classes[test.label]
    expected = _expected_labels(view, f)
    looks_like = expected[0][0] if expected else "another class"
    shared = trigger.describe() if trigger is not None else "near-identical content"
    why = (
        f"{test.observed} rows share {shared} and carry the label {target!r}, "
        f"where {test.expected:.1f} would be expected from the rest of each row "
        f"(most look like {looks_like!r})."
    )
    advice = (
        f"Keep these rows out of training and ask their source; "
        f"a model trained on them may answer {target!r} wherever the trigger appears."
    )
    return Group(
        name=f"g{number}",
        kind=Kind.BACKDOOR if trigger is not None else Kind.FLOOD,
        verdict=Verdict.CONFIRMED if proven else Verdict.SUSPECT,
        rows=f.rows,
        why=why,
        advice=advice,
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


def _expected_labels(view: View, f: _Found) -> tuple[tuple[str, float], ...]:
    """What the rows look like, by the model that never saw them, the given label aside."""
    keep = f.hypothesis.posterior >= PLANTED
    if not keep.any():
        return ()
    p = f.hypothesis.test.probabilities[keep].mean(axis=0)
    order = np.argsort(-p, kind="stable")[:4]
    return tuple((view.classes[c], float(p[c])) for c in order if p[c] >= 0.02)


def _flip_group(
    view: View, errors: LabelErrors, number: int, flagged: Bools, policy: Policy
) -> Group:
    rows = np.flatnonzero(errors.flagged)
    floor = errors.floor
    share = 0.0 if floor is None else floor.epsilon
    low = 0.0 if floor is None else floor.low
    why = (
        f"about {share:.1%} of labels contradict their rows even where nothing is unclear "
        f"(at least {low:.1%}; honest labels err where rows are hard to tell): "
        f"{len(rows)} rows are near-certain."
    )
    p = errors.probabilities[rows]
    counts = np.bincount(p.argmax(axis=1), minlength=len(view.classes)) if len(rows) else []
    expected = (
        tuple((view.classes[c], float(counts[c] / len(rows))) for c in np.argsort(counts)[::-1][:4])
        if len(rows)
        else ()
    )
    return Group(
        name=f"g{number}",
        kind=Kind.LABEL_FLIP,
        verdict=Verdict.SUSPECT,
        rows=rows,
        why=why,
        advice="Relabel or drop the listed rows, and ask who labelled them.",
        p_value=policy.alpha,
        expected_labels=tuple(e for e in expected if e[1] > 0),
        observed=float(len(rows)),
        sources=_group_sources(view, rows, policy),
        exhibits=exhibit_rows(view, rows, errors.flipped[rows], flagged, None),
        found_by=("own-label-margin",),
    )


def _group_sources(
    view: View, rows: np.ndarray[tuple[int], np.dtype[np.int64]], policy: Policy
) -> tuple[SourceFinding, ...]:
    mine = np.zeros(len(view), dtype=bool)
    mine[rows] = True
    return tuple(s for s in _sources(view, mine, policy) if s.flagged)


def _sources(view: View, flagged: Bools, policy: Policy) -> tuple[SourceFinding, ...]:
    if view.sources is None or len(view.source_names) < 2:
        return ()
    return judge_sources(flagged, view.sources, view.source_names, policy)


def _worst(verdicts: list[Verdict]) -> Verdict:
    for verdict in (Verdict.CONFIRMED, Verdict.SUSPECT):
        if verdict in verdicts:
            return verdict
    return Verdict.CLEAN


def _sentence(groups: list[Group], sources: tuple[SourceFinding, ...], n: int) -> str:
    if not groups:
        return f"Nothing in {n:,} rows looks planted."
    worst = groups[0]
    rows = sum(len(g.rows) for g in groups)
    parts = [f"{rows:,} of {n:,} rows ({rows / n:.2%}) look planted"]
    if worst.described:
        parts.append(f"trigger: {worst.described}")
    if worst.target is not None:
        parts.append(f"target label {worst.target!r}")
    guilty = [s.name for s in sources if s.guilty]
    if guilty:
        parts.append(f"from {', '.join(map(repr, guilty[:3]))}")
    return "; ".join(parts) + "."


def _findings(
    view: View, groups: list[Group], found: list[_Found], errors: LabelErrors, flagged: Bools
) -> Findings:
    n = len(view)
    own = errors.probabilities[np.arange(n), view.labels]
    score = UNEXPLAINED * (1.0 - own)
    for f in found:
        h = f.hypothesis
        best = UNEXPLAINED + (1.0 - UNEXPLAINED) * h.posterior
        carriers = h.posterior > 0
        score[h.test.rows[carriers]] = best[carriers]
    kind, group, why = (np.full(n, "", dtype=object) for _ in range(3))
    for g in groups:
        kind[g.rows], group[g.rows], why[g.rows] = str(g.kind), g.name, g.why
    for row in np.flatnonzero(errors.flagged) if errors.found else ():
        looks = view.classes[int(errors.probabilities[row].argmax())]
        why[row] = f"labelled {view.classes[view.labels[row]]!r}, looks like {looks!r}"
    return Findings(view.ids, score, flagged, kind, group, why)


def _notes(errors: LabelErrors) -> tuple[str, ...]:
    floor = errors.floor
    if floor is None:
        return ("too few rows to tell flipped labels from natural mistakes",)
    if errors.found or floor.epsilon < 0.005:
        return ()
    return (
        f"about {floor.epsilon:.1%} of clear rows contradict their label; "
        "that is within what honest data shows, and no row is accused",
    )


BLIND_SPOTS = (
    "fewer than 5 planted rows cannot be told from chance",
    "clean-label poison, whose labels are all plausible, is not looked for by this version",
    "outliers and floods with consistent labels are scored but never flagged",
)


def _power(view: View, looked: Mapping[str, Scores], policy: Policy) -> tuple[str, ...]:
    """How many rows of a trigger it takes here, from the evidence a typical row gives."""
    if not view.heads:
        return ()
    considered = max(1, sum(s.considered for s in looked.values()))
    bar = math.log(considered) - math.log(policy.alpha)
    p = view.heads[0].leave_one_out()
    sentences = []
    for name, share in (("half of all targets", 0.5), ("every target", 0.9)):
        needed = []
        for c in range(len(view.classes)):
            foreign = p[view.labels != c, c]
            if len(foreign):
                m = np.arange(5, 2_000)
                enough = np.flatnonzero(poisson_surprise(m, m * foreign.mean()) >= bar)
                needed.append(int(m[enough[0]]) if len(enough) else 2_000)
        if needed:
            size = int(np.quantile(needed, share))
            sentences.append(
                f"a trigger on {size} rows or more with changed labels would stand out "
                f"for {name}, if it is of a form that is mined"
            )
    return tuple(sentences)
