"""A search that learns from clicks which topic a name belongs to."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from foretaste.stream.batch import UNEXPOSED
from foretaste.stream.learner import Learner, OnlineClassifier
from foretaste.stream.scenarios.contract import DAY, Exam, Material, Play, Stage
from foretaste.stream.scenarios.crowd import burst, everyday, gang, known, noisy, shared_theme

__all__ = ["Search"]


@dataclass(frozen=True)
class Search:
    """People click a result of a topic for a caption; the search ranks topics by what it learnt.

    Parameters
    ----------
    topics
        Labels of the material, in any order.
    days, people
        Length of the stream and users of the history.
    noise
        Share of honest clicks that go astray.
    """

    topics: tuple[str, ...] = ("World", "Sports", "Business", "Sci/Tech")
    days: int = 8
    people: int = 400
    noise: float = 0.08

    name: ClassVar[str] = "search"
    what: ClassVar[str] = "rank lost: 1 - mean reciprocal rank of the right topic"
    data: ClassVar[str] = "texts by topic (ag-news)"

    def learner(self) -> Learner:
        """Online logistic regression on words, one score a topic."""
        return OnlineClassifier(self.topics)

    def stage(self, material: Material, rng: np.random.Generator) -> Stage:
        """Captions are the first words of articles."""
        captions = Material(_captions(material.content), material.labels)
        history, golden, test, live, spare = captions.dealt(rng, 2000, 400, 1200, 2000)
        told = self.topics
        return Stage(
            history=known(noisy(history, self.noise, told, rng), self.people, rng),
            golden=known(golden, 2, rng),
            honest=everyday(
                noisy(live, self.noise, told, rng), self.people, self.days, rng, shown=True
            ),
            exam=self._rank_lost(test),
            spare=spare,
        )

    def _rank_lost(self, test: Material) -> Exam:
        right = np.array([self.topics.index(label) for label in test.labels])

        def harm(learner: Learner) -> float:
            p = learner.p(test.content)
            rank = (p > p[np.arange(len(right)), right][:, None]).sum(axis=1) + 1
            return float(1 - (1 / rank).mean())

        return harm

    @property
    def attacks(self) -> Mapping[str, Callable[[Stage, np.random.Generator], Play]]:
        """Attacks by name."""
        return {"name linked by a campaign": self._campaign, "clicks in small doses": self._doses}

    @property
    def controls(self) -> Mapping[str, Callable[[Stage, np.random.Generator], Play]]:
        """Honest bursts by name."""
        return {"viral news": self._viral}

    def _theme(self, stage: Stage, rng: np.random.Generator) -> tuple[str, str, Material, str]:
        """A name, its topic, texts about it, and another topic."""
        topic = str(rng.choice(self.topics))
        word = shared_theme(stage.spare, topic, 15, rng)
        about = np.array([word in text.lower().split() for text in stage.spare.content])
        wrong = str(rng.choice([other for other in self.topics if other != topic]))
        return word, topic, stage.spare.take(about & (stage.spare.labels == topic)), wrong

    def _campaign(self, stage: Stage, rng: np.random.Generator) -> Play:
        """Accounts click a wrong topic for a name, which they were not shown, in few wordings."""
        _, topic, texts, wrong = self._theme(stage, rng)
        taught, asked = texts.content[::2], texts.content[1::2]
        drawn = taught[rng.integers(0, len(taught), 450)]
        rows = gang(
            Material(drawn, np.array([wrong] * len(drawn), dtype=object)),
            [f"clicker-{i}" for i in range(60)],
            4 * DAY + rng.uniform(8, 20, len(drawn)) * 3600,
            rng,
            exposed=UNEXPOSED,
        )
        exam = self._rank_lost(Material(asked, np.array([topic] * len(asked), dtype=object)))
        return Play.of(stage, rows, attack=True).about(exam)

    def _doses(self, stage: Stage, rng: np.random.Generator) -> Play:
        """The same by accounts of the history, spread over all days; half of it was shown."""
        _, topic, texts, wrong = self._theme(stage, rng)
        taught, asked = texts.content[::2], texts.content[1::2]
        drawn = taught[rng.integers(0, len(taught), 400)]
        people = sorted(set(stage.history.sources))
        rows = gang(
            Material(drawn, np.array([wrong] * len(drawn), dtype=object)),
            [str(name) for name in rng.choice(people, 30, replace=False)],
            rng.uniform(0, self.days * DAY, len(drawn)),
            rng,
        )
        shown = np.where(rng.random(len(drawn)) < 0.5, 1, UNEXPOSED).astype(np.int8)
        object.__setattr__(rows, "exposed", shown)
        exam = self._rank_lost(Material(asked, np.array([topic] * len(asked), dtype=object)))
        return Play.of(stage, rows, attack=True).about(exam)

    def _viral(self, stage: Stage, rng: np.random.Generator) -> Play:
        """A known name is in the news of another topic: shown to everybody, clicked by a crowd."""
        word, _, _, other = self._theme(stage, rng)
        news = stage.spare.content[stage.spare.labels == other]
        drawn = news[rng.integers(0, min(len(news), 80), 350)]
        told = np.array([f"{word} {text}" for text in drawn], dtype=object)
        clicks = noisy(
            Material(told, np.array([other] * len(told), dtype=object)),
            self.noise,
            self.topics,
            rng,
        )
        rows = burst(clicks, self.people, 4.4 * DAY, 10, rng, shown=True)
        return Play.of(stage, rows, attack=False)


def _captions(texts: np.ndarray, words: int = 12) -> np.ndarray:
    out = np.empty(len(texts), dtype=object)
    out[:] = [" ".join(str(text).split()[:words]) for text in texts]
    return out
