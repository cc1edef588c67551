"""The proof of a trigger: does it turn other rows, where its placebos do not?

A small model is trained on the suspected data, without a set of held-out rows. The trigger is
stamped on held-out rows of other classes and the predictions that turn to the target label are
counted; so they are for twins: the same shape, filled from rows of the target class.
"""

from __future__ import annotations

import numpy as np
from scipy.stats import fisher_exact

from foretaste.judge.sources import share_interval
from foretaste.modality import Learner, tools_of
from foretaste.types import Bools, Confirmation, Content, Ints, Policy, Trigger, View

__all__ = ["TransplantBench"]

HELD_OUT = 400  # rows
TWINS = 8
MIN_FOREIGN = 25  # rows of other classes, read rightly, below which nothing is proven
CLEAR = 0.2  # by how much the trigger must turn more rows than its strongest twin


class TransplantBench:
    """Trains once, then tries any number of triggers.

    Parameters
    ----------
    view
        With content.
    members
        (n,) rows of any opened group; none of them is held out.
    rng
        Chooses the held-out rows.
    """

    def __init__(self, view: View, members: Bools, rng: np.random.Generator) -> None:
        if view.content is None:
            msg = "a transplant needs content"
            raise ValueError(msg)
        self._view, self._rng, self._members = view, rng, members
        free = np.flatnonzero(~members)
        size = min(HELD_OUT, len(free) // 4)
        self._held: Ints = np.sort(rng.choice(free, size=size, replace=False))
        train = np.setdiff1d(np.arange(len(view)), self._held)
        self._content: Content = view.content
        self._learner: Learner = tools_of(view.modality).fit_learner(
            view.content.take(train), view.labels[train], len(view.classes), rng
        )
        self._read = self._learner(view.content.take(self._held)).argmax(axis=1)

    def __call__(self, trigger: Trigger, target: int, policy: Policy) -> Confirmation:
        """Try one trigger."""
        true = self._view.labels[self._held]
        foreign = self._held[(true != target) & (self._read == true)]
        if len(foreign) < MIN_FOREIGN:
            sentence = f"only {len(foreign)} rows of other classes to try the trigger on"
            return Confirmation("transplant", "not applicable", 0.0, 0.0, 1.0, sentence)
        rows = self._content.take(foreign)
        turned = self._turned(trigger, rows, target)
        natural = np.flatnonzero((self._view.labels == target) & ~self._members)
        picks = self._rng.choice(natural, size=min(TWINS, len(natural)), replace=False)
        twins = [self._turned(trigger.twin(self._content, int(r)), rows, target) for r in picks]
        worst = max(twins, default=0)
        n = len(foreign)
        p = float(
            fisher_exact(np.array([[turned, n - turned], [worst, n - worst]]), "greater").pvalue
        )
        proven = p <= policy.alpha and (turned - worst) / n >= CLEAR
        low, high = share_interval(turned, n)
        name = self._view.classes[target]
        sentence = (
            f"stamped on {n} held-out rows of other classes it turns {turned / n:.0%} of them to "
            f"{name!r} (95 % interval {low:.0%}–{high:.0%}); its strongest placebo {worst / n:.0%}"
        )
        outcome = "confirmed" if proven else "not confirmed"
        return Confirmation("transplant", outcome, turned / n, worst / n, p, sentence)

    def _turned(self, trigger: Trigger, rows: Content, target: int) -> int:
        return int((self._learner(trigger.stamp(rows)).argmax(axis=1) == target).sum())
