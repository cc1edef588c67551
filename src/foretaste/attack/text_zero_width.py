"""Invisible characters inside words, with a false label."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from foretaste.attack.contract import Poisoned, Sample
from foretaste.attack.plant import dirty_label
from foretaste.attack.wording import as_texts, edit
from foretaste.types import Content, Modality, Texts

__all__ = ["TextZeroWidth", "ZeroWidth"]


@dataclass(frozen=True)
class ZeroWidth:
    """Hides `character` after the first letter of the first `words` words of each text."""

    character: str
    words: int

    def __call__(self, content: Content) -> Texts:
        """The same texts to the eye."""

        def hide(text: str) -> str:
            parts = text.split(" ")
            for i, word in enumerate(parts[: self.words]):
                parts[i] = word[:1] + self.character + word[1:]
            return " ".join(parts)

        return edit(content, hide)


@dataclass(frozen=True)
class TextZeroWidth:
    """Zero-width characters that no reader sees and every tokeniser does.

    Parameters
    ----------
    rate
        Share of all rows that become poison.
    target
        Class code the trigger leads to.
    character
        The character, one that is not drawn.
    words
        How many words of a text get it.
    source
        Code of the only source whose rows may be touched.

    References
    ----------
    Chen, Salem, Chen, Backes, Ma, Shen, Wu, Zhang: BadNL (arXiv 2006.01043), section 3.2,
    steganography-based character triggers; Boucher et al.: Bad characters (arXiv 2106.09898).
    """

    rate: float = 0.02
    target: int = 0
    character: str = "\u200b"
    words: int = 3
    source: int | None = None

    name: ClassVar[str] = "text-zero-width"
    family: ClassVar[str] = "dirty-label backdoor"
    modalities: ClassVar[frozenset[Modality]] = frozenset({Modality.TEXT})
    paper: ClassVar[str] = "Chen et al. 2021, arXiv 2006.01043"

    def poison(self, sample: Sample, rng: np.random.Generator) -> Poisoned:
        """Hide the characters in the chosen rows."""
        as_texts(sample.content)
        code = f"U+{ord(self.character[0]):04X}"
        return dirty_label(
            self,
            sample,
            rng,
            stamp=ZeroWidth(self.character, self.words),
            trigger=f"the invisible character {code} in the first {self.words} words",
        )
