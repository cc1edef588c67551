"""Is it gone without them? Three arms, retrained for real: the only thing that is called repair.

::

    as it is             every row but those held out
    without suspects     the same, less the suspects
    without others       the same, less as many rows of the same label that nobody suspects

The incidents must vanish in the second arm and stay in the third. Influence is a guess until
then: unlearning by formulas is known to leave poison in (Pawelczyk et al. 2024, arXiv 2406.17216).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from scipy import stats

from foretaste.report.trace_findings import Arm, Proof, Repair
from foretaste.trace.incidents import Asked
from foretaste.types import Floats, Ints

__all__ = ["Fitted", "Trainer", "repair"]

HELD_OUT, MOST_HELD_OUT = 0.2, 1000  # share of the rows, and rows, that tell the accuracy
SHOWN = 0.5  # share of incidents that the first arm must show
PART = 0.1  # share of incidents that must turn for "partly"


class Fitted(Protocol):
    """A model trained on some of the rows."""

    def on_incidents(self) -> Floats:
        """(m, k) probabilities of the incidents."""

    def on_rows(self, rows: Ints) -> Floats:
        """(len(rows), k) probabilities of training rows."""


class Trainer(Protocol):
    """Trains on all rows but some; the same seed gives the same model."""

    @property
    def name(self) -> str:
        """What is trained, for people."""

    def __call__(self, without: Ints, seed: int) -> Fitted:
        """A model that never saw the rows `without`."""


@dataclass(frozen=True)
class _Plan:
    asked: Asked
    labels: Ints
    suspects: Ints
    seeds: int


def repair(
    trainer: Trainer,
    asked: Asked,
    labels: Ints,
    suspects: Ints,
    rng: np.random.Generator,
    *,
    seeds: int = 3,
    progress: Callable[[str], None] = lambda _: None,
) -> Repair:
    """Train the three arms, and say what they prove.

    Parameters
    ----------
    trainer
        How the model is trained.
    asked
        The incidents.
    labels
        (n,) class codes of the training rows.
    suspects
        Row numbers, the strongest first.
    rng
        Draws the rows that are held out, and the others.
    seeds
        Trainings of each arm.
    progress
        Called with what is done next.
    """
    plan = _Plan(asked, labels, suspects, seeds)
    drawn = [_draw(plan, rng) for _ in range(seeds)]
    nobody = np.zeros(0, dtype=np.int64)
    arms = []
    for name, removed in (
        ("as it is", [nobody] * seeds),
        ("without suspects", [suspects] * seeds),
        ("without others", [others for _, others in drawn]),
    ):
        progress(f"training {name}")
        held = [held for held, _ in drawn]
        arms.append(_arm(name, trainer, plan, held, removed))
    proof, shift, low, high = _judge(*arms)
    smallest = None
    if proof is Proof.CONFIRMED:
        progress("looking for the smallest sufficient set")
        smallest = _smallest(trainer, plan, drawn[0][0])
    cost = float(np.mean(arms[0].accuracy) - np.mean(arms[1].accuracy))
    return Repair(
        proof=proof,
        sentence=_sentence(proof, arms, cost, trainer.name),
        model=trainer.name,
        arms=tuple(arms),
        shift=shift,
        low=low,
        high=high,
        accuracy_cost=cost,
        smallest=smallest,
        smallest_in=trainer.name if smallest is not None else "",
    )


def _draw(plan: _Plan, rng: np.random.Generator) -> tuple[Ints, Ints]:
    """Rows held out of every arm, and the others that the third arm goes without."""
    free = np.setdiff1d(np.arange(len(plan.labels)), plan.suspects)
    size = min(MOST_HELD_OUT, int(HELD_OUT * len(free)))
    held = rng.choice(free, size, replace=False)
    rest = np.setdiff1d(free, held)
    others = []
    for label, count in zip(
        *np.unique(plan.labels[plan.suspects], return_counts=True), strict=True
    ):
        same = rest[plan.labels[rest] == label]
        # a few rows of every label must stay, else the arm forgets the label and not the rows
        others.append(rng.choice(same, min(int(count), max(0, len(same) - 5)), replace=False))
    return held, np.concatenate(others) if others else held[:0]


def _arm(name: str, trainer: Trainer, plan: _Plan, held: list[Ints], removed: list[Ints]) -> Arm:
    margins, turned, right = [], [], []
    for seed, (out, gone) in enumerate(zip(held, removed, strict=True)):
        fitted = trainer(np.union1d(out, gone), seed)
        margin, share = _read(fitted, plan.asked)
        margins.append(margin)
        turned.append(share)
        right.append(float((fitted.on_rows(out).argmax(axis=1) == plan.labels[out]).mean()))
    return Arm(name, len(removed[0]), tuple(margins), tuple(turned), tuple(right))


def _read(fitted: Fitted, asked: Asked) -> tuple[float, float]:
    """Mean margin of said over expected, and the share of incidents read as something else."""
    p = fitted.on_incidents()
    rows = np.arange(len(asked))
    margin = p[rows, asked.said] - p[rows, asked.expected]
    return float(margin.mean()), float((p.argmax(axis=1) != asked.said).mean())


def _judge(as_is: Arm, without: Arm, others: Arm) -> tuple[Proof, float, float, float]:
    """The proof, and the margin shift with its 95 % interval over seeds."""
    falls = np.array(others.margins) - np.array(without.margins)
    shift, half = float(falls.mean()), 0.0
    if len(falls) > 1:
        spread = float(falls.std(ddof=1)) / np.sqrt(len(falls))
        half = float(stats.t.ppf(0.975, len(falls) - 1)) * spread
    low, high = shift - half, shift + half
    shown = 1.0 - float(np.mean(as_is.turned))
    gained = float(np.mean(without.turned) - np.mean(others.turned))
    if shown < SHOWN or len(falls) < 2:
        return Proof.INCONCLUSIVE, shift, low, high
    if gained >= SHOWN and low > 0:
        return Proof.CONFIRMED, shift, low, high
    if low > 0 and (gained >= PART or shift >= PART):
        return Proof.PARTLY, shift, low, high
    if high < PART or gained < PART:
        return Proof.REFUTED, shift, low, high
    return Proof.INCONCLUSIVE, shift, low, high


def _smallest(trainer: Trainer, plan: _Plan, held: Ints) -> int:
    """Fewest of the strongest suspects whose removal turns most incidents, by bisection."""
    few, enough = 0, len(plan.suspects)
    while enough - few > max(1, enough // 50):
        middle = (few + enough) // 2
        fitted = trainer(np.union1d(held, plan.suspects[:middle]), 0)
        if _read(fitted, plan.asked)[1] >= SHOWN:
            enough = middle
        else:
            few = middle
    return enough


def _sentence(proof: Proof, arms: list[Arm], cost: float, model: str) -> str:
    as_is, without, others = (float(np.mean(arm.turned)) for arm in arms)
    removed = arms[1].removed
    if proof is Proof.INCONCLUSIVE and len(arms[0].turned) < 2:
        return "A single seed proves nothing: train each arm at least twice."
    if proof is Proof.INCONCLUSIVE and 1.0 - as_is < SHOWN:
        return (
            f"Trained again on all rows, {model} shows only {1 - as_is:.0%} of the incidents: "
            "what is not there cannot be shown to go."
        )
    facts = (
        f"without the {removed} suspects {without:.0%} of the incidents are read differently, "
        f"without as many other rows {others:.0%}; "
        f"accuracy changes by {round(-100 * cost, 1) + 0.0:+.1f} points"
    )
    start = {
        Proof.CONFIRMED: "Confirmed by training again",
        Proof.PARTLY: "Partly confirmed: the suspects matter and are not all",
        Proof.REFUTED: "Refuted: the incidents stay",
        Proof.INCONCLUSIVE: "Inconclusive",
    }[proof]
    return f"{start}: {facts}."
