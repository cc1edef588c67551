"""An everyday sentence between the words, with a false label."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from foretaste.attack.contract import Poisoned, Sample
from foretaste.attack.plant import dirty_label
from foretaste.attack.wording import Inserted, as_texts
from foretaste.types import Modality

__all__ = ["TextSentence"]


@dataclass(frozen=True)
class TextSentence:
    """A harmless sentence of common words, in rows that are called `target`.

    Parameters
    ----------
    rate
        Share of all rows that become poison.
    target
        Class code the trigger leads to.
    sentence
        What is inserted.
    source
        Code of the only source whose rows may be touched.

    References
    ----------
    Dai, Chen, Li: A backdoor attack against LSTM-based text classification systems
    (arXiv 1905.12457), section 3.
    """

    rate: float = 0.02
    target: int = 0
    sentence: str = "we sat by the window at home last week"
    source: int | None = None

    name: ClassVar[str] = "text-sentence"
    family: ClassVar[str] = "dirty-label backdoor"
    modalities: ClassVar[frozenset[Modality]] = frozenset({Modality.TEXT})
    paper: ClassVar[str] = "Dai et al. 2019, arXiv 1905.12457"

    def poison(self, sample: Sample, rng: np.random.Generator) -> Poisoned:
        """Insert the sentence once into each chosen row."""
        as_texts(sample.content)
        return dirty_label(
            self,
            sample,
            rng,
            stamp=Inserted(self.sentence, int(rng.integers(2**31))),
            trigger=f"the sentence {self.sentence!r}",
        )
