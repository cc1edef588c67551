"""Heaps within a class: found with their rows where something was added, not where nothing was."""

from __future__ import annotations

import numpy as np
import pytest

from foretaste.probe.class_directions import ClassDirection, class_directions

ROWS, WIDTH = 900, 40


def looked(
    planted: int, seed: int, spread_over: int = 1
) -> tuple[list[ClassDirection], np.ndarray]:
    """Three classes; the first `planted` rows of `spread_over` classes are moved one way."""
    rng = np.random.default_rng(seed)
    x = rng.normal(size=(ROWS, WIDTH)).astype(np.float32)
    y = np.arange(ROWS) // (ROWS // 3)
    moved = np.concatenate([np.flatnonzero(y == c)[:planted] for c in range(spread_over)])
    x[moved, 5] += 9.0
    x /= np.linalg.norm(x, axis=1, keepdims=True)
    found, considered = class_directions(x, y.astype(np.int64), 3, np.arange(ROWS) % 2 == 0)
    assert considered > 0
    return found, moved


@pytest.mark.parametrize("planted", [30, 90, 150])
@pytest.mark.parametrize("seed", [0, 1])
def test_a_heap_is_found_with_its_rows(planted: int, seed: int) -> None:
    found, moved = looked(planted, seed)
    assert found[0].label == 0
    hit = np.intersect1d(found[0].rows, moved)
    assert len(hit) >= 0.85 * planted
    assert len(hit) >= 0.9 * len(found[0].rows)


def test_what_all_classes_have_is_no_heap_of_one() -> None:
    found, moved = looked(60, 2, spread_over=3)
    assert all(len(np.intersect1d(f.rows, moved)) < 0.5 * len(f.rows) for f in found)


def test_the_same_rows_the_same_heaps() -> None:
    a, b = looked(60, 3)[0], looked(60, 3)[0]
    assert [f.rows.tolist() for f in a] == [f.rows.tolist() for f in b]


def test_a_class_of_few_rows_is_left_alone() -> None:
    x = np.eye(30, dtype=np.float32)
    assert class_directions(x, np.arange(30) % 2, 2, np.arange(30) < 15) == ([], 0)
