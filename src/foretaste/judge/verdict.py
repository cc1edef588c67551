"""The judge: from scores to groups, row verdicts, guilty sources and one sentence."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace

import numpy as np

from foretaste.judge.campaigns import campaign_notes
from foretaste.judge.groups import PLANTED, Found, all_sources, flip_group, planted_group
from foretaste.judge.hypotheses import FORMS, Hypothesis, open_hypotheses
from foretaste.judge.label_errors import LabelErrors, judge_labels
from foretaste.judge.outliers import Outliers, judge_outliers, outlier_group
from foretaste.judge.power import state_power
from foretaste.judge.sources import join_label_evidence
from foretaste.judge.transplant import TransplantBench
from foretaste.types import (
    Bools,
    Confirmation,
    Findings,
    Group,
    Ints,
    Judgement,
    Modality,
    Policy,
    Scores,
    SourceFinding,
    Verdict,
    View,
)

__all__ = ["judge", "not_assessable"]

UNEXPLAINED = 0.9  # scale of the scores of rows that no group explains


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
    reason = not_assessable(view, policy)
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
    outliers = judge_outliers(view, looked, policy, spoken_for)
    stage("judging labels")
    errors = judge_labels(view, policy, spoken_for | outliers.flagged)
    flagged |= outliers.flagged | errors.flagged
    groups = [planted_group(view, f, i, flagged, policy) for i, f in enumerate(found, 1)]
    if outliers.flagged.any():
        groups.append(outlier_group(view, outliers, len(groups) + 1, flagged, policy))
    if errors.found:
        groups.append(flip_group(view, errors, len(groups) + 1, flagged, policy))
    sources = join_label_evidence(
        all_sources(view, flagged, policy), errors.sources, view.source_names
    )
    return Judgement(
        verdict=_worst([g.verdict for g in groups]),
        sentence=_sentence(groups, sources, len(view)),
        groups=tuple(groups),
        findings=_findings(view, groups, found, errors, outliers, flagged),
        sources=sources,
        notes=_notes(errors) + campaign_notes(view, looked),
        blind_spots=BLIND_SPOTS,
        power=state_power(view, looked, policy),
    )


def not_assessable(view: View, policy: Policy) -> str | None:
    """Why no honest verdict is possible, or None."""
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
) -> list[Found]:
    """Put each opened group with a trigger to the proof."""
    if not hypotheses:
        return []
    members = np.zeros(len(view), dtype=bool)
    for h in hypotheses:
        members[h.test.rows] |= not h.needs_proof
    bench: TransplantBench | None = None
    found = []
    proven = np.zeros(len(view), dtype=bool)
    for h in hypotheses:
        rows = h.test.rows
        confirmations: tuple[Confirmation, ...] = ()
        if h.candidate.trigger is not None:
            stage("transplanting triggers")
            goals = h.goals(len(view.classes))
            bench = bench or TransplantBench(view, members, _alone_aimed_at(view, hypotheses), rng)
            h, proof = _by_any_form(h, bench, goals, view, policy)  # noqa: PLW2901 - its best form
            if h.needs_proof and (
                proof.outcome != "confirmed" or 2 * proven[rows].sum() > len(rows)
            ):
                continue
            proven[rows] |= h.needs_proof
            confirmations = (proof,)
        keep = h.posterior >= PLANTED
        found.append(Found(h, h.test.rows[keep], h.posterior[keep], confirmations))
    return found


def _by_any_form(
    h: Hypothesis, bench: TransplantBench, goals: Ints, view: View, policy: Policy
) -> tuple[Hypothesis, Confirmation]:
    """The proof of a group's trigger or, in images, of another form of it; each try is paid for.

    A faint picture looks like marks where it is clipped, and like a pattern everywhere else.
    """
    forms = (h.candidate, *(h.forms if view.modality is Modality.IMAGE else ()))
    level = policy if len(forms) == 1 else replace(policy, alpha=policy.alpha / (1 + FORMS))
    # of faint warps the labels are surprising, too: they do not stand by the proof alone
    apart = h.faint or (h.foreign is not None and h.foreign.apart)
    first: Confirmation | None = None
    for form in forms:
        assert form.trigger is not None  # groups without one never open
        proof = bench(form.trigger, goals, h.test.rows, level, alone=h.needs_proof, apart=apart)
        if proof.outcome == "confirmed":
            return replace(h, candidate=replace(h.candidate, trigger=form.trigger)), proof
        first = first or proof
    assert first is not None  # there is one form at least
    return h, first


def _alone_aimed_at(view: View, hypotheses: list[Hypothesis]) -> Ints:
    """The classes that some trigger is meant for, and no other: enough rows must be held out."""
    aims = [np.flatnonzero(h.goals(len(view.classes)) >= 0) for h in hypotheses]
    return np.unique([a[0] for a in aims if len(a) == 1]).astype(np.int64)


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
    view: View,
    groups: list[Group],
    found: list[Found],
    errors: LabelErrors,
    outliers: Outliers,
    flagged: Bools,
) -> Findings:
    n = len(view)
    score = UNEXPLAINED * np.maximum(errors.doubt, outliers.score)
    odd = outliers.likely
    score[odd] = UNEXPLAINED + (1.0 - UNEXPLAINED) * outliers.score[odd]
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
    # digits beyond the sixth differ between processors and library versions, and mean nothing
    return Findings(view.ids, score.round(6), flagged, kind, group, why)


def _notes(errors: LabelErrors) -> tuple[str, ...]:
    floor = errors.floor
    if floor is None:
        return ("too few rows to tell flipped labels from natural mistakes",)
    if errors.found or floor.epsilon < 0.005:
        return ()
    return (
        (
            f"about {floor.epsilon:.1%} of clear rows contradict their label; "
            "that is within what honest data shows, and no row is accused"
        ),
    )


BLIND_SPOTS = (
    "fewer than 10 planted rows in tables and texts, 5 in images, cannot be told from chance",
    "clean-label poison, whose labels are all plausible, is looked for in texts and images only",
    "floods with consistent labels, and outliers that a heavy tail could hold, are not flagged",
)
