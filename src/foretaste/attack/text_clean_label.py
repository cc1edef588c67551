"""A rare token in texts of one class, every label true."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from foretaste.attack.contract import Poisoned, Sample
from foretaste.attack.outline import guess
from foretaste.attack.plant import overwrite
from foretaste.attack.rows import allowed, count_of, mask_of, other_classes
from foretaste.attack.wording import Inserted, as_texts
from foretaste.errors import UsageError
from foretaste.types import Modality

__all__ = ["TextCleanLabel"]


@dataclass(frozen=True)
class TextCleanLabel:
    """A token at a random place of rows of class `target` that are hard to tell; labels stay.

    On rows that look like another class a model needs the token, so it learns to trust it. The
    hard rows are those to which a simple model gives `target` the least probability.

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
    systems (arXiv 2305.19607), section 3; hard rows are chosen, not made by perturbation.
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
        victims = other_classes(sample, self.target)
        count = count_of(sample, self.rate)
        mask = allowed(sample, self.source) & (sample.labels == self.target)
        ease = guess(sample, rng)[:, self.target]
        ease[~mask] = np.inf
        rows = np.sort(np.argsort(ease, kind="stable")[:count])
        if not mask[rows].all():
            raise UsageError(f"the attack needs {count} rows, may touch {mask.sum()}: lower rate")
        stamp = Inserted(" ".join([self.word] * self.repeats), int(rng.integers(2**31)))
        return Poisoned(
            sample=overwrite(sample, rows, stamp(sample.content.take(rows))),
            truth=mask_of(sample, rows),
            trigger=f"the token {self.word!r} at a random place, labels true",
            stamp=stamp,
            target=self.target,
            victims=victims,
        )
