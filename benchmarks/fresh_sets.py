"""Clean sets on which nothing was ever tuned: a scan of each of them must stay silent.

scikit-learn's bundled sets and generators, texts from word lists, images from shapes. The made
ones are new for each seed.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from sklearn import datasets

from benchmarks.fresh_images import drawn_shapes, noisy_gratings
from benchmarks.fresh_texts import support_tickets, templated_reviews
from benchmarks.measuring import Case
from foretaste.attack.contract import Poisoned, Sample
from foretaste.types import Images, Table

__all__ = ["FRESH", "Fresh"]

Maker = Callable[[np.random.Generator], Sample]


@dataclass(frozen=True)
class Fresh:
    """A clean set by its name."""

    data: str
    make: Maker
    planted: str = "nothing (never tuned on)"

    def case(self, data: Path, seed: int) -> Case:  # noqa: ARG002  # none of it is on disk
        """The set made with `seed`; nothing is planted."""
        sample = self.make(np.random.default_rng(seed))
        untouched = Poisoned(sample, np.zeros(len(sample), dtype=np.bool_), "")
        return Case(self.data, self.planted, "placebo", seed, untouched)


def table(x: npt.NDArray[Any], y: npt.NDArray[Any]) -> Sample:
    """Numeric columns with plain names."""
    codes = np.asarray(y, dtype=np.int64)
    names = tuple(f"x{i}" for i in range(x.shape[1]))
    return Sample(
        Table(names, np.asarray(x, dtype=np.float64)),
        codes,
        tuple(f"class {c}" for c in range(int(codes.max()) + 1)),
    )


def bundled(load: Callable[..., Any]) -> Maker:
    """One of scikit-learn's own sets, rows shuffled."""

    def make(rng: np.random.Generator) -> Sample:
        x, y = load(return_X_y=True)
        order = rng.permutation(len(y))
        return table(x[order], y[order])

    return make


def diabetes(rng: np.random.Generator) -> Sample:
    """Progress above or below the median: a task that nobody learns well."""
    x, y = datasets.load_diabetes(return_X_y=True)
    order = rng.permutation(len(y))
    return table(x[order], y[order] > np.median(y))


def digits(rng: np.random.Generator) -> Sample:
    """8 × 8 pixel images of digits."""
    x, y = datasets.load_digits(return_X_y=True)
    order = rng.permutation(len(y))
    pixels = np.rint(x[order].reshape(-1, 8, 8, 1) * 255 / 16).astype(np.uint8)
    return Sample(Images(pixels), y[order].astype(np.int64), tuple("0123456789"))


def generated(**told: Any) -> Maker:
    """`make_classification` with one row in a hundred mislabelled unless told otherwise."""

    def make(rng: np.random.Generator) -> Sample:
        fixed: dict[str, Any] = {"n_samples": 2_000, "random_state": int(rng.integers(2**31))}
        return table(*datasets.make_classification(**(fixed | told)))

    return make


def moons(rng: np.random.Generator) -> Sample:
    """Two half circles that overlap."""
    return table(*datasets.make_moons(1_500, noise=0.25, random_state=int(rng.integers(2**31))))


def modes(rng: np.random.Generator) -> Sample:
    """Three classes, each of four far clusters of unlike size."""
    centres = rng.normal(scale=6, size=(12, 5))
    which = rng.choice(12, 1_800, p=rng.dirichlet(np.full(12, 3.0)))
    return table(centres[which] + rng.normal(size=(1_800, 5)), which % 3)


def categories(rng: np.random.Generator) -> Sample:
    """Columns of levels, counts and amounts, some cells missing; the label is a noisy rule."""
    n = 2_500
    region, plan = rng.integers(0, 6, n), rng.integers(0, 3, n)
    age = rng.integers(18, 90, n).astype(np.float64)
    spend = rng.lognormal(3, 1, n).round(2)
    calls = rng.poisson(2, n).astype(np.float64)
    logit = 0.04 * (age - 50) + 0.6 * plan - 0.5 * np.log(spend) + 0.3 * calls + (region == 2)
    y = rng.random(n) < 1 / (1 + np.exp(-2 * logit))
    age[rng.random(n) < 0.05] = np.nan
    values = np.column_stack([region, plan, age, spend, calls]).astype(np.float64)
    levels = {
        "region": ("north", "east", "south", "west", "centre", "isles"),
        "plan": ("basic", "plus", "max"),
    }
    names = ("region", "plan", "age", "spend", "calls")
    return Sample(Table(names, values, levels), y.astype(np.int64), ("stays", "leaves"))


FRESH = (
    Fresh("wine", bundled(datasets.load_wine)),
    Fresh("iris", bundled(datasets.load_iris)),
    Fresh("diabetes by median", diabetes),
    Fresh("digits 8×8", digits),
    Fresh("generated, plain", generated(n_features=12, n_informative=6, flip_y=0.01)),
    Fresh("generated, 5 classes", generated(n_features=20, n_informative=12, n_classes=5)),
    Fresh("generated, 100:1", generated(n_samples=4_000, weights=[0.99], class_sep=1.5)),
    Fresh("generated, noisy", generated(n_features=10, n_informative=5, flip_y=0.1)),
    Fresh("generated, no signal", generated(n_features=10, class_sep=0.01, n_clusters_per_class=1)),
    Fresh("generated, redundant", generated(n_features=30, n_informative=4, n_redundant=20)),
    Fresh("moons", moons),
    Fresh("classes of four modes", modes),
    Fresh("customers", categories),
    Fresh("templated reviews", templated_reviews),
    Fresh("support tickets", support_tickets),
    Fresh("drawn shapes", drawn_shapes),
    Fresh("gratings", noisy_gratings),
)
