"""Reference victims: does the attack do harm, and is the harm gone without the rows?"""

from __future__ import annotations

import importlib
from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol, cast

import numpy as np
import numpy.typing as npt
from scipy import stats

from foretaste.attack.contract import Poisoned, Sample
from foretaste.errors import UsageError
from foretaste.types import Content, Modality

__all__ = ["AttackSuccess", "Victim", "accuracy", "attack_success", "has_aim", "train"]

Ints = npt.NDArray[np.int64]


class Victim(Protocol):
    """A trained model of the label."""

    def predict(self, content: Content) -> Ints:
        """(n,) class codes."""


@dataclass(frozen=True)
class AttackSuccess:
    """How often a victim does what the attacker wants.

    Attributes
    ----------
    rate
        Share of `n` triggered test rows of victim classes read as the attacker wants.
    low, high
        95 % Clopper–Pearson interval of `rate`.
    base_rate
        The share of the same rows read so without the trigger; equals `rate` where the attack
        needs none.
    n
        Test rows counted.
    """

    rate: float
    low: float
    high: float
    base_rate: float
    n: int


def train(sample: Sample, seed: int) -> Victim:
    """The reference victim of the sample's modality, trained on it.

    Text: TF-IDF and logistic regression. Table: boosted trees. Image: a small convolutional
    network where torch is installed, random convolutions and a linear model otherwise.
    """
    rooms = {Modality.TEXT: "text", Modality.TABLE: "table", Modality.IMAGE: "image"}
    module = importlib.import_module(f"foretaste.attack.victim_{rooms[sample.content.modality]}")
    trainer = cast("Callable[[Sample, int], Victim]", module.train)
    return trainer(sample, seed)


def accuracy(victim: Victim, clean_test: Sample) -> float:
    """Share of `clean_test` read correctly."""
    return float((victim.predict(clean_test.content) == clean_test.labels).mean())


def has_aim(poisoned: Poisoned) -> bool:
    """Whether the attack wants certain rows read as certain classes, so success can be counted."""
    return poisoned.target is not None or poisoned.goals is not None


def attack_success(victim: Victim, clean_test: Sample, poisoned: Poisoned) -> AttackSuccess:
    """Count how often `victim` does what the attacker of `poisoned` wants.

    Parameters
    ----------
    victim
        A model trained on `poisoned.sample`, or on what is left of it after a defence.
    clean_test
        Held-out rows with true labels; those of victim classes are used.
    poisoned
        The attack: its test-time trigger, its victims and goals, or its single instances.
    """
    if not has_aim(poisoned):
        raise UsageError("this attack wants no certain class: compare accuracies instead")
    if poisoned.instances is not None:
        goal = np.full(len(poisoned.instances), poisoned.target)
        got = victim.predict(poisoned.instances)
        return _success(got == goal, got == goal)
    rows = clean_test.take(np.isin(clean_test.labels, poisoned.victims))
    if poisoned.about is not None:
        rows = rows.take(poisoned.about(rows.content))
    if len(rows) == 0:
        raise UsageError("clean_test holds none of the rows that the attack is about")
    goal = poisoned.wanted(rows.labels)
    before = victim.predict(rows.content) == goal
    if poisoned.stamp is None:
        return _success(before, before)
    return _success(victim.predict(poisoned.stamp(rows.content)) == goal, before)


def _success(hits: npt.NDArray[np.bool_], before: npt.NDArray[np.bool_]) -> AttackSuccess:
    n, wins = hits.size, int(hits.sum())
    low = float(stats.beta.ppf(0.025, wins, n - wins + 1)) if wins else 0.0
    high = float(stats.beta.ppf(0.975, wins + 1, n - wins)) if wins < n else 1.0
    return AttackSuccess(wins / n, low, high, float(before.mean()), n)
