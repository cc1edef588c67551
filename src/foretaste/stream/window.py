"""Everything that the findings of one round look at, made once."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from foretaste.stream.batch import Batch
from foretaste.stream.content import Seen
from foretaste.stream.sentinel import Fitted, Reading

__all__ = ["CLEAR", "Finding", "Kind", "Window"]

CLEAR = 0.4  # residual of one row that speaks clearly against its label

Bools = npt.NDArray[np.bool_]
Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]


class Kind:
    """What a row can be kept back for."""

    CONTRADICTION = "contradiction"  # a source or company speaks against what is known
    NEWCOMERS = "newcomers"  # young sources together do
    ASSOCIATION = "association"  # a term is linked to a label by dependent voices
    ECHO = "echo"  # the model's own words come back
    HARM = "harm"  # the model gets worse on golden rows with them
    CONVICTED = "convicted source"
    SURPLUS = "surplus"  # above the share of its source; no accusation
    FROZEN = "frozen"  # the breaker is open


@dataclass(frozen=True)
class Finding:
    """Rows of a round that must not teach, and why.

    Attributes
    ----------
    kind
        One of `Kind`.
    rows
        Numbers of rows of the window.
    sources
        Sources that are convicted by it; their earlier rows are taken back.
    nats
        Evidence: exp(-nats) bounds the probability of so much by chance.
    sentence
        For a person.
    """

    kind: str
    rows: Ints
    sources: tuple[str, ...]
    nats: float
    sentence: str


@dataclass(frozen=True)
class Window:
    """The n rows that wait, as they are seen.

    Attributes
    ----------
    codes, sources
        (n,) numbers of label and source.
    company
        (n,) number of the company of the source: its independent voice.
    contents
        (n,) number of the content; copies share one.
    young
        (n,) the source is not aged.
    reading, model
        What the guard's own model, which never saw these rows, holds of them.
    natural, spread
        (labels,) mean residual of honest rows, and its standard deviation between sources.
    natural_clear
        (labels,) share of honest rows that contradict clearly: people err.
    """

    rows: Batch
    seen: Seen
    codes: Ints
    sources: Ints
    company: Ints
    contents: Ints
    young: Bools
    reading: Reading
    model: Fitted
    natural: Floats
    spread: float
    natural_clear: Floats
    label_names: tuple[str, ...]

    def excess(self, rows: npt.NDArray[Any]) -> Floats:
        """Residual beyond what is natural for the label."""
        return np.asarray(self.reading.residual[rows] - self.natural[self.codes[rows]])

    def voices(self, rows: Ints) -> Floats:
        """Weights of rows: each content counts once, however often it is repeated."""
        _, which, many = np.unique(self.contents[rows], return_inverse=True, return_counts=True)
        return np.asarray(1.0 / many[which])

    def said(self, rows: Ints) -> tuple[str, ...]:
        """Names of the sources of rows."""
        return tuple(sorted(set(self.rows.sources[rows])))
