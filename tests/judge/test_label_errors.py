"""Flips at random, in one direction and by one source are named; honest labels are not."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from sklearn.datasets import load_breast_cancer, load_digits
from sklearn.metrics import average_precision_score

from foretaste.attack.contract import Attack, Poisoned, Sample
from foretaste.attack.label_annotator import LabelAnnotator
from foretaste.attack.label_flip_pair import LabelFlipPair
from foretaste.attack.label_flip_random import LabelFlipRandom
from foretaste.attack.placebo_human_noise import PlaceboHumanNoise
from foretaste.drill.sample import dataset_of
from foretaste.judge.label_errors import LabelErrors, judge_labels
from foretaste.probe.look import look
from foretaste.types import Policy, Table


def sample(name: str) -> Sample:
    x, y = (load_breast_cancer if name == "cancer" else load_digits)(return_X_y=True)
    order = np.random.default_rng(0).permutation(len(y))[:600]
    columns = tuple(f"x{i}" for i in range(x.shape[1]))
    classes = tuple(f"class {c}" for c in range(int(y.max()) + 1))
    rows = Sample(Table(columns, x[order]), y[order].astype(np.int64), classes)
    vendors = np.random.default_rng(1).integers(0, 8, len(order))
    return replace(rows, sources=vendors, source_names=tuple(f"v{i}" for i in range(8)))


def judged(done: Poisoned) -> LabelErrors:
    view = look(dataset_of(done.sample, "test"), np.random.default_rng(0))
    return judge_labels(view, Policy(), np.zeros(len(view), dtype=bool))


@pytest.mark.parametrize("attack", [LabelFlipRandom(0.1), LabelFlipPair(0.05)])
def test_flips_come_first_and_are_flagged(attack: Attack) -> None:
    done = attack.poison(sample("cancer"), np.random.default_rng(0))
    errors = judged(done)
    assert average_precision_score(done.truth, errors.doubt) > 0.85
    assert errors.found
    assert errors.flagged[done.truth].mean() > 0.3
    assert errors.flagged[~done.truth].mean() < 0.015


def test_a_careless_source_is_named_with_its_rows() -> None:
    done = LabelAnnotator(0.05, source=3).poison(sample("cancer"), np.random.default_rng(0))
    errors = judged(done)
    assert [s.source for s in errors.sources if s.guilty] == [3]
    assert average_precision_score(done.truth, errors.doubt) > 0.9
    assert errors.flagged[done.truth].mean() > 0.5


@pytest.mark.parametrize("name", ["cancer", "digits"])
def test_honest_labels_accuse_nobody(name: str) -> None:
    honest = sample(name)
    untouched = Poisoned(honest, np.zeros(len(honest), dtype=bool), "nothing")
    for done in (untouched, PlaceboHumanNoise().poison(honest, np.random.default_rng(0))):
        errors = judged(done)
        assert not errors.flagged.any()
        assert not any(s.guilty for s in errors.sources)


@pytest.mark.parametrize("rate", [0.1, 0.3])
def test_flips_are_noticed_however_many(rate: float) -> None:
    """A draw that was missed while all of a flat floor could be natural."""
    done = LabelFlipRandom(rate).poison(sample("cancer"), np.random.default_rng(7))
    errors = judged(done)
    assert errors.found
    assert errors.flagged[done.truth].mean() > 0.2
    assert errors.flagged[~done.truth].mean() < 0.02


def test_a_task_that_tells_little_of_its_labels_is_no_attack() -> None:
    """A third of an amount that hardly depends on the columns: clear rows are wrong, too."""
    rng = np.random.default_rng(2)
    x = rng.normal(size=(400, 6))
    amount = x[:, 0] + 0.5 * x[:, 1] + rng.normal(size=400)
    third = np.searchsorted(np.quantile(amount, [1 / 3, 2 / 3]), amount).astype(np.int64)
    rows = Sample(Table(tuple("abcdef"), x), third, ("low", "middle", "high"))
    errors = judged(Poisoned(rows, np.zeros(400, dtype=bool), "nothing"))
    assert not errors.found
    assert not errors.flagged.any()
