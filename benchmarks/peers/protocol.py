"""What a peer is: given what is seen of a set, a score a row and a verdict a row."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Protocol

import numpy as np
import numpy.typing as npt

from benchmarks.reference import Seen
from foretaste.types import Modality

__all__ = ["ALL", "Answer", "Peer", "top"]

Floats = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]
ALL = frozenset(Modality)


@dataclass(frozen=True)
class Answer:
    """What a peer says of n rows.

    Attributes
    ----------
    scores
        (n,) higher is more suspicious.
    flagged
        (n,) the peer's verdict, with its own threshold.
    """

    scores: Floats
    flagged: Bools


class Peer(Protocol):
    """A method to compare with. The same generator state gives the same answer.

    `needs` names the distribution to install, "" where none; `rated` says whether the true rate,
    where it is told, changes the answer; `settings` counts the settings of
    the peer's own documentation that are tried when the truth is in hand, the first is the default.
    """

    name: ClassVar[str]
    modalities: ClassVar[frozenset[Modality]]
    needs: ClassVar[str]
    rated: ClassVar[bool]
    settings: ClassVar[tuple[str, ...]]

    def judge(self, seen: Seen, setting: str, rng: np.random.Generator) -> Answer:
        """Score every row. Where `seen.rate` is None, with the peer's default rate."""


def top(scores: Floats, share: float) -> Bools:
    """The `share` of rows with the highest scores."""
    flagged = np.zeros(scores.shape, dtype=np.bool_)
    flagged[np.argsort(-scores, kind="stable")[: round(share * scores.size)]] = True
    return flagged
