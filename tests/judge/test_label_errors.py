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
