"""The proof of a trigger: does it turn other rows, where its placebos do not?

A small model is trained on the suspected data, without a set of held-out rows. The trigger is
stamped on held-out rows of other classes and the predictions that turn to the label it is meant
for are counted; so they are for twins: the same shape, filled from rows of the target class. What
the first model did not learn, a network may have.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.stats import fisher_exact

from foretaste.judge.sources import share_interval
from foretaste.modality import Amplifiable, Learner, tools_of
from foretaste.types import Bools, Confirmation, Content, Ints, Policy, Trigger, View

__all__ = ["TransplantBench"]

HELD_OUT = 400  # rows
HELD_OF_CLASS = 80  # rows, of a class that a trigger is meant for alone
TWINS = 8
MIN_FOREIGN = 25  # rows of other classes, read rightly, below which nothing is proven
CLEAR = 0.2  # by how much the trigger must turn more rows than its strongest twin
CLEAR_ALONE = 0.4  # the same, where nothing else speaks against the rows' labels
MODELS = 2  # at most; each is a try, and is paid for


@dataclass(frozen=True)
class _Model:
    """A trained model and what it reads in the held-out rows."""

    learner: Learner
    read: Ints
    name: str


@dataclass(frozen=True)
class _Bar:
    """What a proof must reach."""

    alpha: float
    clear: float  # share of rows by which the trigger must turn more than its strongest twin


class TransplantBench:
    """Trains once, then tries any number of triggers.

    Parameters
    ----------
    view
        With content.
    members
        (n,) rows of any opened group; none of them is held out.
    aimed
        Class codes of which enough rows must be held out, as a trigger is meant for them alone.
    rng
        Chooses the held-out rows.
    """

    def __init__(self, view: View, members: Bools, aimed: Ints, rng: np.random.Generator) -> None:
        if view.content is None:
            msg = "a transplant needs content"
            raise ValueError(msg)
        self._view, self._rng, self._members = view, rng, members
        self._content: Content = view.content
        self._held = _held_out(view, ~members, aimed, rng)
        self._train: Ints = np.setdiff1d(np.arange(len(view)), self._held)
        self._models: list[_Model | None] = []

    def __call__(
        self,
        trigger: Trigger,
        goals: Ints,
        own: Ints,
        policy: Policy,
        *,
        alone: bool = False,
        apart: bool = False,
    ) -> Confirmation:
        """Try one trigger, on one model after the other, until one proves it.

        Parameters
        ----------
        trigger
            What is stamped.
        goals
            (k,) the class code it makes of a row of each class; -1 for classes it is not meant for.
        own
            Rows of its group: they make no placebo.
        policy
            `alpha` is the error of a proof.
        alone
            Whether the group stands by this proof alone: on the first model, and more clearly.
        apart
            Whether nothing lies between the group and other rows: then not more clearly.
        """
        best: Confirmation | None = None
        clear = CLEAR_ALONE if alone and not apart else CLEAR
        for number in range(1 if alone else MODELS):
            model = self._model(number)
            tried = (
                None
                if model is None
                else self._try(model, trigger, goals, own, _Bar(policy.alpha, clear))
            )
            if tried is not None and (best is None or tried.outcome == "confirmed"):
                best = tried
            if best is not None and best.outcome == "confirmed":
                break
        assert best is not None  # the first model is always there
        return best

    def _model(self, number: int) -> _Model | None:
        """The first or the second model, trained when it is first needed."""
        while len(self._models) <= number:
            tools, k = tools_of(self._view.modality), len(self._view.classes)
            content, labels = self._content.take(self._train), self._view.labels[self._train]
            learner: Learner | None
            if not self._models:
                learner = tools.fit_learner(content, labels, k, self._rng, self._view.encoder)
            else:
                learner = tools.fit_network(content, labels, k, self._rng)
            self._models.append(
                None
                if learner is None
                else _Model(
                    learner,
                    learner(self._content.take(self._held)).argmax(axis=1),
                    ("", "in a small network ")[len(self._models)],
                )
            )
        return self._models[number]

    def _try(
        self, model: _Model, trigger: Trigger, goals: Ints, own: Ints, bar: _Bar
    ) -> Confirmation:
        true = self._view.labels[self._held]
        usable = (model.read == true) & (goals[true] >= 0) & (goals[true] != true)
        one_goal = len(np.unique(goals[goals >= 0])) == 1
        if one_goal and usable.sum() < MIN_FOREIGN:  # of the one class it is meant for: any other
            goals = np.full_like(goals, goals.max())
            usable = (model.read == true) & (goals[true] != true)
        foreign, wanted = self._held[usable], goals[true[usable]]
        n = len(foreign)
        if n < MIN_FOREIGN:
            sentence = f"only {n} rows of other classes to try the trigger on"
            return Confirmation("transplant", "not applicable", 0.0, 0.0, 1.0, sentence)
        if isinstance(trigger, Amplifiable):
            trigger = trigger.amplified()
        rows = self._content.take(foreign)
        turned = _turned(model, trigger, rows, wanted)
        aims = np.unique(wanted)
        natural = np.flatnonzero(np.isin(self._view.labels, aims) & ~self._members)
        natural = np.setdiff1d(natural, own)
        picks = self._rng.choice(natural, size=min(TWINS, len(natural)), replace=False)
        twins = [_turned(model, trigger.twin(self._content, int(r)), rows, wanted) for r in picks]
        worst = max(twins, default=0)
        table = np.array([[turned, n - turned], [worst, n - worst]])
        p = min(1.0, MODELS * float(fisher_exact(table, "greater").pvalue))
        proven = p <= bar.alpha and (turned - worst) / n >= bar.clear
        low, high = share_interval(turned, n)
        target = repr(self._view.classes[aims[0]]) if len(aims) == 1 else "the label meant for each"
        sentence = (
            f"stamped on {n} held-out rows of other classes it turns {turned / n:.0%} of them "
            f"{model.name}to {target} (95 % interval {low:.0%}–{high:.0%}); "
            f"its strongest placebo {worst / n:.0%}"
        )
        outcome = "confirmed" if proven else "not confirmed"
        return Confirmation("transplant", outcome, turned / n, worst / n, p, sentence)


def _held_out(view: View, free: Bools, aimed: Ints, rng: np.random.Generator) -> Ints:
    """Sorted rows to try triggers on: any, and some more of the classes in `aimed`."""
    rows = np.flatnonzero(free)
    held = rng.choice(rows, size=min(HELD_OUT, len(rows) // 4), replace=False)
    for label in aimed:
        rest = np.setdiff1d(np.flatnonzero(free & (view.labels == label)), held)
        there = int((view.labels[held] == label).sum())
        more = min(max(0, HELD_OF_CLASS - there), len(rest) // 4)
        held = np.r_[held, rng.choice(rest, size=more, replace=False)]
    return np.sort(held)


def _turned(model: _Model, trigger: Trigger, rows: Content, wanted: Ints) -> int:
    return int((model.learner(trigger.stamp(rows)).argmax(axis=1) == wanted).sum())
