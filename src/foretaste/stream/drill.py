"""A scenario, played: what the attack does to a model without the guard, and what with it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from foretaste.errors import UsageError
from foretaste.stream.batch import Batch
from foretaste.stream.guard import StreamGuard
from foretaste.stream.learner import Learner, Replayed
from foretaste.stream.outcome import Outcome
from foretaste.stream.scenarios import SCENARIOS, Material, Play, Scenario, Stage
from foretaste.stream.settings import HOUR, GuardSettings

__all__ = ["ROUND", "Played", "play", "plays", "set_up"]

ROUND = 12 * HOUR  # of the guard in a drill


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


def set_up(name: str, material: Material, seed: int) -> tuple[Scenario, Stage, Replayed]:
    """A scenario by name, its stage, and a model that has learnt the history."""
    if name not in SCENARIOS:
        raise UsageError(f"scenario must be one of {', '.join(SCENARIOS)}, got {name!r}")
    scenario = SCENARIOS[name]()
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
    never = staged.exam(_taught(name, material, seed, stage.honest))
    undefended = staged.exam(_taught(name, material, seed, staged.rows))
    outcomes, learner = _guarded(name, material, seed, staged)
    return _told(name, what, seed, staged, outcomes, (never, undefended, staged.exam(learner)))


def _taught(name: str, material: Material, seed: int, rows: Batch) -> Learner:
    _, _, learner = set_up(name, material, seed)
    learner.follow(rows, rows.take(np.arange(0)))
    return learner.learner


def _guarded(
    name: str, material: Material, seed: int, staged: Play
) -> tuple[list[Outcome], Learner]:
    _, stage, learner = set_up(name, material, seed)
    guard = StreamGuard(
        stage.history, golden=stage.golden, settings=GuardSettings(round=ROUND), seed=seed
    )
    outcomes: list[Outcome] = []
    said = list(staged.said)
    for start in range(0, len(staged.rows), 50):
        part = staged.rows.take(np.arange(start, min(start + 50, len(staged.rows))))
        while said and said[-1][0] <= part.times[0]:
            guard.said([said.pop()[1]])
        outcomes += guard.push(part)
    outcomes += guard.finish()
    for outcome in outcomes:
        learner.follow(outcome.merged, outcome.retracted)
    return outcomes, learner.learner


def _told(
    name: str,
    what: str,
    seed: int,
    staged: Play,
    outcomes: list[Outcome],
    harms: tuple[float, float, float],
) -> Played:
    when = {
        row: (outcome.time, i)
        for outcome in outcomes
        for i, row in enumerate(outcome.kept_back.ids)
    }
    kept = {row for o in outcomes for row in (*o.kept_back.ids, *o.retracted.ids)}
    place = {row: i for i, row in enumerate(staged.rows.ids)}
    planted = set(staged.rows.ids[staged.planted])
    burst = set(staged.rows.ids[staged.burst])
    honest = set(staged.rows.ids) - planted
    caught = [when[row][0] for row in planted & when.keys()]
    rows = hours = None
    if caught:
        begun = staged.rows.times[staged.planted].min()
        ended = min(min(caught), float(staged.rows.times[-1]))
        hours = (ended - begun) / HOUR
        rows = int(((staged.rows.times >= begun) & (staged.rows.times <= ended)).sum())
    reasons = Counter(reason for o in outcomes for reason in o.reasons)
    del place
    return Played(
        name,
        what,
        seed,
        bool(planted),
        *harms,
        rows,
        hours,
        len(planted),
        len(planted & kept),
        len(honest),
        len(honest & kept),
        len(burst),
        len(burst & kept),
        dict(reasons),
    )
