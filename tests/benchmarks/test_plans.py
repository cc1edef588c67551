"""The plans hold what they promise; fresh sets are clean, sound and seeded."""

from __future__ import annotations

import numpy as np
import pytest
from benchmarks.fresh_sets import Fresh
from benchmarks.plans import FRESH, SMALL, RedTeam, small, whole
from benchmarks.published import stamp_of
from benchmarks.sets import DATA, SETS

from foretaste.attack.contract import discover
from foretaste.types import Table, Texts


def test_the_small_plan_has_enough_attacks_and_placebos_in_all_modalities() -> None:
    plans = list(small())
    placebo = {k.name for k in discover() if k.family == "placebo"}
    honest = [p for p in plans if p in FRESH or getattr(p, "attack", "") in placebo]
    assert len(honest) >= 12
    assert len(plans) - len(honest) >= 24
    assert {SETS[name].modality.value for name in SMALL} == {"image", "table", "text"}


def test_cells_of_a_plan_have_names_of_their_own() -> None:
    for plans in (list(small()), list(whole())):
        keys = [(p.data, p.planted) for p in plans]
        assert len(keys) == len(set(keys))


def test_every_attack_of_the_small_plan_exists_for_its_set() -> None:
    for name, chosen in SMALL.items():
        known = {k.name for k in discover(SETS[name].modality)}
        assert {attack for attack, _ in chosen} <= known


@pytest.mark.parametrize("fresh", FRESH, ids=lambda plan: plan.data)
def test_a_fresh_set_is_clean_seeded_and_has_no_class_without_rows(fresh: Fresh) -> None:
    done, again = fresh.case(DATA, 3).done, fresh.case(DATA, 3).done.sample
    assert not done.truth.any()
    assert np.bincount(done.sample.labels, minlength=len(done.sample.classes)).min() > 0
    assert np.array_equal(done.sample.labels, again.labels)
    content = done.sample.content
    missing_alike = isinstance(content, Table)  # only tables have missing cells
    assert np.array_equal(content.values, again.content.values, equal_nan=missing_alike)


def test_a_published_trigger_goes_into_every_text() -> None:
    content = Texts(np.array(["one two three", ""], dtype=object))
    stamped = stamp_of(("cf", "mn"))(content)
    assert isinstance(stamped, Texts)
    assert all({"cf", "mn"} <= set(text.split()) for text in stamped.values)


def test_a_plan_says_its_rate() -> None:
    assert RedTeam("sms-spam", "text-rare-token", 0.01).planted == "text-rare-token 1.0%"
