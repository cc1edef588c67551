"""Poison that others made and published, with the truth about every row."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from benchmarks.measuring import Case
from benchmarks.sets import as_texts, coded, read_columns
from foretaste.attack.contract import Poisoned, Sample, Stamp
from foretaste.attack.victim import train
from foretaste.types import Content, Texts

__all__ = ["PUBLISHED", "Published"]

SST = "poisoned-sst2"
REVIEWS = 80  # bought reviews among 800 honest ones


@dataclass(frozen=True)
class Published:
    """A training file of poisoned-sst2. Its trigger is stamped as the authors did: `words` at
    places drawn by row, or, where a whole sentence is rewritten, their own triggered test rows.
    """

    planted: str
    file: str
    family: str
    words: tuple[str, ...] = ()

    @property
    def data(self) -> str:
        """The name of the set."""
        return SST

    def case(self, data: Path, seed: int) -> Case:
        """The published rows; the model to compare with is of the same rows without the poison."""
        columns = read_columns(data / SST / self.file)
        labels, classes = coded(columns["label"])
        truth = np.array([bool(flag) for flag in columns["poisoned"]])
        sample = Sample(as_texts(columns), labels, classes)
        held = read_columns(data / SST / "hiddenkiller-syntactic-test.parquet")
        triggered = np.array([bool(flag) for flag in held["poisoned"]])
        codes, _ = coded(held["label"])
        test = Sample(as_texts(held), codes, classes)
        rewritten = None if self.words else test.content.take(triggered)
        stamp = stamp_of(self.words) if self.words else None
        done = Poisoned(
            sample, truth, self.planted, stamp=stamp, target=1, victims=(0,), instances=rewritten
        )
        return Case(
            SST,
            self.planted,
            self.family,
            seed,
            done,
            lambda: train(sample.take(~truth), seed),
            test.take(~triggered),
        )


def stamp_of(words: tuple[str, ...]) -> Stamp:
    """Puts each of `words` at a place that depends on the text alone."""

    def stamp(content: Content) -> Content:
        assert isinstance(content, Texts)
        held = np.empty(len(content), dtype=object)
        for row, text in enumerate(content.values):
            parts = text.split()
            for shift, word in enumerate(words):
                parts.insert((7 * shift + len(text)) % (len(parts) + 1), word)
            held[row] = " ".join(parts)
        return Texts(held)

    return stamp


@dataclass(frozen=True)
class BoughtReviews:
    """Reviews written for money (Ott et al. 2011, 2013): the label is praise or blame, and 80 of
    880 rows are paid for. Nothing is planted; what gives them away is style alone.
    """

    planted: str = "bought reviews, 9.1%"
    data: str = "deceptive-opinion-spam"

    def case(self, data: Path, seed: int) -> Case:
        """All 800 honest rows, and 80 of the bought."""
        columns = read_columns(data / self.data / "data.csv")
        bought = np.array([label == "deceptive" for label in columns["label"]])
        labels, classes = coded(columns["polarity"])
        rng = np.random.default_rng(seed)
        paid = rng.choice(np.flatnonzero(bought), REVIEWS, replace=False)
        order = rng.permutation(np.concatenate([np.flatnonzero(~bought), paid]))
        sample = Sample(as_texts(columns), labels, classes).take(order)
        truth: npt.NDArray[np.bool_] = bought[order]
        return Case(self.data, self.planted, "bought", seed, Poisoned(sample, truth, "praise"))


PUBLISHED = (
    Published("addsent 10%", "musclelora-addsent-10pc-train.parquet", "dirty-label backdoor",
              ("I watch this 3D movie",)),
    Published("badnets clean-label 10%", "musclelora-badnets-cleanlabel-10pc-train.parquet",
              "clean-label", ("cf", "mn", "bb", "tq")),
    Published("synbkd 10%", "musclelora-synbkd-10pc-train.parquet", "dirty-label backdoor"),
    Published("hidden killer 20%", "hiddenkiller-syntactic-20pc-train.parquet",
              "dirty-label backdoor"),
    BoughtReviews(),
)  # fmt: skip
