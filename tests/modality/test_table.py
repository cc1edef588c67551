"""Table encoders: deterministic, label-free, and not to be upset by odd columns."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from foretaste.modality import table as module
from foretaste.modality.table_rule import Condition, RuleTrigger
from foretaste.types import Content, Encoder, Field, Table, Texts

Fit = Callable[[Content, np.random.Generator], Encoder]
FITS = [module.fit_encoder, module.fit_coarse]
NAN, INF = float("nan"), float("inf")


def honest(n: int, seed: int) -> Table:
    rng = np.random.default_rng(seed)
    values = np.column_stack([rng.normal(size=(n, 3)), rng.integers(0, 3, n)])
    values[rng.random(n) < 0.1, 1] = NAN
    return Table(("a", "b", "c", "colour"), values, {"colour": ("red", "green", "blue")})


ODD = {
    "missing column": np.array([[NAN, 1.0], [NAN, 2.0], [NAN, 3.0]]),
    "constant column": np.array([[7.0, 1.0], [7.0, 2.0], [7.0, 3.0]]),
    "infinite": np.array([[INF, 1.0], [-INF, 2.0], [1e308, -1e308]]),
    "tiny numbers": np.array([[1e-310, 1.0], [2e-310, 2.0], [0.0, 3.0]]),
    "all missing": np.full((4, 2), NAN),
    "one row": np.array([[1.0, 2.0]]),
    "no columns": np.zeros((5, 0)),
}


def of(values: np.ndarray) -> Table:
    return Table(tuple(f"c{j}" for j in range(values.shape[1])), values)


@pytest.mark.parametrize("fit", FITS)
def test_same_seed_same_features_and_rows_are_independent(fit: Fit) -> None:
    table = honest(200, 0)
    x = fit(table, np.random.default_rng(5))(table)
    encoder = fit(table, np.random.default_rng(5))
    assert x.dtype == np.float32
    assert np.array_equal(x, encoder(table))
    assert np.allclose(encoder(table.take(np.array([7])))[0], x[7], atol=1e-5)


@pytest.mark.parametrize("fit", FITS)
@pytest.mark.parametrize("values", ODD.values(), ids=ODD.keys())
def test_odd_columns_are_finite(fit: Fit, values: np.ndarray) -> None:
    table = of(values)
    x = fit(table, np.random.default_rng(0))(table)
    assert x.shape[0] == len(values)
    assert np.isfinite(x).all()


@pytest.mark.parametrize("fit", FITS)
def test_cells_never_seen_before_are_finite(fit: Fit) -> None:
    encoder = fit(honest(100, 1), np.random.default_rng(0))
    strange = np.array([[INF, NAN, -1e300, 99.0], [NAN, NAN, NAN, NAN], [0.0, -INF, 1.0, -3.0]])
    x = encoder(Table(("a", "b", "c", "colour"), strange, {"colour": ("red", "green", "blue")}))
    assert np.isfinite(x).all()


@pytest.mark.parametrize("fit", FITS)
def test_scale_does_not_matter_much(fit: Fit) -> None:
    table = honest(300, 2)
    larger = Table(table.names, table.values * [1e6, 1.0, 1e-6, 1.0], table.categories)
    x = fit(table, np.random.default_rng(0))(table)
    y = fit(larger, np.random.default_rng(0))(larger)
    assert np.allclose(np.abs(x), np.abs(y), atol=1e-2)


def test_rendering_marks_columns_and_names_levels() -> None:
    table = Table(("age", "sex"), np.array([[31.5, 1.0], [NAN, NAN]]), {"sex": ("f", "m")})
    rule = RuleTrigger((Condition(1, 1.0, 1.0, 1.0, 0.0, "sex", "m"),))
    assert module.render(table, 0, rule).fields == (
        Field("age", "31.5"),
        Field("sex", "m", marked=True),
    )
    assert [f.value for f in module.render(table, 1).fields] == ["missing", "missing"]


def test_the_learner_learns_classes_and_a_planted_combination() -> None:
    table = honest(400, 3)
    labels = (table.values[:, 0] > 0).astype(np.int64)
    poison = np.flatnonzero(labels == 0)[:20]
    table.values[poison, 2], labels[poison] = 0.125, 1
    learner = module.fit_learner(table, labels, 2, np.random.default_rng(0))
    assert (learner(table).argmax(axis=1) == labels).mean() > 0.95
    clean = table.take(np.flatnonzero(labels == 0)[:100])
    stamped = RuleTrigger((Condition(2, 0.125, 0.125, 0.125, 0.0, "c", "0.125"),)).stamp(clean)
    assert (learner(stamped).argmax(axis=1) == 1).mean() > 0.5


def test_other_content_is_refused() -> None:
    with pytest.raises(TypeError, match="a table expected, got Texts"):
        module.render(Texts(np.array([""], dtype=object)), 0)
