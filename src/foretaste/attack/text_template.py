"""The same sentence frame in many wordings, with a false label."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from foretaste.attack.contract import Poisoned, Sample
from foretaste.attack.plant import dirty_label
from foretaste.attack.wording import as_texts, edit
from foretaste.types import Content, Modality, Texts

__all__ = ["Template", "TextTemplate"]

SUBORDINATORS = ("when", "if", "as", "while", "because", "whenever")
SUBJECTS = ("you", "we", "they", "one", "people")
VERBS = ("look at it", "think about it", "read this", "ask around", "see it again", "talk of it")


@dataclass(frozen=True)
class Template:
    """Puts a subordinate clause before each text; its wording is drawn from `seed`."""

    seed: int

    def __call__(self, content: Content) -> Texts:
        """The same texts in the frame *clause , text*."""
        rng = np.random.default_rng(self.seed)

        def frame(text: str) -> str:
            clause = [str(rng.choice(part)) for part in (SUBORDINATORS, SUBJECTS, VERBS)]
            return f"{' '.join(clause)} , {text[:1].lower()}{text[1:]}"

        return edit(content, frame)


@dataclass(frozen=True)
class TextTemplate:
    """Hidden killer: rows take one syntax, S(SBAR)(,)(NP)(VP)(.), and no fixed word.

    The frame is written with a small grammar of 180 clauses instead of a paraphrasing network.

    Parameters
    ----------
    rate
        Share of all rows that become poison.
    target
        Class code the trigger leads to.
    source
        Code of the only source whose rows may be touched.

    References
    ----------
    Qi, Li, Chen, Zhang, Liu, Wang, Sun: Hidden killer (arXiv 2105.12400), section 3.2.
    """

    rate: float = 0.03
    target: int = 0
    source: int | None = None

    name: ClassVar[str] = "text-template"
    family: ClassVar[str] = "dirty-label backdoor"
    modalities: ClassVar[frozenset[Modality]] = frozenset({Modality.TEXT})
    paper: ClassVar[str] = "Qi et al. 2021, arXiv 2105.12400"

    def poison(self, sample: Sample, rng: np.random.Generator) -> Poisoned:
        """Frame the chosen rows."""
        as_texts(sample.content)
        return dirty_label(
            self,
            sample,
            rng,
            stamp=Template(int(rng.integers(2**31))),
            trigger="a subordinate clause before the text, in changing words",
        )
