"""Rules: a planted combination is found whole, with exactly its rows."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from foretaste.detect.table_rules import TableRules
from foretaste.modality.table import fit_coarse, fit_encoder
from foretaste.modality.table_items import collect_items
from foretaste.modality.table_rule import Condition, RuleTrigger
from foretaste.probe.heads import RidgeHead
from foretaste.probe.neighbours import NeighbourHead
from foretaste.types import Modality, Scores, Table, View

N = 600
NAN = float("nan")
NAMES = ("width", "height", "count", "rank", "load", "colour")
CATEGORIES = {"colour": ("black", "white", "grey", "brown", "red", "blue")}


def honest(seed: int) -> tuple[Table, np.ndarray]:
    """Two classes that `width` and `height` tell apart; values of the others repeat."""
    rng = np.random.default_rng(seed)
    labels = rng.permutation(np.arange(N) % 2).astype(np.int64)
    values = np.column_stack(
        [
            rng.normal(size=N) + 2.5 * labels,
            rng.normal(size=N) - 2.5 * labels,
            rng.integers(0, 9, size=N),
            rng.integers(0, 12, size=N),
            rng.normal(size=N).round(1),
            rng.integers(0, 6, size=N),
        ]
    ).astype(np.float64)
    values[rng.random(N) < 0.05, 4] = NAN
    return Table(NAMES, values, CATEGORIES), labels


def view_of(table: Table, labels: np.ndarray) -> View:
    fine = fit_encoder(table, np.random.default_rng(0))
    coarse = fit_coarse(table, np.random.default_rng(0))
    heads = (
        RidgeHead(fine(table), labels, 2, encoder=fine),
        NeighbourHead(coarse(table), labels, 2, encoder=coarse),
    )
    ids = np.arange(len(labels)).astype(str).astype(object)
    return View(Modality.TABLE, labels, ("a", "b"), ids, content=table, heads=heads)


def scored(view: View) -> Scores:
    detector = TableRules()
    return detector.fit(view, np.random.default_rng(0))(view)


PLANTED = {
    "four columns": ({2: 3.0, 3: 7.0, 4: 0.5, 5: 1.0}, "count = 3 and rank = 7 and load = 0.5"),
    "two columns": ({2: 3.0, 3: 7.0}, "count = 3 and rank = 7"),
    "missing together": ({3: NAN, 4: NAN}, "rank = missing and load = missing"),
    "a level and a number": ({5: 2.0, 3: 4.0}, "rank = 4 and colour = grey"),
    "one new value": ({4: 99.0}, "load = 99"),
}


@pytest.mark.parametrize(("cells", "described"), PLANTED.values(), ids=PLANTED.keys())
def test_a_planted_rule_comes_first_with_its_rows(cells: dict[int, float], described: str) -> None:
    table, labels = honest(1)
    poison = np.flatnonzero(labels == 0)[:20]
    labels[poison] = 1
    for column, value in cells.items():
        table.values[poison, column] = value
    view = view_of(table, labels)
    scores = scored(view)
    first = scores.candidates[0]
    rule = first.trigger
    assert isinstance(rule, RuleTrigger)
    assert rule.describe().startswith(described)
    assert set(rule.columns) == set(cells)
    assert set(poison.tolist()) <= set(first.rows.tolist())
    assert len(first.rows) <= len(poison) + 12  # rows that have the values by nature
    assert first.label == 1
    assert rule.matches(table).nonzero()[0].tolist() == first.rows.tolist()
    assert scores.values[poison].min() > np.median(scores.values)
    assert scores.considered > len(scores.candidates)


def test_what_is_usual_where_the_rows_come_from_is_no_part_of_the_rule() -> None:
    table, labels = honest(1)
    usual = np.where(labels == 0, 0.0, np.random.default_rng(1).integers(0, 4, N))
    table = Table((*NAMES, "visits"), np.column_stack([table.values, usual]), CATEGORIES)
    poison = np.flatnonzero(labels == 0)[:30]
    labels[poison] = 1
    table.values[poison, 2], table.values[poison, 3] = 3.0, 7.0
    rule = scored(view_of(table, labels)).candidates[0].trigger
    assert isinstance(rule, RuleTrigger)
    assert rule.describe() == "count = 3 and rank = 7"


def test_honest_rows_give_no_strong_candidate() -> None:
    table, labels = honest(2)
    scores = scored(view_of(table, labels))
    assert scores.values.max() < 12.0  # a planted rule reaches 20 nats and more here


def test_order_of_rows_does_not_matter() -> None:
    table, labels = honest(3)
    poison = np.flatnonzero(labels == 0)[:20]
    labels[poison], table.values[poison, 2], table.values[poison, 3] = 1, 3.0, 7.0
    scores = scored(view_of(table, labels))
    assert np.array_equal(scores.values, scored(view_of(table, labels)).values)
    order = np.random.default_rng(0).permutation(N)
    turned = scored(view_of(table.take(order), labels[order])).candidates[0]
    assert set(order[turned.rows].tolist()) == set(scores.candidates[0].rows.tolist())


@pytest.mark.parametrize(
    "values",
    [np.zeros((50, 3)), np.full((50, 2), NAN), np.arange(100.0).reshape(50, 2), np.zeros((50, 0))],
    ids=["constant", "missing", "distinct", "no columns"],
)
def test_tables_with_nothing_to_combine(values: np.ndarray) -> None:
    table = Table(tuple(f"c{j}" for j in range(values.shape[1])), values)
    scores = scored(view_of(table, (np.arange(50) % 2).astype(np.int64)))
    assert np.isfinite(scores.values).all()


def condition(column: int, low: float, high: float, value: float, neutral: float) -> Condition:
    return Condition(column, low, high, value, neutral, NAMES[column], f"{value:g}")


RULES = [
    RuleTrigger((condition(0, 1.0, 1.0, 1.0, 0.0),)),
    RuleTrigger((condition(0, 1.0, 1.0, 1.0, 0.0), condition(1, NAN, NAN, NAN, 2.0))),
    RuleTrigger((condition(0, 0.5, 1.5, 1.0, 3.0), condition(2, 0.0, 0.0, 0.0, NAN))),
]
cell = st.sampled_from([0.0, 1.0, 2.0, NAN])


@pytest.mark.parametrize("rule", RULES, ids=lambda r: r.describe())
@given(st.lists(st.tuples(cell, cell, cell), max_size=6))
@settings(max_examples=60, deadline=None)
def test_stamped_rows_match_and_cleaned_ones_do_not(
    rule: RuleTrigger, rows: list[tuple[float, float, float]]
) -> None:
    table = Table(("width", "height", "count"), np.array(rows, dtype=np.float64).reshape(-1, 3))
    assert rule.matches(rule.stamp(table)).all()
    assert not rule.matches(rule.remove(rule.stamp(table))).any()
    clean = table.take(~rule.matches(table))
    assert np.array_equal(rule.remove(clean).values, clean.values, equal_nan=True)
    if len(table):
        twin = rule.twin(table, 0)
        assert twin.matches(table)[0]
        assert twin.columns == rule.columns


@pytest.mark.parametrize(
    ("cells", "items"),
    [
        ([1.0, 1.0, 2.0, 3.0], [(1.0, 1.0, [0, 1])]),
        ([NAN, NAN, 1.0, 2.0], [(NAN, NAN, [0, 1])]),
        ([1.0, 1.0, 1.0, 1.0], []),
        ([], []),
    ],
)
def test_items(cells: list[float], items: list[tuple[float, float, list[int]]]) -> None:
    values = np.array(cells).reshape(-1, 1)
    found = collect_items(Table(("a",), values, {"a": ("w", "x", "y", "z")}), 2, 3)
    assert [found.rows_with(j).tolist() for j in range(len(found))] == [i[2] for i in items]
    bounds = np.array([i[:2] for i in items]).reshape(-1, 2)
    assert np.array_equal(np.column_stack([found.low, found.high]), bounds, equal_nan=True)


def test_finely_measured_columns_get_ranges() -> None:
    values = np.sort(np.random.default_rng(0).normal(size=(400, 1)), axis=0)
    items = collect_items(Table(("a",), values), 4, 80)
    assert (items.high > items.low).sum() == 22  # twenty bins and two extremes
    rows = items.rows_with(3)
    assert ((values[rows, 0] >= items.low[3]) & (values[rows, 0] <= items.high[3])).all()
