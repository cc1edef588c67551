"""What the policy makes of a comparison of two models."""

from __future__ import annotations

from collections.abc import Sequence

from foretaste.gate.decision import Check, Finding, Level, Outcome
from foretaste.gate.model_comparison import Attack, Flips, Halves, SliceComparison, Verdict
from foretaste.gate.model_triggers import Unportable
from foretaste.gate.settings import Action, ModelSection, SmallSlice
from foretaste.report.figures import p_value as shown_p
from foretaste.report.figures import share

__all__ = ["check_attacks", "check_flips", "check_halves", "check_slices"]

_KNOWN_BY_HEART = 0.001  # chance of calling a fair model one that has met the shown half


def check_slices(slices: Sequence[SliceComparison], policy: ModelSection) -> Check:
    """Is the challenger worse on any slice, and is every slice large enough to say so?"""
    worse = [one for one in slices if one.verdict == Verdict.WORSE]
    small = [one for one in slices if one.verdict == Verdict.SMALL]
    level = Level.ERROR if policy.small_slices is SmallSlice.INCONCLUSIVE else Level.WARNING
    findings = [
        Finding(
            "model/worse",
            Level.ERROR,
            f"on {one.name} the challenger is right in {share(one.challenger)}, the champion in "
            f"{share(one.champion)} of {one.rows} rows ({one.only_challenger_wrong} against "
            f"{one.only_champion_wrong} errors of only one, p = {shown_p(one.p_value)})",
            one.name,
            count=one.only_challenger_wrong,
        )
        for one in worse
    ] + [
        Finding(
            "model/small-slice",
            level,
            f"{one.name} has {one.rows} golden rows, {one.needed} are needed to know its accuracy "
            f"to ±{policy.margin:.0%}: inconclusive",
            one.name,
            count=one.rows,
        )
        for one in small
    ]
    if worse:
        return Check("accuracy", Outcome.BLOCKED, findings[0].message, tuple(findings))
    if small and level is Level.ERROR:
        return Check("accuracy", Outcome.INCONCLUSIVE, findings[0].message, tuple(findings))
    told = f"not worse than the champion on {len(slices) - len(small)} of {len(slices)} slices"
    return Check("accuracy", Outcome.PASS, told, tuple(findings))


def check_halves(halves: Halves | None, why: str = "") -> Check:
    """Has the challenger met the shown half of the golden set?"""
    if halves is None:
        told = f"the hidden half cannot be opened ({why}): what only it shows was not looked at"
        finding = Finding("model/hidden-half", Level.ERROR, told)
        return Check("hidden half", Outcome.INCONCLUSIVE, told, (finding,))
    told = f"right in {share(halves.shown)} of the shown and {share(halves.hidden)} of the hidden"
    if halves.p_value > _KNOWN_BY_HEART:
        return Check("hidden half", Outcome.PASS, f"{told} rows, which are as good as alike")
    told = f"{told} rows (p = {shown_p(halves.p_value)}): it was fitted to the shown half"
    finding = Finding("model/knows-golden", Level.ERROR, told)
    return Check("hidden half", Outcome.BLOCKED, told, (finding,))


def check_flips(flips: Flips, policy: ModelSection, against: str) -> Check:
    """Does the challenger say other things than the champion, more often than is let pass?"""
    told = (
        f"{flips.flips} of {flips.probes} probes are answered otherwise than by {against} "
        f"({share(flips.share)}, {share(flips.low)} – {share(flips.high)})"
    )
    if flips.low > policy.max_flips:
        told += f", at most {share(policy.max_flips)} may be"
        finding = Finding("model/flips", Level.ERROR, told, count=flips.flips)
        return Check("flips", Outcome.BLOCKED, told, (finding,))
    return Check("flips", Outcome.PASS, told)


def check_attacks(
    attacks: Sequence[Attack],
    lost: Sequence[Unportable],
    refused: Sequence[Unportable],
    policy: ModelSection,
) -> Check:
    """Does any trigger turn rows of the challenger?

    Parameters
    ----------
    lost
        Recovered triggers that could not be tried: what was planted and not tried does not pass.
    refused
        Library triggers whose rows a model does not take.
    """
    working = sorted((a for a in attacks if a.works), key=lambda a: -a.success)
    blocking = [a for a in working if a.origin != "library" or policy.library is Action.BLOCK]
    findings = [
        Finding(
            "model/backdoor" if one.origin != "library" else "model/library-trigger",
            Level.ERROR if one in blocking else Level.WARNING,
            f"{one.name}: {share(one.success)} of {one.rows} rows of other classes are read as "
            f"{one.target!r} with the trigger ({share(one.low)} – {share(one.high)}), "
            f"{share(one.base)} without, {_compared(one)}",
            one.origin,
            count=round(one.success * one.rows),
            anchor=one.name,
        )
        for one in working
    ] + [
        Finding("model/untried-trigger", Level.ERROR, f"{one.group}: {one.why}", one.group)
        for one in lost
    ]
    findings += [
        Finding("model/refuses-trigger", Level.NOTE, f"{one.group}: {one.why}", one.group)
        for one in refused
    ]
    findings.sort(key=lambda finding: finding.level is not Level.ERROR)
    if blocking:
        told = f"a backdoor: {findings[0].message}"
        return Check("triggers", Outcome.BLOCKED, told, tuple(findings))
    if lost:
        told = f"{len(lost)} recovered triggers could not be tried: {lost[0].group}: {lost[0].why}"
        return Check("triggers", Outcome.INCONCLUSIVE, told, tuple(findings))
    counts = {o: sum(a.origin == o for a in attacks) for o in ("library", "recovered")}
    told = (
        f"{len(working) or 'none'} of {counts['library']} library and {counts['recovered']} "
        f"recovered triggers turns more than {share(policy.max_attack_success)} of rows"
    )
    return Check("triggers", Outcome.PASS, told, tuple(findings))


def _compared(attack: Attack) -> str:
    told = f"{share(attack.champion)} by the champion"
    return told if attack.placebo is None else f"{told}, {share(attack.placebo)} with a placebo"
