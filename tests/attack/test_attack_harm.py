"""The attacks do what they claim: a victim proves it, and the harm goes with the rows."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from foretaste.attack.contract import Attack, Sample
from foretaste.attack.label_flip_pair import LabelFlipPair
from foretaste.attack.label_flip_random import LabelFlipRandom
from foretaste.attack.table_value_combination import TableValueCombination
from foretaste.attack.text_rare_token import TextRareToken
from foretaste.attack.text_sentence import TextSentence
from foretaste.attack.victim import accuracy, attack_success, train
from foretaste.errors import UsageError
from foretaste.types import Modality

Toy = Callable[..., Sample]


@pytest.mark.parametrize(
    ("attack", "modality"),
    [
        (TextRareToken(rate=0.05, word="qzx"), Modality.TEXT),
        (TextSentence(rate=0.05), Modality.TEXT),
        (TableValueCombination(rate=0.06), Modality.TABLE),
    ],
    ids=lambda value: getattr(value, "name", None),
)
def test_a_backdoor_works_and_leaves_with_its_rows(
    attack: Attack, modality: Modality, toy: Toy
) -> None:
    clean_test = toy(modality, n=300, seed=1)
    done = attack.poison(toy(modality, n=600), np.random.default_rng(3))
    victim = train(done.sample, seed=0)
    success = attack_success(victim, clean_test, done)
    assert success.rate >= 0.7
    assert success.low < success.rate
    assert success.base_rate < 0.3
    assert accuracy(victim, clean_test) > 0.7
    repaired = train(done.sample.take(~done.truth), seed=0)
    assert attack_success(repaired, clean_test, done).rate < 0.4


def test_pair_flips_need_no_trigger(toy: Toy) -> None:
    clean_test = toy(Modality.TEXT, n=300, seed=1)
    done = LabelFlipPair(rate=0.25).poison(toy(Modality.TEXT), np.random.default_rng(3))
    success = attack_success(train(done.sample, seed=0), clean_test, done)
    assert success.rate == success.base_rate > 0.5


def test_random_flips_have_no_success_to_count(toy: Toy) -> None:
    sample = toy(Modality.TEXT)
    done = LabelFlipRandom().poison(sample, np.random.default_rng(3))
    with pytest.raises(UsageError, match="accuracies"):
        attack_success(train(done.sample, seed=0), sample, done)
