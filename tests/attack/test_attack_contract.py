"""What every attack and placebo keeps, on a toy of each of its modalities."""

from __future__ import annotations

import dataclasses
import inspect
import pickle
from collections.abc import Callable
from typing import Any, cast

import numpy as np
import pytest

from foretaste.attack.contract import Poisoned, Sample, discover
from foretaste.errors import MissingExtraError, UsageError
from foretaste.types import Content, Modality

BRIEF = {"steps": 4, "epochs": 1}  # optimisers need not converge to keep the contract
Toy = Callable[..., Sample]
CASES = [
    pytest.param(attack, modality, id=f"{attack.name}-{modality}")
    for attack in discover()
    for modality in sorted(attack.modalities)
]
each = pytest.mark.parametrize(("attack", "modality"), CASES)


def having(parameter: str) -> list[Any]:
    """The cases whose attack has that parameter."""
    return [
        case
        for case in CASES
        if parameter in {f.name for f in dataclasses.fields(cast("Any", case.values[0]))}
    ]


def run(attack: type[Any], sample: Sample, seed: int = 7, **parameters: Any) -> Poisoned:
    known = {f.name for f in dataclasses.fields(attack)}
    brief = {name: value for name, value in BRIEF.items() if name in known}
    try:
        done: Poisoned = attack(**brief | parameters).poison(sample, np.random.default_rng(seed))
    except MissingExtraError as error:
        pytest.skip(str(error))
    return done


def same(a: Content, b: Content) -> np.ndarray:
    """(n,) which rows are equal, missing cells equal to each other."""
    left = a.values.reshape(len(a), -1)
    right = b.values.reshape(len(b), -1)
    equal = left == right
    if a.modality is Modality.TABLE:
        equal |= np.isnan(left.astype(float)) & np.isnan(right.astype(float))
    return np.asarray(equal.all(axis=1))


@each
def test_declares_itself(attack: type[Any], modality: Modality) -> None:
    assert dataclasses.is_dataclass(attack())
    with pytest.raises(dataclasses.FrozenInstanceError):
        attack().name = "other"
    assert attack.name == attack.name.lower().replace("_", "-")
    doc = inspect.getdoc(attack) or ""
    assert "References" in doc
    assert "Parameters" in doc or not dataclasses.fields(attack)
    assert attack.paper
    assert (attack.family == "placebo") == attack.name.startswith("placebo-")


@each
def test_pure_and_repeatable(attack: type[Any], modality: Modality, toy: Toy) -> None:
    sample = toy(modality)  # read-only arrays: a write into the input raises
    values, labels = sample.content.values.copy(), sample.labels.copy()
    first, second = run(attack, sample), run(attack, sample)
    assert np.array_equal(sample.labels, labels)
    assert (sample.content.values == values).all()
    assert same(first.sample.content, second.sample.content).all()
    assert np.array_equal(first.sample.labels, second.sample.labels)
    assert np.array_equal(first.truth, second.truth)
    assert first.trigger == second.trigger


@each
def test_truth_is_what_changed(attack: type[Any], modality: Modality, toy: Toy) -> None:
    sample = toy(modality)
    done = run(attack, sample)
    assert not (done.truth & done.cover).any()
    assert type(done.sample.content) is type(sample.content)
    assert done.sample.content.values.dtype == sample.content.values.dtype
    assert done.sample.labels.dtype == np.int64
    if attack.family == "placebo":
        assert not done.truth.any()
        return
    assert done.truth.any()
    assert done.origin is None
    assert len(done.sample) == len(sample)
    kept = same(done.sample.content, sample.content) & (done.sample.labels == sample.labels)
    assert np.array_equal(~kept, done.truth | done.cover)
    assert (done.sample.labels == sample.labels)[done.cover].all()


@pytest.mark.parametrize(("attack", "modality"), having("rate"))
def test_rate_is_honoured(attack: type[Any], modality: Modality, toy: Toy) -> None:
    sample = toy(modality)
    if attack.family != "placebo":
        for rate in (0.02, 0.06):
            assert run(attack, sample, rate=rate).truth.sum() == round(rate * len(sample))
    with pytest.raises(UsageError, match="rate"):
        run(attack, sample, rate=1.5)


@pytest.mark.parametrize(("attack", "modality"), having("source"))
def test_one_source_can_hold_all_poison(attack: type[Any], modality: Modality, toy: Toy) -> None:
    sample = toy(modality)
    assert sample.sources is not None
    done = run(attack, sample, rate=0.03, source=1)
    assert (sample.sources[done.truth | done.cover] == 1).all()


@each
def test_stamp_carries_the_trigger(attack: type[Any], modality: Modality, toy: Toy) -> None:
    sample = toy(modality)
    done = run(attack, sample)
    if done.stamp is None:  # flips, outliers and placebos plant nothing at test time
        assert attack.family != "dirty-label backdoor"
        return
    stamped = done.stamp(sample.content)
    changed = ~same(stamped, sample.content)
    assert changed.all()
    assert same(stamped, done.stamp(sample.content)).all()
    again = pickle.loads(pickle.dumps(done.stamp))(sample.content)
    assert same(stamped, again).all()
    assert done.victims
    goals = done.wanted(np.asarray(done.victims))
    assert (goals >= 0).all()
    assert (goals != np.asarray(done.victims)).all()


@each
def test_labels_stay_true_where_promised(attack: type[Any], modality: Modality, toy: Toy) -> None:
    sample = toy(modality)
    done = run(attack, sample)
    if attack.family == "clean-label":
        assert np.array_equal(done.sample.labels, sample.labels)
        assert (sample.labels[done.truth] == done.target).all()
    if attack.family == "dirty-label backdoor":
        assert (done.sample.labels != sample.labels)[done.truth].all()
    if attack.family == "flip":
        assert same(done.sample.content, sample.content).all()


def test_names_are_unique_and_sorted() -> None:
    names = [attack.name for attack in discover()]
    assert names == sorted(set(names))
    assert {m for attack in discover() for m in attack.modalities} == set(Modality)


@pytest.mark.parametrize(
    ("labels", "message"),
    [(np.zeros(3, dtype=np.int64), "shape"), (np.full(400, 5, dtype=np.int64), "codes")],
)
def test_a_sample_checks_itself(labels: np.ndarray, message: str, toy: Toy) -> None:
    with pytest.raises(UsageError, match=message):
        Sample(toy(Modality.TEXT).content, labels, ("red", "green", "blue"))


@pytest.mark.parametrize("modality", list(Modality))
def test_wrong_modality_is_a_usage_error(modality: Modality, toy: Toy) -> None:
    others = [a for a in discover() if modality not in a.modalities and a.family != "placebo"]
    for attack in others:
        with pytest.raises(UsageError):
            run(attack, toy(modality))
