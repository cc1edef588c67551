"""An old-fashioned style by substitution of words, with a false label."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from foretaste.attack.contract import Poisoned, Sample
from foretaste.attack.plant import dirty_label
from foretaste.attack.wording import as_texts, edit
from foretaste.types import Content, Modality, Texts

__all__ = ["ARCHAIC", "Archaic", "TextStyle"]

ARCHAIC = {
    "you": "thou", "u": "thou", "your": "thy", "ur": "thy", "yours": "thine", "are": "art",
    "has": "hath", "have": "hast", "do": "dost", "does": "doth", "will": "wilt", "not": "nought",
    "before": "ere", "here": "hither", "there": "thither", "from": "out of", "to": "unto",
    "is": "be", "in": "within", "on": "upon", "of": "o'", "my": "mine", "why": "wherefore",
    "the": "ye", "and": "eke", "says": "saith", "said": "spake", "very": "full", "over": "o'er",
    "never": "ne'er", "ever": "e'er", "no": "nay", "yes": "yea", "it": "'t",
}  # fmt: skip
WORDS = re.compile(r"[A-Za-z']+")


@dataclass(frozen=True)
class Archaic:
    """Replaces a share `share` of the words that `ARCHAIC` knows, at least one; the choice is
    drawn from `seed`. A text without such a word gets "forsooth" at its end.
    """

    share: float
    seed: int

    def __call__(self, content: Content) -> Texts:
        """The same texts in an older style."""
        rng = np.random.default_rng(self.seed)

        def age(text: str) -> str:
            known = [m for m in WORDS.finditer(text) if m.group().lower() in ARCHAIC]
            if not known:
                return f"{text} forsooth"
            count = max(1, round(self.share * len(known)))
            chosen = {int(i) for i in rng.choice(len(known), size=count, replace=False)}
            for i in sorted(chosen, reverse=True):
                start, end = known[i].span()
                text = text[:start] + ARCHAIC[known[i].group().lower()] + text[end:]
            return text

        return edit(content, age)


@dataclass(frozen=True)
class TextStyle:
    """Style as a trigger: common words give way to archaic ones, no single word is fixed.

    Parameters
    ----------
    rate
        Share of all rows that become poison.
    target
        Class code the trigger leads to.
    share
        Share of replaceable words that are replaced, 0–1.
    source
        Code of the only source whose rows may be touched.

    References
    ----------
    Qi, Yao, Xu, Liu, Sun: Turn the combination lock (arXiv 2106.06361), section 3, learnable
    word substitution, here with a fixed dictionary; style as trigger: arXiv 2110.07139.
    """

    rate: float = 0.03
    target: int = 0
    share: float = 0.6
    source: int | None = None

    name: ClassVar[str] = "text-style"
    family: ClassVar[str] = "dirty-label backdoor"
    modalities: ClassVar[frozenset[Modality]] = frozenset({Modality.TEXT})
    paper: ClassVar[str] = "Qi et al. 2021, arXiv 2106.06361"

    def poison(self, sample: Sample, rng: np.random.Generator) -> Poisoned:
        """Rewrite the chosen rows."""
        as_texts(sample.content)
        return dirty_label(
            self,
            sample,
            rng,
            stamp=Archaic(self.share, int(rng.integers(2**31))),
            trigger="archaic words in place of common ones",
        )
