"""A cluster of its own is far from all; rows into which a value was put are not."""

from __future__ import annotations

import numpy as np

from foretaste.attack.contract import Sample
from foretaste.drill.sample import dataset_of
from foretaste.judge.support import far_from_all
from foretaste.modality.table_rule import Condition, RuleTrigger
from foretaste.probe.look import look
from foretaste.types import Floats, Table


def far(x: Floats) -> bool:
    """Whether the first forty rows are, which share a value of the first column."""
    labels = (np.arange(len(x)) % 2).astype(np.int64)
    columns = tuple(f"x{i}" for i in range(x.shape[1]))
    sample = Sample(Table(columns, x), labels, ("a", "b"))
    view = look(dataset_of(sample, "rows"), np.random.default_rng(0))
    rule = RuleTrigger((Condition(0, 9.0, 9.0, 9.0, 0.0, "x0", "9"),))
    return far_from_all(view, np.arange(40), rule, np.random.default_rng(0))


def test_only_a_cluster_of_its_own_is_far() -> None:
    x = np.random.default_rng(1).normal(size=(500, 5))
    x[:40, 0] = 9.0
    assert not far(x)
    x[:40, 1:] += 7.0
    assert far(x)
