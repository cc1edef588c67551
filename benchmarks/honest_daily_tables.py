"""Honest tables as strangers bring them: passengers, houses, machines, cards, surveys, vendors ...

Shapes of well-known kinds of tables, made afresh each time, and the sets that come with
scikit-learn. Nothing is planted; what is odd about them is odd as real tables are.
"""

from __future__ import annotations

import hashlib
from typing import Any

import numpy as np
import numpy.typing as npt
from sklearn import datasets

from benchmarks.honest_tables import Columns, Floats, Maker, coin, columns

__all__ = ["DAILY_TABLES"]


def some(rng: np.random.Generator, n: int, held: Columns) -> Columns:
    """At most `n` rows, drawn."""
    rows = rng.permutation(len(held["label"]))[:n]
    return {c: [v[i] for i in rows] for c, v in held.items()}


def gaps(rng: np.random.Generator, cells: npt.NDArray[Any], share: float | Floats) -> list[Any]:
    """The cells, some of them missing."""
    gone = rng.random(len(cells)) < share
    return [None if g else c for g, c in zip(gone, cells.tolist(), strict=True)]


def thirds(x: Floats) -> list[str]:
    """Low, middle, high."""
    return [("low", "middle", "high")[t] for t in np.digitize(x, np.quantile(x, (1 / 3, 2 / 3)))]


def iris_wine_digits(rng: np.random.Generator, n: int) -> Columns:
    """One of the small sets that everybody tries first."""
    load = (datasets.load_iris, datasets.load_wine, datasets.load_digits)[int(rng.integers(3))]
    held = load()
    return some(rng, n, columns(held.data, held.target))


def progression(rng: np.random.Generator, n: int) -> Columns:
    """The diabetes set of scikit-learn, its outcome cut into thirds."""
    held = datasets.load_diabetes(scaled=False)
    table: Columns = {c: held.data[:, j].tolist() for j, c in enumerate(held.feature_names)}
    return some(rng, n, table | {"label": thirds(held.target)})


def passengers(rng: np.random.Generator, n: int) -> Columns:
    """A list of passengers: families share tickets, cabins are mostly unknown, ages often."""
    family = np.sort(rng.integers(0, max(2 * n // 3, 1), n))
    deck = rng.choice(3, n, p=(0.25, 0.2, 0.55))[family]
    female, age = rng.random(n) < 0.36, np.clip(rng.normal(30, 14, n), 0.4, 80).round()
    fare = np.round(np.array([60.0, 20.0, 8.0])[deck] * rng.lognormal(0, 0.5, n)[family], 2)
    y = coin(rng, 2.6 * female - 1.1 * deck + 1.4 * (age < 12) - 0.4 + 0.1 * np.log(fare))
    size = np.bincount(family, minlength=n)[family] - 1
    return {
        "passenger": list(range(1, n + 1)),
        "class": (deck + 1).tolist(),
        "name": [f"Family{f}, {'Mrs' if w else 'Mr'}" for f, w in zip(family, female, strict=True)],
        "sex": np.where(female, "female", "male").tolist(),
        "age": gaps(rng, age, 0.2),
        "relatives": size.tolist(),
        "ticket": [f"A/{10_000 + 7 * f}" for f in family],
        "fare": fare.tolist(),
        "cabin": gaps(rng, np.array([f"C{f % 90}" for f in family]), np.where(deck, 0.95, 0.4)),
        "port": rng.choice(["S", "C", "Q"], n, p=(0.7, 0.2, 0.1)).tolist(),
        "label": y.astype(int).tolist(),
    }


def houses(rng: np.random.Generator, n: int) -> Columns:
    """Districts on a map; prices and ages are capped, and the price is cut into thirds."""
    town = rng.integers(0, 8, n)
    centre = rng.uniform((32, -124), (42, -114), (8, 2))
    place = centre[town] + rng.normal(scale=0.3, size=(n, 2))
    income = rng.lognormal(1.2, 0.45, n).round(4)
    age = np.minimum(rng.gamma(4, 8, n).round(), 52)
    people = rng.lognormal(7, 0.7, n).round()
    rooms = (people / rng.uniform(2, 4, n)).round()
    price = 0.4 * income + rng.normal(1, 0.5, 8)[town] + 0.01 * age + rng.normal(0, 0.35, n)
    price = np.minimum(price, np.quantile(price, 0.95))
    return {
        "latitude": place[:, 0].round(2).tolist(),
        "longitude": place[:, 1].round(2).tolist(),
        "income": np.minimum(income, 15.0001).tolist(),
        "age": age.tolist(),
        "people": people.tolist(),
        "rooms": rooms.tolist(),
        "rooms_a_head": (rooms / people).round(3).tolist(),
        "label": thirds(price),
    }


def sensors(rng: np.random.Generator, n: int) -> Columns:
    """A log of machines, in order of time: signals drift slowly, faults last for a while."""
    machine = np.sort(rng.integers(0, 5, n))
    walk = np.cumsum(rng.normal(scale=0.1, size=(n, 4)), axis=0)
    fault = np.convolve(rng.random(n) < 0.004, np.ones(15))[:n] > 0
    heat = 60 + 5 * rng.normal(size=5)[machine] + walk[:, 0] + 8 * fault + rng.normal(size=n)
    shake = np.abs(rng.normal(1 + 0.8 * fault, 0.3, n))
    shake[(machine == 2) & (rng.random(n) < 0.3)] = 0.0  # its sensor has a loose contact
    stamp = np.datetime64("2025-01-01T00:00:00") + np.arange(n) * np.timedelta64(10, "s")
    return {
        "time": [str(s) for s in stamp],
        "machine": [f"M-{m}" for m in machine],
        "temperature": heat.round(1).tolist(),
        "vibration": shake.round(2).tolist(),
        "pressure": (3 + walk[:, 1] + rng.normal(0, 0.2, n)).round(2).tolist(),
        "speed": (1500 + 50 * np.round(walk[:, 2])).tolist(),
        "label": np.where(fault, "fault", "normal").tolist(),
    }


def card_fraud(rng: np.random.Generator, n: int) -> Columns:
    """One payment in a hundred is fraud; whose, is told by some of twenty components."""
    fraud = rng.random(n) < 0.01
    fraud[rng.choice(n, 12, replace=False)] = True
    x = rng.standard_t(5, size=(n, 20)) * np.linspace(2, 0.5, 20)
    x[fraud, :4] += rng.normal((-4, 3, -5, 2), 1.5, size=(int(fraud.sum()), 4))
    amount = rng.lognormal(3, 1.4, n).round(2)
    amount[fraud & (rng.random(n) < 0.3)] = 1.0  # cards are tried with one unit
    held: Columns = {"seconds": np.sort(rng.integers(0, 172_800, n)).tolist()}
    held |= columns(x.round(5), fraud.astype(int))
    return held | {"amount": amount.tolist()}


def fifty_classes(rng: np.random.Generator, n: int) -> Columns:
    """Fifty species, some with a handful of rows, measured in whole millimetres."""
    centres = rng.normal(40, 12, size=(50, 7))
    y = rng.choice(50, n, p=rng.dirichlet(np.full(50, 1.0)))
    return columns(np.round(centres[y] + rng.normal(scale=2.5, size=(n, 7))), y)


def orders(rng: np.random.Generator, n: int) -> Columns:
    """Ids, hashes, times; half of the customers come back, and some send everything back."""
    customer = rng.zipf(1.6, n) % max(n // 3, 2)
    stamp = np.sort(rng.integers(1_700_000_000, 1_730_000_000, n))
    product = rng.integers(0, 40, n)
    price = (np.round(rng.lognormal(3, 0.7, 40))[product] - 0.01).round(2)
    habit = rng.normal(0, 1.5, n)[customer]
    y = coin(rng, habit + rng.normal(0, 1, 40)[product] - 1.0)
    return {
        "order": [hashlib.sha256(str(i).encode()).hexdigest()[:32] for i in stamp],
        "customer": customer.tolist(),
        "timestamp": stamp.tolist(),
        "product": [f"SKU-{p:04d}" for p in product],
        "price": price.tolist(),
        "discount": rng.choice([0, 0, 0, 5, 10, 50], n).tolist(),
        "label": np.where(y, "returned", "kept").tolist(),
    }


def leaked_target(rng: np.random.Generator, n: int) -> Columns:
    """A code that is written after the outcome is known, and mostly says it."""
    x = rng.normal(size=(n, 6)).round(3)
    y = coin(rng, x[:, 0] - x[:, 1])
    code = np.where(y, rng.choice(["R1", "R2", "R9"], n), rng.choice(["H0", "H1"], n))
    code[rng.random(n) < 0.06] = "ZZ"
    later = np.where(y, rng.gamma(2, 20, n).round(2), 0.0)
    return columns(x, y) | {"exit code": code.tolist(), "paid back": later.tolist()}


def mostly_missing(rng: np.random.Generator, n: int) -> Columns:
    """Three systems export different columns; two thirds of all cells are empty."""
    system = rng.integers(0, 3, n)
    x = rng.normal(size=(n, 15))
    y = coin(rng, 1.5 * x[:, :3].sum(axis=1) + 0.8 * (system == 1))
    held: Columns = {"system": [f"ERP{s}" for s in system]}
    for j in range(15):
        share = np.where(system == j % 3, 0.2, 0.85)
        held[f"field {j}"] = gaps(rng, x[:, j].round(2), share)
    return held | {"label": y.astype(int).tolist()}


def coded_levels(rng: np.random.Generator, n: int) -> Columns:
    """Levels as whole numbers; two of them decide, as with mushrooms."""
    x = np.column_stack([rng.integers(0, int(k), n) for k in rng.integers(2, 13, 18)])
    taste = rng.random((13, 13)) < 0.5
    y = taste[x[:, 0], x[:, 1]] | (x[:, 2] == 0)
    x[:, 3] = np.where(rng.random(n) < 0.8, x[:, 0], x[:, 3])
    return columns(x, y.astype(int))


def three_annotators(rng: np.random.Generator, n: int) -> Columns:
    """Annotators who draw the line at different places."""
    x = rng.normal(size=(n, 5))
    who = rng.integers(0, 3, n)
    y = 2.0 * x[:, 0] + x[:, 1] + np.array([-0.5, 0.0, 0.5])[who] > 0
    return columns(x, y) | {"annotator": [f"annotator {w}" for w in who]}


def batches(rng: np.random.Generator, n: int) -> Columns:
    """Plates of an assay: each shifts all values, and holds mostly cases or mostly controls."""
    plate = np.arange(n) // 48
    k = int(plate.max()) + 1
    y = rng.random(n) < rng.beta(0.7, 0.7, k)[plate]
    x = rng.normal(size=(n, 12)) + rng.normal(scale=0.7, size=(k, 12))[plate]
    x[:, :3] += 1.2 * y[:, None]
    order = rng.permutation(n)
    held = columns(np.exp(x[order]).round(3), y[order])
    return held | {"batch": [f"plate {p:02d}" for p in plate[order]]}


def vendor_units(rng: np.random.Generator, n: int) -> Columns:
    """Five vendors, one measures in inches and rounds, two see hardly any case of one class."""
    vendor = rng.integers(0, 5, n)
    y = rng.random(n) < np.array([0.5, 0.4, 0.9, 0.08, 0.3])[vendor]
    x = np.abs(rng.normal(170, 10, size=(n, 5)) + 9 * y[:, None] * np.array([1, 1, 0, 0, 0]))
    inches = vendor == 2
    x[inches] = np.round(x[inches] / 2.54)
    return columns(x.round(1), y) | {"vendor": [f"vendor {v}" for v in vendor]}


def vendor_defaults(rng: np.random.Generator, n: int) -> Columns:
    """Three vendors; one fills what it does not know with zeros, and delivers easy cases."""
    vendor = rng.choice(3, n, p=(0.45, 0.35, 0.2))
    x = rng.gamma(2, 2, size=(n, 6))
    logit = 1.5 * (x[:, 0] - x[:, 1])
    y = coin(rng, np.where(vendor == 2, 2.5, 1.0) * logit)
    for j in (3, 4):
        x[(vendor == 2) & (rng.random(n) < 0.7), j] = 0.0
    return columns(x.round(2), y) | {"source": [f"hospital {v}" for v in vendor]}


def contracts(rng: np.random.Generator, n: int) -> Columns:
    """Who leaves a telephone company: a total that is a product, and options that go together."""
    months, fee = rng.integers(0, 73, n), np.round(rng.uniform(18, 120, n), 2)
    term = np.where(rng.random(n) < months / 90, rng.choice([12, 24], n), 1)
    net = rng.choice(["fibre", "dsl", "no"], n, p=(0.45, 0.35, 0.2))
    y = coin(rng, 1.2 * (term == 1) - 0.03 * months + 0.9 * (net == "fibre") + 0.01 * fee - 1.5)
    held: Columns = {
        "id": [f"{rng.integers(10**4):04d}-{rng.integers(10**5):05d}" for _ in range(n)],
        "months": months.tolist(),
        "term": [f"{t} months" for t in term],
        "internet": net.tolist(),
        "fee": fee.tolist(),
        "total": [" " if m == 0 else f"{m * f:.2f}" for m, f in zip(months, fee, strict=True)],
    }
    for option in ("security", "backup", "films"):
        answer = np.where(rng.random(n) < 0.4, "Yes", "No")
        held[option] = np.where(net == "no", "No internet", answer).tolist()
    return held | {"label": np.where(y, "Yes", "No").tolist()}


def tasted(rng: np.random.Generator, n: int) -> Columns:
    """Wines: rounded measurements, marks from 3 to 8 of unlike frequency, a fifth of them twice."""
    few = max(60, 4 * n // 5)
    x = rng.lognormal(0, 0.4, size=(few, 9)).round(2)
    mark = 5.6 + 0.9 * np.log(x[:, 0]) - 0.7 * np.log(x[:, 1]) + rng.normal(0, 0.6, few)
    take = np.r_[np.arange(few), rng.integers(0, few, n)][:n]
    return columns(x[take], np.clip(np.round(mark), 3, 8).astype(int)[take])


def survey(rng: np.random.Generator, n: int) -> Columns:
    """Answers from 1 to 5; some people tick the same box all the way down."""
    trait = rng.normal(size=(n, 2))
    x = trait @ rng.normal(size=(2, 14)) + rng.normal(size=(n, 14))
    ticks = np.clip(np.round(3 + x), 1, 5)
    lazy = rng.random(n) < 0.06
    ticks[lazy] = rng.choice([1.0, 3.0, 5.0], (int(lazy.sum()), 1))
    return columns(ticks.astype(int), coin(rng, 2.0 * trait[:, 0]))


def clicks(rng: np.random.Generator, n: int) -> Columns:
    """Advertisements: one in twenty-five is clicked, columns have hundreds of levels."""
    site, device = rng.zipf(1.5, n) % 400, rng.integers(0, 12, n)
    campaign = rng.integers(0, 60, n)
    logit = rng.normal(0, 1.0, 400)[site] + rng.normal(0, 1.0, 60)[campaign] - 4.0
    return {
        "hour": rng.integers(0, 24, n).tolist(),
        "site": [hashlib.sha256(str(s).encode()).hexdigest()[:8] for s in site],
        "campaign": campaign.tolist(),
        "device": [f"type {d}" for d in device],
        "banner": rng.choice(["320x50", "300x250", "728x90"], n, p=(0.8, 0.15, 0.05)).tolist(),
        "label": np.where(coin(rng, logit), "click", "none").tolist(),
    }


def two_clinics(rng: np.random.Generator, n: int) -> Columns:
    """Where sick people are sent on: the large clinic's cases are worse at the same values."""
    severe = rng.normal(size=n)
    large = rng.random(n) < 1.0 / (1.0 + np.exp(-2.0 * severe))
    x = severe[:, None] * np.array([1.0, 0.6, 0.0, 0.0]) + rng.normal(scale=0.7, size=(n, 4))
    y = coin(rng, 2.0 * severe - 1.5 * large)
    return columns(x.round(2), y) | {"clinic": np.where(large, "large", "small").tolist()}


DAILY_TABLES: dict[str, Maker] = {
    maker.__name__.replace("_", " "): maker
    for maker in (
        *(iris_wine_digits, progression, passengers, houses, sensors, card_fraud, fifty_classes),
        *(orders, leaked_target, mostly_missing, coded_levels, three_annotators, batches),
        *(vendor_units, vendor_defaults, contracts, tasted, survey, clicks, two_clinics),
    )
}
