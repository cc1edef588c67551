"""Would we have noticed? `foretaste.drill`."""

from __future__ import annotations

import importlib.util
import os
import time as clock
from collections.abc import Callable, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from threadpoolctl import threadpool_limits

from foretaste.data import Dataset, open_dataset
from foretaste.drill.ground import Ground, held_out
from foretaste.drill.journal import Journal, setting_of
from foretaste.drill.plan import Plan, Task, plan
from foretaste.drill.power import answers, power_of
from foretaste.drill.sample import sample_of
from foretaste.drill.trial import run_trial
from foretaste.errors import NotAssessableError, UsageError
from foretaste.report import Report
from foretaste.report.drill_report import DrillReport
from foretaste.report.trials import Trial
from foretaste.scanning import scan
from foretaste.types import Policy, Verdict

__all__ = ["LIMIT", "drill"]

LIMIT = 8_000  # rows that are drilled, unless stated

Progress = Callable[[str, float], None]


def drill(
    data: Any,
    *,
    label: str | None = None,
    source: str | None = None,
    id: str | None = None,  # noqa: A002 - the role's name
    time: str | None = None,
    features: list[str] | None = None,
    text: str | None = None,
    image: str | None = None,
    embedding: str | None = None,
    attacks: Sequence[str] | None = None,
    sizes: Sequence[float] | None = None,
    seeds: int = 1,
    seed: int = 0,
    limit: int = LIMIT,
    removal: bool = True,
    profile: str = "balanced",
    policy: Policy | None = None,
    workers: int | None = None,
    budget: float | None = None,
    journal: str | os.PathLike[str] | None = None,
    progress: Progress | None = None,
) -> DrillReport:
    """Plant attacks in copies of a data set, scan them, and say which would have been noticed.

    Parameters
    ----------
    data, label, source, id, time, features, text, image, embedding
        As in `foretaste.scan`. Attacks use rows of one of the sources where there are some.
    attacks
        Names of attacks and placebos to plant; all that apply by default.
    sizes
        Poisoned rows (from 1), or shares of all rows (below 1). By default 10, 25, 50 and 100
        rows, and 1, 2, 5 and 10 % for flips, outliers and gradients.
    seeds
        Trials of each attack at each size.
    seed
        Same seed, same result, whatever the number of workers.
    limit
        Of more rows than this, a random sample is drilled.
    removal
        Train victims with and without the flagged rows.
    profile, policy
        Of the scans, as in `foretaste.scan`.
    workers
        Trials at the same time; as many as there are cores, up to 4, by default.
    budget
        Seconds after which no further trial is started.
    journal
        File of finished trials: run again, the drill goes on from there.
    progress
        Called with what is done now and the share done, 0 to 1.

    Returns
    -------
    DrillReport
        Power by attack and size, false alarms on placebos, and what removal does.

    Raises
    ------
    foretaste.errors.ForetasteError
        On bad input, and where the data cannot be judged at all.

    Examples
    --------
    >>> import numpy as np
    >>> rng = np.random.default_rng(0)
    >>> x = rng.normal(size=(300, 4))
    >>> data = (x, (x[:, 0] > 0).astype(int))
    >>> report = drill(data, attacks=["table-outlier-far"], sizes=[10], removal=False)
    >>> print(report.answers[0].sentence)
    You would have missed table-outlier-far, even on 10 rows.
    """
    _check(seeds=seeds, limit=limit, workers=workers, budget=budget)
    begun = clock.monotonic()
    dataset = open_dataset(
        data,
        label=label,
        source=source,
        id=id,
        time=time,
        features=features,
        text=text,
        image=image,
        embedding=embedding,
    )
    tell = progress or (lambda _stage, _done: None)
    chosen = policy or Policy()
    used = _drawn(dataset, limit, seed)
    todo = plan(sample_of(used), attacks=attacks, sizes=sizes, seeds=range(seed, seed + seeds))
    tell("scanning the rows as they are", 0.0)
    report = scan(used, profile=profile, policy=chosen, seed=seed, workers=1)
    ground = _ground(used, report, seed)
    setting = _setting(dataset, ground, limit, removal=removal)
    held = Journal(None if journal is None else Path(journal), setting)
    crew = _Crew(
        ground,
        held,
        tell,
        workers=workers or min(4, os.cpu_count() or 1),
        until=None if budget is None else begun + budget,
        removal=removal,
    )
    trials = crew.run(todo)
    return _report(dataset, ground, todo, trials, seed, seeds, clock.monotonic() - begun)


def _check(*, seeds: int, limit: int, workers: int | None, budget: float | None) -> None:
    for name, value in (("seeds", seeds), ("limit", limit), ("workers", workers)):
        if value is not None and value < 1:
            raise UsageError(f"{name} must be at least 1, got {value}")
    if budget is not None and not budget > 0:
        raise UsageError(f"budget must be above 0 seconds, got {budget}")


def _drawn(dataset: Dataset, limit: int, seed: int) -> Dataset:
    """The rows, or a random sample of them where there are too many, in their order."""
    if len(dataset) <= limit:
        return dataset
    drawn = np.random.default_rng(seed).choice(len(dataset), size=limit, replace=False)
    return dataset.take(np.sort(drawn))


def _ground(used: Dataset, report: Report, seed: int) -> Ground:
    if report.verdict is Verdict.NOT_ASSESSABLE:
        raise NotAssessableError(
            f"{used.name}: {report.judgement.sentence} A drill needs rows that can be judged."
        )
    sample = sample_of(used)
    learn, test = held_out(sample, np.random.default_rng(seed))
    return Ground(sample, learn, test, report, report.policy, report.profile, seed)


def _setting(dataset: Dataset, ground: Ground, limit: int, *, removal: bool) -> str:
    """All that a trial depends on beside attack, size and seed."""
    network = ground.uses_networks and importlib.util.find_spec("torch") is not None
    return setting_of(
        {
            "digest": dataset.digest,
            "roles": dataset.roles,
            "versions": ground.report.versions,
            "limit": limit,
            "seed": ground.scan_seed,
            "profile": ground.profile,
            "policy": ground.policy,
            "removal": removal,
            "network": network,
        }
    )


@dataclass(frozen=True)
class _Crew:
    """Runs trials side by side, and keeps every one that is finished."""

    ground: Ground
    held: Journal
    tell: Progress
    workers: int
    until: float | None  # on the monotonic clock
    removal: bool

    def run(self, todo: Plan) -> dict[Task, Trial]:
        """Trials by task; those missing that the budget did not suffice for.

        When it is interrupted, trials under way are waited for and kept, and none is begun.
        """
        done = {task: trial for task in todo.tasks if (trial := self.held.find(task)) is not None}
        waiting = [task for task in todo.tasks if task not in done]
        running: dict[Future[Trial], Task] = {}
        # one limit around all: the limits of single scans then start and end at the same value
        with threadpool_limits(limits=1), ThreadPoolExecutor(self.workers) as pool:
            while running or (waiting and self._in_time()):
                while waiting and len(running) < self.workers and self._in_time():
                    task = waiting.pop(0)
                    self.tell(
                        f"{task.name} ({len(done) + len(running) + 1} of {len(todo.tasks)})",
                        len(done) / len(todo.tasks),
                    )
                    running[pool.submit(self._trial, task)] = task
                finished, _ = wait(running, return_when=FIRST_COMPLETED)
                for future in finished:
                    done[running.pop(future)] = future.result()
        self.tell("done", 1.0)
        return done

    def _trial(self, task: Task) -> Trial:
        trial = run_trial(task, self.ground, removal=self.removal)
        self.held.keep(task, trial)
        return trial

    def _in_time(self) -> bool:
        return self.until is None or clock.monotonic() < self.until


def _report(
    dataset: Dataset,
    ground: Ground,
    todo: Plan,
    done: dict[Task, Trial],
    seed: int,
    seeds: int,
    seconds: float,
) -> DrillReport:
    trials = tuple(done[task] for task in todo.tasks if task in done)
    scanned = ground.report
    return DrillReport(
        name=dataset.name,
        modality=dataset.modality,
        roles=dataset.roles,
        rows=len(dataset),
        rows_used=len(ground.sample),
        digest=dataset.digest,
        profile=ground.profile,
        policy=ground.policy,
        seed=seed,
        seeds=seeds,
        verdict=scanned.verdict,
        blocked=scanned.blocked,
        flagged=int(ground.flagged.sum()),
        sentence=scanned.judgement.sentence,
        planned=len(todo.tasks),
        trials=trials,
        power=power_of(trials),
        answers=answers(trials),
        notes=(*todo.notes, *_notes(dataset, ground)),
        seconds=seconds,
        versions=scanned.versions,
    )


def _notes(dataset: Dataset, ground: Ground) -> tuple[str, ...]:
    notes = []
    if len(ground.sample) < len(dataset):
        notes.append(
            f"a random sample of {len(ground.sample):,} of the {len(dataset):,} rows was drilled: "
            "sizes are rows of this sample"
        )
    if dataset.roles.embedding is not None and dataset.roles.features:
        notes.append("your own features were left out: planted rows would not match them")
    if dataset.roles.time is not None:
        notes.append("times were left out: the attacks do not plan when rows arrive")
    return tuple(notes)
