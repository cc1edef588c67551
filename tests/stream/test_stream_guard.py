"""What the guard lets through, and what it does not."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest

from foretaste.errors import NotAssessableError, UsageError
from foretaste.stream import Batch, GuardSettings, Outcome, StreamGuard
from foretaste.stream.batch import concat

if TYPE_CHECKING:
    from tests.stream.conftest import Town

DAY = 86_400.0
SETTINGS = GuardSettings(round=DAY / 2, width=128)


def by_time(*batches: Batch) -> Batch:
    rows = concat(list(batches))
    return rows.take(np.argsort(rows.times, kind="stable"))


def run(guard: StreamGuard, rows: Batch, step: int = 97) -> list[Outcome]:
    outcomes: list[Outcome] = []
    for start in range(0, len(rows), step):
        outcomes += guard.push(rows.take(np.arange(start, min(start + step, len(rows)))))
    return [*outcomes, *guard.finish()]


def kept(outcomes: list[Outcome]) -> set[str]:
    return {row for o in outcomes for row in (*o.kept_back.ids, *o.retracted.ids)}


def guard_of(town: Town) -> StreamGuard:
    history = town.rows(600, -30 * DAY, 20)
    golden = town.rows(200, -30 * DAY, 20)
    return StreamGuard(history, golden=golden, settings=SETTINGS)


def test_every_row_leaves_once_and_an_honest_stream_whole(town: Town) -> None:
    guard, rows = guard_of(town), town.rows(800, 0, 4)
    outcomes = run(guard, rows)
    left = [row for o in outcomes for row in (*o.merged.ids, *o.kept_back.ids)]
    assert sorted(left) == sorted(rows.ids)
    assert kept(outcomes) == set()


def test_no_row_teaches_before_its_delay_is_over(town: Town) -> None:
    guard = guard_of(town)
    for outcome in guard.push(town.rows(800, 0, 4)):
        assert (outcome.merged.times <= outcome.time - SETTINGS.delay).all()


@pytest.mark.parametrize(
    ("prefix", "sources"), [("user", 3), ("bot", 3), ("bot", 60)], ids=["old", "new", "sybils"]
)
def test_those_who_contradict_are_kept_back_alone(town: Town, prefix: str, sources: int) -> None:
    guard, honest = guard_of(town), town.rows(800, 0, 4, prefix="person")
    bad = town.rows(150, 2 * DAY, 0.4, sources=sources, prefix=prefix, kind="bad", label="good")
    outcomes = run(guard, by_time(honest, bad))
    assert len(kept(outcomes) & set(bad.ids)) >= 0.9 * len(bad)
    assert len(kept(outcomes) & set(honest.ids)) <= 0.05 * len(honest)


def test_a_slow_boil_is_taken_back_once_it_is_noticed(town: Town) -> None:
    guard, honest = guard_of(town), town.rows(1000, 0, 8, prefix="person")
    slow = town.rows(60, 0, 8, sources=2, prefix="user", kind="bad", label="good")
    outcomes = run(guard, by_time(honest, slow))
    assert len(kept(outcomes) & set(slow.ids)) >= 0.9 * len(slow)
    assert {f"user{i}" for i in range(2)} <= set(guard.ledger.convicted)


def test_a_crowd_with_a_new_theme_is_let_through(town: Town) -> None:
    guard, honest = guard_of(town), town.rows(800, 0, 4)
    crowd = town.rows(200, 2 * DAY, 0.3, sources=150, prefix="visitor")
    texts = [f"{text} comet comet-landing" for text in crowd.content]
    burst = Batch.of(crowd.ids, crowd.times, crowd.sources, crowd.labels, texts)
    assert not kept(run(guard, by_time(honest, burst))) & set(burst.ids)


def test_one_source_gives_no_more_than_its_share(town: Town) -> None:
    guard, honest = guard_of(town), town.rows(400, 0, 2)
    loud = town.rows(600, 0, 2, sources=1, prefix="loud")
    outcomes = run(guard, by_time(honest, loud))
    taught = sum(int((o.merged.sources == "loud0").sum()) for o in outcomes)
    assert 0 < taught < 0.5 * len(loud)
    assert {reason for o in outcomes for reason in o.reasons} == {"surplus"}


@pytest.mark.parametrize("step", [1, 40, 1000])
def test_outcomes_do_not_depend_on_micro_batches(step: int, town: Town) -> None:
    history, rows = town.rows(300, -30 * DAY, 20), town.rows(200, 0, 3)
    told = [
        [(o.round, o.merged.ids.tolist(), o.reasons) for o in run(guard, rows, size)]
        for guard, size in (
            (StreamGuard(history, settings=SETTINGS), step),
            (StreamGuard(history, settings=SETTINGS), 97),
        )
    ]
    assert told[0] == told[1]


def test_a_full_buffer_is_judged_early_and_says_so(town: Town) -> None:
    settings = GuardSettings(round=DAY, capacity=100, width=64)
    guard = StreamGuard(town.rows(300, -30 * DAY, 20), settings=settings)
    outcomes = guard.push(town.rows(350, 0, 0.5))
    assert [o.early for o in outcomes] == [True] * len(outcomes)
    assert guard.waiting <= 100


def test_a_history_that_teaches_nothing_is_refused(town: Town) -> None:
    with pytest.raises(NotAssessableError, match="of 1 labels"):
        StreamGuard(town.rows(100, 0, 1, kind="good"))


@pytest.mark.parametrize("name", ["delay", "capacity", "share"])
def test_settings_name_what_is_wrong(name: str) -> None:
    with pytest.raises(UsageError, match=name):
        GuardSettings(**{name: -2})
