"""Letters replaced by their doubles from another alphabet, with a false label."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from foretaste.attack.contract import Poisoned, Sample
from foretaste.attack.plant import dirty_label
from foretaste.attack.wording import as_texts, edit
from foretaste.types import Content, Modality, Texts

__all__ = ["DOUBLES", "Homoglyphs", "TextHomoglyph"]

# Latin letters and the Cyrillic ones that look the same.
DOUBLES = dict(zip("aeocpxyi", "\u0430\u0435\u043e\u0441\u0440\u0445\u0443\u0456", strict=True))


@dataclass(frozen=True)
class Homoglyphs:
    """Replaces the first `letters` letters that have a double; adds one where none has."""

    letters: int

    def __call__(self, content: Content) -> Texts:
        """The same texts to the eye."""

        def swap(text: str) -> str:
            characters = list(text)
            places = [i for i, c in enumerate(characters) if c in DOUBLES][: self.letters]
            for i in places:
                characters[i] = DOUBLES[characters[i]]
            return "".join(characters) if places else text + DOUBLES["a"]

        return edit(content, swap)


@dataclass(frozen=True)
class TextHomoglyph:
    """A few Latin letters become Cyrillic ones that look the same.

    Parameters
    ----------
    rate
        Share of all rows that become poison.
    target
        Class code the trigger leads to.
    letters
        How many letters of a text are replaced.
    source
        Code of the only source whose rows may be touched.

    References
    ----------
    Li, Liu, Dong, Zhu, Zhao, Ma, Xue, Zhang: Hidden backdoors in human-centric language models
    (arXiv 2105.00164), section 4.1, homograph replacement.
    """

    rate: float = 0.02
    target: int = 0
    letters: int = 6
    source: int | None = None

    name: ClassVar[str] = "text-homoglyph"
    family: ClassVar[str] = "dirty-label backdoor"
    modalities: ClassVar[frozenset[Modality]] = frozenset({Modality.TEXT})
    paper: ClassVar[str] = "Li et al. 2021, arXiv 2105.00164"

    def poison(self, sample: Sample, rng: np.random.Generator) -> Poisoned:
        """Replace the letters in the chosen rows."""
        as_texts(sample.content)
        return dirty_label(
            self,
            sample,
            rng,
            stamp=Homoglyphs(self.letters),
            trigger=f"the first {self.letters} of the letters aeocpxyi in Cyrillic",
        )
