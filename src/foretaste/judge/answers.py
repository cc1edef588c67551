"""The words of a judgement where a label is the kind of an answer."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from foretaste.types import Group, Judgement, Kind

__all__ = ["of_answers"]

_BLIND = (
    "of answers, only how they begin, how they end and what they are about is looked at",
    "a phrase whose answer no other prompt gets is looked for on 50 rows or more",
)


def of_answers(judgement: Judgement) -> Judgement:
    """The judgement of pairs of prompt and answer.

    A label is then what somebody wrote: a phrase that leads to an answer of its own is a backdoor,
    whether or not that answer occurs without it.
    """
    groups = tuple(_named(group) for group in judgement.groups)
    kind = judgement.findings.kind.copy()
    kind[kind == str(Kind.CLEAN_LABEL)] = str(Kind.BACKDOOR)
    findings = replace(judgement.findings, kind=np.asarray(kind, dtype=object))
    spots = (*judgement.blind_spots, *_BLIND)
    return replace(judgement, groups=groups, findings=findings, blind_spots=spots)


def _named(group: Group) -> Group:
    return replace(group, kind=Kind.BACKDOOR) if group.kind is Kind.CLEAN_LABEL else group
