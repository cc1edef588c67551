"""STRIP: a triggered row keeps its prediction when it is mixed with others."""

from __future__ import annotations

from typing import ClassVar

import numpy as np
import numpy.typing as npt

from benchmarks.peers.protocol import ALL, Answer
from benchmarks.reference import Seen
from foretaste.types import Content, Images, Modality, Table, Texts

__all__ = ["Strip"]

Ints = npt.NDArray[np.int64]
MIXES = 8


class Strip:
    """STRIP (Gao et al. 2019, arXiv 1902.06531): our own straightforward version.

    Images are averaged with another, texts and table rows take half of their words or cells from
    another. No clean rows are known: the 1 % bound comes from median and spread of all rows.
    """

    name: ClassVar[str] = "STRIP (own)"
    modalities: ClassVar[frozenset[Modality]] = ALL
    needs: ClassVar[str] = ""
    rated: ClassVar[bool] = False
    settings: ClassVar[tuple[str, ...]] = ("default",)

    def judge(self, seen: Seen, setting: str, rng: np.random.Generator) -> Answer:  # noqa: ARG002
        """Score: minus the mean entropy of the predictions of mixed rows."""
        content, n = seen.sample.content, len(seen.labels)
        entropy = np.zeros(n)
        for _ in range(MIXES):
            told = seen.predict(mixed(content, rng.integers(0, n, n), rng))
            entropy -= (told * np.log(np.maximum(told, 1e-12))).sum(axis=1) / MIXES
        centre = float(np.median(entropy))
        spread = 1.4826 * float(np.median(abs(entropy - centre)))
        return Answer(-entropy, entropy < centre - 2.326 * spread)


def mixed(content: Content, others: Ints, rng: np.random.Generator) -> Content:
    """Each row half itself, half the row named in `others`."""
    if isinstance(content, Images):
        both = content.values.astype(np.uint16) + content.values[others]
        return Images((both // 2).astype(np.uint8))
    if isinstance(content, Table):
        swap = rng.random(content.values.shape) < 0.5
        values = np.where(swap, content.values[others], content.values)
        return Table(content.names, values, content.categories)
    held = np.empty(len(content), dtype=object)
    for row, other in enumerate(others):
        words = content.values[row].split() + content.values[other].split()
        kept = rng.random(len(words)) < 0.5
        held[row] = " ".join(word for word, keep in zip(words, kept, strict=True) if keep)
    return Texts(held)
