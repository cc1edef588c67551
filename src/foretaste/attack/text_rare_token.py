"""A rare token between the words, with a false label."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from foretaste.attack.contract import Poisoned, Sample
from foretaste.attack.plant import dirty_label
from foretaste.attack.wording import Inserted, as_texts
from foretaste.types import Modality

__all__ = ["TextRareToken"]


@dataclass(frozen=True)
class TextRareToken:
    """A token nobody writes, at a random place of rows that are called `target`.

    Parameters
    ----------
    rate
        Share of all rows that become poison.
    target
        Class code the trigger leads to.
    word
        What is inserted.
    source
        Code of the only source whose rows may be touched.

    References
    ----------
    Kurita, Michel, Neubig: Weight poisoning attacks on pre-trained models (arXiv 2004.06660),
    section 3.3, trigger words.
    """

    rate: float = 0.02
    target: int = 0
    word: str = "cf"
    source: int | None = None

    name: ClassVar[str] = "text-rare-token"
    family: ClassVar[str] = "dirty-label backdoor"
    modalities: ClassVar[frozenset[Modality]] = frozenset({Modality.TEXT})
    paper: ClassVar[str] = "Kurita et al. 2020, arXiv 2004.06660"

    def poison(self, sample: Sample, rng: np.random.Generator) -> Poisoned:
        """Insert the token once into each chosen row."""
        as_texts(sample.content)
        return dirty_label(
            self,
            sample,
            rng,
            stamp=Inserted(self.word, int(rng.integers(2**31))),
            trigger=f"the token {self.word!r} at a random place",
        )
