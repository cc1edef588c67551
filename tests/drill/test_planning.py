"""What is planted, at which sizes, in which order."""

from __future__ import annotations

import numpy as np
import pytest

from foretaste.attack.contract import Sample, discover
from foretaste.drill.plan import plan
from foretaste.errors import UsageError
from foretaste.report.trials import PLACEBO
from foretaste.types import Modality, Table, Texts

TABLE = Sample(Table(("x",), np.arange(1000.0)[:, None]), np.arange(1000) % 2, ("a", "b"))


def test_all_that_apply_are_planned_placebos_first_and_large_before_small() -> None:
    tasks = plan(TABLE, attacks=None, sizes=None, seeds=[0]).tasks
    known = {kind.name for kind in discover(Modality.TABLE)} - {"placebo-untouched"}
    assert {task.kind.name for task in tasks} == known
    placebo = [task.kind.family == PLACEBO for task in tasks]
    assert placebo == sorted(placebo, reverse=True)
    assert all(
        (task.rows == 0) == is_placebo for task, is_placebo in zip(tasks, placebo, strict=True)
    )
    by_kind: dict[str, list[int]] = {}
    for task in tasks:
        by_kind.setdefault(task.kind.name, []).append(task.rows)
    assert all(rows == sorted(set(rows), reverse=True) for rows in by_kind.values())
    assert by_kind["label-flip-random"] == [100, 50, 20, 10]
    assert by_kind["table-value-combination"] == [100, 50, 25, 10]


def test_sizes_are_rows_or_shares_and_the_same_size_is_planted_once() -> None:
    held = plan(TABLE, attacks=["label-flip-random"], sizes=[0.05, 50, 7], seeds=[3, 4])
    assert [(t.rows, t.seed) for t in held.tasks] == [(50, 3), (7, 3), (50, 4), (7, 4)]
    assert held.notes == ()


def test_sizes_that_hide_nothing_are_left_out_and_said() -> None:
    held = plan(TABLE, attacks=["label-flip-random"], sizes=[200, 201, 0.5], seeds=[0])
    assert [task.rows for task in held.tasks] == [200]
    assert [note.split(" was")[0] for note in held.notes] == ["size 201", "size 500"]


@pytest.mark.parametrize("size", [0, -1, 1.5, float("nan"), float("inf")])
def test_what_is_no_size_is_refused(size: float) -> None:
    with pytest.raises(UsageError, match="sizes: a size is a whole number of rows or a share"):
        plan(TABLE, attacks=["label-flip-random"], sizes=[size], seeds=[0])


def test_no_sizes_and_no_attacks_are_refused() -> None:
    with pytest.raises(UsageError, match="sizes: give at least one"):
        plan(TABLE, attacks=["label-flip-random"], sizes=[], seeds=[0])
    with pytest.raises(UsageError, match=r"attacks: name some .* got none"):
        plan(TABLE, attacks=[], sizes=None, seeds=[0])


def test_an_attack_on_other_rows_is_refused_with_those_that_work() -> None:
    texts = Sample(Texts(np.array(["a"] * 100, dtype=object)), np.arange(100) % 2, ("a", "b"))
    with pytest.raises(UsageError, match=r"got 'table-value-combination'; there are .*text-"):
        plan(texts, attacks=["table-value-combination"], sizes=None, seeds=[0])
