"""A spam filter that learns from what its users report."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from foretaste.stream.learner import Learner, OnlineClassifier
from foretaste.stream.scenarios.contract import DAY, Exam, Material, Play, Stage
from foretaste.stream.scenarios.crowd import burst, everyday, gang, known, noisy, shared_theme

__all__ = ["Spam"]


@dataclass(frozen=True)
class Spam:
    """Users report messages as spam, or say that they are none.

    Parameters
    ----------
    spam, ham
        Labels of the material.
    weeks, people
        Length of the stream and users of the history.
    noise
        Share of honest reports that are wrong.
    """

    spam: str = "spam"
    ham: str = "ham"
    weeks: int = 2
    people: int = 300
    noise: float = 0.03

    name: ClassVar[str] = "spam"
    what: ClassVar[str] = "mean of the share of spam missed and the share of ham lost"
    data: ClassVar[str] = "messages with the labels spam and ham (sms-spam)"

    def learner(self) -> Learner:
        """Online logistic regression on words."""
        return OnlineClassifier((self.spam, self.ham))

    def stage(self, material: Material, rng: np.random.Generator) -> Stage:
        """Messages in random order; the rest is what botnets report."""
        history, golden, test, live, spare = material.dealt(rng, 1500, 400, 1200, 1400)
        told = (self.spam, self.ham)
        return Stage(
            history=known(noisy(history, self.noise, told, rng), self.people, rng),
            golden=known(golden, 2, rng),
            honest=everyday(noisy(live, self.noise, told, rng), self.people, 7 * self.weeks, rng),
            exam=self._errors(test),
            spare=spare,
        )

    def _errors(self, test: Material) -> Exam:
        spam = test.labels == self.spam

        def harm(learner: Learner) -> float:
            caught = learner.p(test.content)[:, 0] >= 0.5
            return float(((~caught[spam]).mean() + caught[~spam].mean()) / 2)

        return harm

    @property
    def attacks(self) -> Mapping[str, Callable[[Stage, np.random.Generator], Play]]:
        """Attacks by name."""
        return {"botnet flips labels": self._botnet, "dictionary attack": self._dictionary}

    @property
    def controls(self) -> Mapping[str, Callable[[Stage, np.random.Generator], Play]]:
        """Honest bursts by name."""
        return {"new honest campaign": self._campaign}

    def _botnet(self, stage: Stage, rng: np.random.Generator) -> Play:
        """New accounts say that spam is none, within two days."""
        spam = np.flatnonzero(stage.spare.labels == self.spam)
        texts = stage.spare.content[rng.choice(spam, 500)]
        texts = np.array([_varied(text, rng) for text in texts], dtype=object)
        rows = gang(
            Material(texts, np.array([self.ham] * len(texts), dtype=object)),
            [f"bot-{i}" for i in range(60)],
            6 * DAY + rng.uniform(0, 2 * DAY, len(texts)),
            rng,
        )
        return Play.of(stage, rows, attack=True)

    def _dictionary(self, stage: Stage, rng: np.random.Generator) -> Play:
        """Messages of words that honest ones hold, reported as spam (Nelson et al. 2008)."""
        ham = stage.spare.content[stage.spare.labels == self.ham]
        words = np.array([word for text in ham for word in text.split()])
        texts = [" ".join(rng.choice(words, 40)) for _ in range(400)]
        rows = gang(
            Material(np.array(texts, dtype=object), np.array([self.spam] * 400, dtype=object)),
            [f"reporter-{i}" for i in range(50)],
            6 * DAY + rng.uniform(0, 2 * DAY, 400),
            rng,
        )
        return Play.of(stage, rows, attack=True)

    def _campaign(self, stage: Stage, rng: np.random.Generator) -> Play:
        """Spam of one kind floods everybody, and is rightly reported: templates, variations."""
        word = shared_theme(stage.spare, self.spam, 8, rng)
        about = np.array([word in text.lower().split() for text in stage.spare.content])
        kind = stage.spare.take(about & (stage.spare.labels == self.spam))
        drawn = kind.take(rng.integers(0, len(kind), 200))
        texts = np.array([_varied(text, rng) for text in drawn.content], dtype=object)
        told = noisy(Material(texts, drawn.labels), self.noise, (self.spam, self.ham), rng)
        rows = burst(told, self.people, 6.4 * DAY, 12, rng)
        return Play.of(stage, rows, attack=False)


def _varied(text: str, rng: np.random.Generator) -> str:
    """The same message with other numbers, as senders vary them."""
    digits = "0123456789"
    return "".join(digits[int(rng.integers(10))] if c in digits else c for c in str(text))
