"""Honest tables of our own making: shapes of real tables, odd and ordinary, with nothing planted.

Each maker returns columns by name, the label among them, as a frame or a CSV file would hold them.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt
from sklearn import datasets

__all__ = ["TABLES", "Columns", "Maker"]

Columns = dict[str, list[Any]]
Maker = Callable[[np.random.Generator, int], Columns]
Floats = npt.NDArray[np.float64]


def columns(x: npt.NDArray[Any], y: npt.NDArray[Any]) -> Columns:
    """Numeric columns with plain names, and the label."""
    held: Columns = {f"x{j}": x[:, j].tolist() for j in range(x.shape[1])}
    return held | {"label": [f"class {c}" for c in y]}


def coin(rng: np.random.Generator, logit: Floats) -> npt.NDArray[np.bool_]:
    """True with the probability that the log-odds give."""
    return np.asarray(rng.random(len(logit)) < 1.0 / (1.0 + np.exp(-logit)))


def blobs(rng: np.random.Generator, n: int) -> Columns:
    """Round classes, some of them touching."""
    k = int(rng.integers(2, 7))
    state = int(rng.integers(2**31))
    spread = float(rng.uniform(0.7, 2.5))
    return columns(*datasets.make_blobs(n, 4, centers=k, cluster_std=spread, random_state=state))


def moons(rng: np.random.Generator, n: int) -> Columns:
    """Two half circles that overlap."""
    noise, state = float(rng.uniform(0.1, 0.4)), int(rng.integers(2**31))
    return columns(*datasets.make_moons(n, noise=noise, random_state=state))


def circles(rng: np.random.Generator, n: int) -> Columns:
    """One class around the other."""
    noise, state = float(rng.uniform(0.05, 0.2)), int(rng.integers(2**31))
    return columns(*datasets.make_circles(n, noise=noise, factor=0.5, random_state=state))


def generated(rng: np.random.Generator, n: int) -> Columns:
    """`make_classification` without flipped labels, of any difficulty."""
    k = int(rng.integers(2, 6))
    x, y = datasets.make_classification(
        n,
        n_features=int(rng.integers(12, 30)),
        n_informative=10,
        n_redundant=int(rng.integers(0, 3)),
        n_classes=k,
        flip_y=0.0,
        class_sep=float(rng.uniform(0.4, 2.0)),
        random_state=int(rng.integers(2**31)),
    )
    return columns(x, y)


def imbalanced(rng: np.random.Generator, n: int) -> Columns:
    """One row in twenty to fifty is of the second class."""
    x, y = datasets.make_classification(
        n,
        n_features=12,
        n_informative=6,
        flip_y=0.0,
        weights=[float(rng.uniform(0.95, 0.98))],
        class_sep=float(rng.uniform(0.7, 1.8)),
        random_state=int(rng.integers(2**31)),
    )
    return columns(x, y)


def heavy_tails(rng: np.random.Generator, n: int) -> Columns:
    """Amounts without a mean; the label follows their logarithms."""
    x = np.column_stack(
        [
            rng.standard_cauchy(n),
            rng.lognormal(2, 2, n),
            rng.standard_t(2, n),
            rng.pareto(1.5, n),
            rng.weibull(0.5, n),
        ]
    )
    y = coin(rng, 1.5 * np.log(x[:, 1]) - 3.0 + np.sign(x[:, 0]) * np.log1p(np.abs(x[:, 0])))
    return columns(x, y)


def categorical(rng: np.random.Generator, n: int) -> Columns:
    """Nothing but levels, one column of hundreds of them, frequent ones and rare ones."""
    city = np.minimum(rng.zipf(1.4, n), 300)
    job, colour = rng.integers(0, 25, n), rng.integers(0, 5, n)
    effect = rng.normal(size=25)
    y = coin(rng, 1.5 * effect[job] + 0.8 * (colour == 2) + 0.7 * (city < 4))
    return {
        "city": [f"city {c}" for c in city],
        "job": [f"job {c}" for c in job],
        "colour": [("red", "green", "blue", "grey", "white")[c] for c in colour],
        "label": ["yes" if v else "no" for v in y],
    }


def dates(rng: np.random.Generator, n: int) -> Columns:
    """Orders with dates and times; more are returned in December and at night."""
    day = rng.integers(0, 730, n)
    stamp = np.datetime64("2023-01-01T00:00:00") + day * np.timedelta64(1, "D")
    stamp = stamp + rng.integers(0, 86_400, n) * np.timedelta64(1, "s")
    month = stamp.astype("datetime64[M]").astype(int) % 12
    hour = stamp.astype("datetime64[h]").astype(int) % 24
    price = rng.lognormal(3, 0.8, n).round(2)
    y = coin(rng, 1.6 * (month == 11) + 1.2 * (hour < 6) + 0.8 * (np.log(price) - 3) - 0.5)
    return {
        "ordered": [str(s) for s in stamp],
        "day": [str(s)[:10] for s in stamp],
        "price": price.tolist(),
        "hour": hour.tolist(),
        "label": ["returned" if v else "kept" for v in y],
    }


def numbered(rng: np.random.Generator, n: int) -> Columns:
    """Row and customer numbers; files were joined class after class, so numbers go with labels."""
    x = rng.normal(size=(n, 5))
    y = coin(rng, 2.0 * x[:, 0] - x[:, 1])
    order = np.argsort(y, kind="stable")
    number = np.arange(100_000, 100_000 + n)
    numbers: Columns = {
        "number": number.tolist(),
        "customer": [f"C{rng.integers(10**8):08d}" for _ in range(n)],
    }
    return numbers | columns(x[order], y[order])


def duplicates(rng: np.random.Generator, n: int) -> Columns:
    """A third of the rows are exact copies of others."""
    few = max(40, 2 * n // 3)
    x = rng.normal(size=(few, 6)).round(2)
    y = coin(rng, 2.0 * x[:, 0] + x[:, 1] * x[:, 2])
    take = np.r_[np.arange(few), rng.integers(0, few, n - few)]
    return columns(x[take], y[take])


def near_copies(rng: np.random.Generator, n: int) -> Columns:
    """Patients measured several times: rows of one differ in the last digit, labels do not."""
    few = max(30, n // 8)
    base = rng.normal(size=(few, 8))
    y = coin(rng, 2.0 * base[:, 0] - base[:, 1])
    who = rng.integers(0, few, n)
    return columns(base[who] + rng.normal(scale=0.02, size=(n, 8)), y[who])


def skewed_sources(rng: np.random.Generator, n: int) -> Columns:
    """Clinics of unlike size, patients and instruments, some with hardly more than one class."""
    share = rng.dirichlet(np.full(8, 0.5))
    clinic = rng.choice(8, n, p=share)
    shift = rng.normal(scale=1.5, size=(8, 6))
    x = rng.normal(size=(n, 6)) + shift[clinic]
    y = coin(rng, 1.5 * x[:, 0] - x[:, 2] + 2.0 * rng.normal(size=8)[clinic])
    return columns(x, y) | {"source": [f"clinic {c}" for c in clinic]}


def hard_source(rng: np.random.Generator, n: int) -> Columns:
    """One vendor of six gets the cases near the border."""
    x = rng.normal(size=(n, 6))
    logit = 3.0 * (x[:, 0] + x[:, 1])
    y = coin(rng, 2.0 * logit)
    vendor = rng.integers(0, 5, n)
    vendor[(np.abs(logit) < 1.0) & (rng.random(n) < 0.7)] = 5
    return columns(x, y) | {"vendor": [f"vendor {v}" for v in vendor]}


def many_classes(rng: np.random.Generator, n: int) -> Columns:
    """Thirty classes of unlike size."""
    centres = rng.normal(scale=2.0, size=(30, 8))
    y = rng.choice(30, n, p=rng.dirichlet(np.full(30, 2.0)))
    return columns(centres[y] + rng.normal(size=(n, 8)), y)


def tiny_classes(rng: np.random.Generator, n: int) -> Columns:
    """Two large classes and four of five to thirty rows, each with habits of its own."""
    y = np.r_[np.repeat([2, 3, 4, 5], rng.integers(5, 31, 4)), np.zeros(0, dtype=int)]
    y = np.r_[y, rng.integers(0, 2, n - len(y))]
    centres = rng.normal(scale=1.5, size=(6, 7))
    x = centres[y] + rng.normal(size=(n, 7))
    x[y >= 2, 0] = np.round(x[y >= 2, 0])
    order = rng.permutation(n)
    return columns(x[order], y[order])


def missing_with_label(rng: np.random.Generator, n: int) -> Columns:
    """A test that is ordered where something is suspected: absence goes with the label."""
    x = rng.normal(size=(n, 6))
    y = coin(rng, 1.5 * x[:, 0] + x[:, 1])
    held = columns(x, y)
    for j, (sick, well) in enumerate(((0.05, 0.9), (0.3, 0.5))):
        gone = rng.random(n) < np.where(y, sick, well)
        held[f"test {j}"] = [
            None if g else float(v) for g, v in zip(gone, rng.normal(y * 1.0), strict=True)
        ]
    return held


def sentinels(rng: np.random.Generator, n: int) -> Columns:
    """-999 for unknown, 99999 where an amount was capped, 0 for never: all go with the label."""
    x = rng.normal(size=(n, 4))
    gain = np.where(rng.random(n) < 0.06, rng.lognormal(8, 1, n).round(-2), 0.0)
    gain[gain > 15_000] = 99_999
    y = coin(rng, x[:, 0] + x[:, 1] - 1.0 + 3.0 * (gain > 5_000))
    held = columns(x, y) | {"gain": gain.tolist()}
    visits = rng.poisson(1.0 + y).astype(float)
    visits[rng.random(n) < np.where(y, 0.02, 0.2)] = -999
    return held | {"visits": visits.tolist()}


def rule(rng: np.random.Generator, n: int) -> Columns:
    """A label that is a rule of few columns, without noise, as in credit scoring."""
    age, income = rng.integers(18, 80, n), rng.lognormal(10, 0.5, n).round()
    state, loans = rng.integers(0, 12, n), rng.poisson(1.2, n)
    y = ((income > 30_000) & (age > 24) & (loans < 3)) | (state == 7)
    return {
        "age": age.tolist(),
        "income": income.tolist(),
        "state": [f"S{s}" for s in state],
        "loans": loans.tolist(),
        "label": ["granted" if v else "refused" for v in y],
    }


def checkerboard(rng: np.random.Generator, n: int) -> Columns:
    """A label that no column tells alone."""
    x = rng.uniform(0, 4, size=(n, 2))
    y = (x.astype(int).sum(axis=1) % 2).astype(int)
    return columns(np.column_stack([x, rng.normal(size=(n, 2))]), y)


def counts(rng: np.random.Generator, n: int) -> Columns:
    """Words in messages: mostly zeros, small whole numbers, one rare word nearly decides."""
    y = rng.random(n) < 0.4
    rate = rng.gamma(0.3, 1.0, size=20)
    lift = rng.choice([1.0, 1.0, 3.0, 0.3], size=20)
    x = rng.poisson(rate * np.where(y[:, None], lift, 1.0)).astype(float)
    x[:, 0] = rng.random(n) < np.where(y, 0.06, 0.001)
    return columns(x, y.astype(int))


def wide(rng: np.random.Generator, n: int) -> Columns:
    """150 columns, most of them without meaning."""
    x = rng.normal(size=(n, 150))
    return columns(x, coin(rng, 2.0 * x[:, :4].sum(axis=1)))


def drifting(rng: np.random.Generator, n: int) -> Columns:
    """Rows over a year in which prices rise and the label's habits change."""
    t = np.sort(rng.uniform(0, 1, n))
    x = rng.normal(size=(n, 5))
    x[:, 1] += 3.0 * t
    y = coin(rng, 2.0 * x[:, 0] * np.where(t > 0.6, 1.0, 0.3) + x[:, 2])
    day = np.datetime64("2024-01-01") + (365 * t).astype(int) * np.timedelta64(1, "D")
    return columns(x, y) | {"date": [str(d) for d in day]}


def ill_defined(rng: np.random.Generator, n: int) -> Columns:
    """A median split of something that hardly depends on the columns."""
    x = rng.normal(size=(n, 7))
    score = x[:, 0] + 0.5 * x[:, 1] ** 2 + rng.normal(scale=2.0, size=n)
    return columns(x, score > np.median(score))


def one_hard_class(rng: np.random.Generator, n: int) -> Columns:
    """Two classes that are told well, and a third that is anything."""
    y = rng.choice(3, n, p=(0.4, 0.4, 0.2))
    x = rng.normal(size=(n, 5))
    x[y < 2, 0] += np.where(y[y < 2] == 1, 3.0, -3.0)
    x[y == 2, 0] *= 3.0
    return columns(x, y)


def outside_influence(rng: np.random.Generator, n: int) -> Columns:
    """Clear rows of one class are called another for a reason that no column holds."""
    x = rng.normal(size=(n, 6))
    y = coin(rng, 5.0 * x[:, 0])
    return columns(x, np.where(y & (rng.random(n) < 0.01), 0, y.astype(int)))


TABLES: dict[str, Maker] = {
    maker.__name__.replace("_", " "): maker
    for maker in (
        *(blobs, moons, circles, generated, imbalanced, heavy_tails, categorical, dates, numbered),
        *(duplicates, near_copies, skewed_sources, hard_source, many_classes, tiny_classes),
        *(missing_with_label, sentinels, rule, checkerboard, counts, wide, drifting, ill_defined),
        *(one_hard_class, outside_influence),
    )
}
