"""A scenario, played: what the attack does to a model without the guard, and what with it."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from foretaste.errors import UsageError
from foretaste.stream.batch import Batch
from foretaste.stream.guard import StreamGuard
from foretaste.stream.learner import Replayed
from foretaste.stream.outcome import Outcome
from foretaste.stream.scenarios import SCENARIOS, Material, Play, Scenario, Stage
from foretaste.stream.scenarios.contract import Exam
from foretaste.stream.settings import HOUR, GuardSettings

__all__ = ["ROUND", "Played", "play", "plays", "scenario_of", "set_up"]

ROUND = 12 * HOUR  # of the guard in a drill
_STEP = 50  # rows that come in at once


@dataclass(frozen=True)
class Played:
    """One play of one seed.

    Attributes
    ----------
    scenario, play, seed
        What was played.
    attack
        It was one; else a control.
    never, undefended, guarded
        Harm (0 to 1) of a model that met the honest stream only, all rows, and what the guard let
        through.
    delay_rows, delay_hours
        From the first planted row to the first one kept back, of the stream; None if none was.
    planted, planted_kept, planted_merged
        Rows of the attack; those kept back or taken back; those that teach in the end.
    honest, honest_kept
        Honest rows, and those kept back or taken back, surplus included.
    burst, burst_kept
        Rows of the honest burst, and those kept back.
    reasons
        Rows kept back by `Kind`.
    """

    scenario: str
    play: str
    seed: int
    attack: bool
    never: float
    undefended: float
    guarded: float
    delay_rows: int | None
    delay_hours: float | None
    planted: int
    planted_kept: int
    honest: int
    honest_kept: int
    burst: int
    burst_kept: int
    reasons: dict[str, int]

    @property
    def within(self) -> bool:
        """Harm with the guard is within 10 % of that of the never attacked model."""
        return self.guarded <= 1.1 * self.never + 1e-9

    @property
    def burst_blocked(self) -> bool:
        """More than 5 % of the honest burst were kept back."""
        return self.burst_kept > 0.05 * self.burst


def scenario_of(name: str) -> Scenario:
    """A scenario by name, as it is played by default."""
    if name not in SCENARIOS:
        raise UsageError(f"scenario must be one of {', '.join(SCENARIOS)}, got {name!r}")
    return SCENARIOS[name]()


def set_up(name: str, material: Material, seed: int) -> tuple[Scenario, Stage, Replayed]:
    """A scenario by name, its stage, and a model that has learnt the history."""
    scenario = scenario_of(name)
    stage = scenario.stage(material, np.random.default_rng([seed, 0]))
    learner = Replayed(scenario.learner())
    for _ in range(3):  # what was known was learnt well
        learner.learner.learn(stage.history)
    return scenario, stage, learner


def plays(scenario: Scenario) -> tuple[tuple[str, bool], ...]:
    """Names of what can be played, and whether it is an attack."""
    return (
        *((name, True) for name in scenario.attacks),
        *((name, False) for name in scenario.controls),
    )


def play(name: str, what: str, material: Material, seed: int) -> Played:
    """Play one attack or control of a scenario three times: never attacked, undefended, guarded.

    Parameters
    ----------
    name, what
        A scenario of `SCENARIOS` and one of its attacks or controls.
    material
        Real rows, see the scenario.
    seed
        Same seed, same result.
    """
    scenario, stage, _ = set_up(name, material, seed)
    parts = {**scenario.attacks, **scenario.controls}
    if what not in parts:
        raise UsageError(f"play of {name} must be one of {', '.join(parts)}, got {what!r}")
    staged = parts[what](stage, np.random.default_rng([seed, 1]))
    added = staged.rows.times[staged.planted | staged.burst]
    asked = np.arange(float(added.min()), float(stage.honest.times[-1]), ROUND)[1:]
    outcomes = _guarded(stage, staged, seed)
    harms = [
        _harm(set_up(name, material, seed)[2], lessons, asked, staged.exam)
        for lessons in (
            _as_they_come(stage.honest),
            _as_they_come(staged.rows),
            [_Lesson(each.time, each.merged, each.retracted) for each in outcomes],
        )
    ]
    return _told(name, what, seed, staged, outcomes, harms)


@dataclass(frozen=True)
class _Lesson:
    """What a model learns, and unlearns, at a time."""

    time: float
    merged: Batch
    retracted: Batch


def _as_they_come(rows: Batch) -> list[_Lesson]:
    """Without a guard every row teaches within minutes."""
    nothing = rows.take(np.arange(0))
    return [
        _Lesson(float(rows.times[part[-1]]), rows.take(part), nothing)
        for part in np.array_split(np.arange(len(rows)), max(len(rows) // _STEP, 1))
    ]


def _harm(
    learner: Replayed, lessons: list[_Lesson], asked: npt.NDArray[np.float64], exam: Exam
) -> float:
    """Mean harm at the times that are asked for, of a model that learns lesson by lesson."""
    found, next_one = [], 0
    for time in asked:
        while next_one < len(lessons) and lessons[next_one].time <= time:
            learner.follow(lessons[next_one].merged, lessons[next_one].retracted)
            next_one += 1
        found.append(exam(learner.learner))
    return float(np.mean(found))


def _guarded(stage: Stage, staged: Play, seed: int) -> list[Outcome]:
    settings = GuardSettings(round=ROUND)
    guard = StreamGuard(stage.history, golden=stage.golden, settings=settings, seed=seed)
    outcomes: list[Outcome] = []
    said = list(staged.said)
    for start in range(0, len(staged.rows), _STEP):
        part = staged.rows.take(np.arange(start, min(start + _STEP, len(staged.rows))))
        while said and said[-1][0] <= part.times[0]:
            guard.said([said.pop()[1]])
        outcomes += guard.push(part)
    return [*outcomes, *guard.finish()]


def _told(
    name: str, what: str, seed: int, staged: Play, outcomes: list[Outcome], harms: list[float]
) -> Played:
    """Count rows, and how long it took until the first planted one was kept back."""
    rows = staged.rows
    out = {row for each in outcomes for row in (*each.kept_back.ids, *each.retracted.ids)}
    kept = np.array([row in out for row in rows.ids], dtype=bool)
    honest = ~staged.planted
    caught = [
        each.time for each in outcomes if set(each.kept_back.ids) & set(rows.ids[staged.planted])
    ]
    delay_rows = delay_hours = None
    if caught:
        begun, ended = float(rows.times[staged.planted][0]), min(caught[0], float(rows.times[-1]))
        delay_hours = (ended - begun) / HOUR
        delay_rows = int(((rows.times >= begun) & (rows.times <= ended)).sum())
    return Played(
        scenario=name,
        play=what,
        seed=seed,
        attack=bool(staged.planted.any()),
        never=harms[0],
        undefended=harms[1],
        guarded=harms[2],
        delay_rows=delay_rows,
        delay_hours=delay_hours,
        planted=int(staged.planted.sum()),
        planted_kept=int((kept & staged.planted).sum()),
        honest=int(honest.sum()),
        honest_kept=int((kept & honest).sum()),
        burst=int(staged.burst.sum()),
        burst_kept=int((kept & staged.burst).sum()),
        reasons=dict(Counter(reason for each in outcomes for reason in each.reasons)),
    )
