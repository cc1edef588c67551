"""What would have been seen in *this* data set."""

from __future__ import annotations

import math
from collections.abc import Mapping

import numpy as np

from foretaste.judge.candidate_test import LEAST_CARRIERS
from foretaste.judge.group_test import surprise_of
from foretaste.types import Policy, Scores, View

__all__ = ["state_power"]


def state_power(view: View, looked: Mapping[str, Scores], policy: Policy) -> tuple[str, ...]:
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
                m = np.arange(LEAST_CARRIERS[view.modality], 2_000)
                enough = np.flatnonzero(surprise_of(view.modality, m, m * foreign.mean(), m) >= bar)
                needed.append(int(m[enough[0]]) if len(enough) else 2_000)
        if needed:
            size = int(np.quantile(needed, share))
            sentences.append(
                f"a trigger on {size} rows or more with changed labels would stand out "
                f"for {name}, if it is of a form that is mined"
            )
    return tuple(sentences)
