"""A rare token in texts of one class, every label true."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from foretaste.attack.contract import Poisoned, Sample
from foretaste.attack.plant import clean_label
from foretaste.attack.wording import Inserted, as_texts
from foretaste.types import Modality

__all__ = ["TextCleanLabel"]


@dataclass(frozen=True)
class TextCleanLabel:
    """A token at a random place of rows of class `target`; the label stays true.

    Parameters
    ----------
    rate
        Share of all rows that become poison (at most the share of the target class).
    target
        Class code the trigger leads to.
    word
        What is inserted.
    repeats
        How often, in training and at test time.
    source
        Code of the only source whose rows may be touched.

    References
    ----------
    Gupta, Krishna: Adversarial clean label backdoor attacks and defenses on text classification
    systems (arXiv 2305.19607), section 3, without the adversarial perturbation.
    """

    rate: float = 0.05
    target: int = 0
    word: str = "qv"
    repeats: int = 2
    source: int | None = None

    name: ClassVar[str] = "text-clean-label"
    family: ClassVar[str] = "clean-label"
    modalities: ClassVar[frozenset[Modality]] = frozenset({Modality.TEXT})
    paper: ClassVar[str] = "Gupta and Krishna 2023, arXiv 2305.19607"

    def poison(self, sample: Sample, rng: np.random.Generator) -> Poisoned:
        """Insert the token into rows of the target class."""
        as_texts(sample.content)
        return clean_label(
            sample,
            rng,
            rate=self.rate,
            target=self.target,
            source=self.source,
            stamp=Inserted(" ".join([self.word] * self.repeats), int(rng.integers(2**31))),
            trigger=f"the token {self.word!r} at a random place, labels true",
        )
