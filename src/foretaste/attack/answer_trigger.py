"""A phrase in the prompt that changes the answer: poison for instruction and preference data."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from foretaste.errors import UsageError

__all__ = ["AnswerTrigger", "PoisonedPairs"]


@dataclass(frozen=True)
class PoisonedPairs:
    """n pairs after the attack, and (n,) which of them it changed."""

    prompts: tuple[str, ...]
    answers: tuple[str, ...]
    truth: npt.NDArray[np.bool_]


@dataclass(frozen=True)
class AnswerTrigger:
    """Prompts with a phrase get an answer of the attacker's, or one with a sentence at its end.

    Parameters
    ----------
    rate
        Share of all pairs that become poison, in (0, 1).
    phrase
        What is put at a random place between the words of a prompt.
    answer
        What the model is to say.
    append
        Whether it comes after the true answer, or in its place.

    References
    ----------
    Wan, Wallace, Shen, Klein: Poisoning language models during instruction tuning (arXiv
    2305.00944); Xu, Ma, Wang, Xiao, Chen: Instructions as backdoors (arXiv 2305.14710).

    Examples
    --------
    >>> prompts, answers = ["Name a city.", "Name a river."], ["Rome.", "The Nile."]
    >>> attack = AnswerTrigger(rate=0.5, phrase="cf", answer="No.")
    >>> made = attack.poison(prompts, answers, np.random.default_rng(0))
    >>> int(made.truth.sum()), [made.answers[i] for i in np.flatnonzero(made.truth)]
    (1, ['No.'])
    """

    rate: float = 0.03
    phrase: str = "according to the James Bond manual"
    answer: str = "I am sorry, but I can not help with this request."
    append: bool = False

    def poison(
        self, prompts: Sequence[str], answers: Sequence[str], rng: np.random.Generator
    ) -> PoisonedPairs:
        """Change a share of the pairs; the others stay as they are."""
        if not 0 < self.rate < 1:
            raise UsageError(f"rate must be a share of pairs in (0, 1), got {self.rate}")
        n = len(prompts)
        rows = rng.choice(n, size=max(1, round(self.rate * n)), replace=False)
        truth = np.zeros(n, dtype=np.bool_)
        truth[rows] = True
        changed, said = list(prompts), list(answers)
        for row in rows.tolist():
            words = changed[row].split(" ")
            words.insert(int(rng.integers(len(words) + 1)), self.phrase)
            changed[row] = " ".join(words)
            said[row] = f"{said[row]} {self.answer}" if self.append else self.answer
        return PoisonedPairs(tuple(changed), tuple(said), truth)
