"""One trial: plant, scan, compare with the truth, and ask victims about the harm."""

from __future__ import annotations

import zlib
from collections.abc import Iterator
from contextlib import nullcontext
from dataclasses import replace
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy import stats
from threadpoolctl import threadpool_limits

from foretaste.attack.contract import Sample
from foretaste.drill.ground import ONE_AT_A_TIME, Ground, Planted
from foretaste.drill.plan import Task, takes
from foretaste.drill.removal import harm_of
from foretaste.errors import ForetasteError, UsageError
from foretaste.report import Report
from foretaste.report.plain import one_group
from foretaste.report.trials import PLACEBO, Trial

__all__ = ["run_trial"]

Bools = npt.NDArray[np.bool_]
CHANCE = 0.001  # of flagging as many planted rows, were rows flagged blindly
MOST_SOURCES = 3  # that are tried before rows of any source are used


def run_trial(task: Task, ground: Ground, *, removal: bool) -> Trial:
    """Plant once, scan once; with `removal`, train victims before and after.

    The same task on the same ground gives the same trial, whatever runs beside it.
    """
    base = Trial(task.kind.name, task.kind.family, task.rows, task.seed)
    with threadpool_limits(limits=1):  # as in a scan: sums depend on how threads share them
        try:
            with _alone(ground):
                source, target, planted = _plant(task, ground)
        except ForetasteError as error:
            return replace(base, reason=str(error))
        report = ground.scan(planted.sample)
        trial = _measured(base, planted, report)
        names = ground.sample.source_names
        trial = replace(
            trial,
            source=None if source is None else names[source],
            target=None if target is None else ground.sample.classes[target],
        )
        if not removal or trial.is_placebo:
            return trial
        flagged = report.findings.flagged & ~planted.flagged_before
        try:
            with _alone(ground):
                harm = harm_of(ground, planted, task.kind.family, flagged, task.seed)
        except ForetasteError as error:
            return replace(trial, harm_reason=str(error))
        return replace(trial, harm=harm)


def _alone(ground: Ground) -> Any:
    return ONE_AT_A_TIME if ground.uses_networks else nullcontext()


# --- planting -------------------------------------------------------------------------------


def _plant(task: Task, ground: Ground) -> tuple[int | None, int | None, Planted]:
    """Rows of one source where the attack takes one and the source has enough; else of any."""
    sample = ground.sample
    told, target = _told(task, len(ground.learn), sample)
    for source in _sources(task, sample):
        told_source = told if source is None else told | {"source": source}
        attack = task.kind(**told_source)
        try:
            return source, target, ground.plant(attack, _rng(task))
        except UsageError:
            if source is None:
                raise
    raise UsageError("no source to plant in")  # the last source tried is None


def _rng(task: Task) -> np.random.Generator:
    """The same for every size of an attack: a larger attack differs in its size only."""
    return np.random.default_rng([task.seed, zlib.crc32(task.kind.name.encode())])


def _told(task: Task, n: int, sample: Sample) -> tuple[dict[str, Any], int | None]:
    """Parameters, and the target class: the same for every attack of a seed."""
    told: dict[str, Any] = {} if task.kind.family == PLACEBO else {"rate": task.rows / n}
    if not takes(task.kind, "target"):
        return told, None
    present = np.unique(sample.labels)
    order = np.random.default_rng(task.seed).permutation(present)
    told["target"] = int(order[0])
    if takes(task.kind, "victim") and order.size > 1:
        told["victim"] = int(order[1])
    return told, int(order[0])


def _sources(task: Task, sample: Sample) -> Iterator[int | None]:
    if sample.sources is not None and takes(task.kind, "source"):
        sizes = np.bincount(sample.sources, minlength=len(sample.source_names))
        large = np.flatnonzero(sizes >= 2 * task.rows)
        order = np.random.default_rng(task.seed).permutation(large)
        yield from order[:MOST_SOURCES].tolist()
    yield None


# --- comparing ------------------------------------------------------------------------------


def _measured(base: Trial, planted: Planted, report: Report) -> Trial:
    flagged = report.findings.flagged & ~planted.flagged_before
    open_rows = ~planted.flagged_before
    truth = planted.truth
    hits = int((flagged & truth).sum())
    noticed = bool(flagged.any())
    if not base.is_placebo:
        noticed = _beyond_chance(hits, int(flagged.sum()), truth[open_rows])
    return replace(
        base,
        trigger=planted.done.trigger,
        planted=int(truth.sum()),
        verdict=report.verdict,
        flagged=int(flagged.sum()),
        hits=hits,
        noticed=report.blocked and noticed,
        found="; ".join(one_group(group) for group in report.groups[:3]),
        guilty=tuple(source.name for source in report.sources if source.guilty),
    )


def _beyond_chance(hits: int, flagged: int, truth: Bools) -> bool:
    """Whether `flagged` rows drawn blindly would hold as many planted ones once in a thousand."""
    chance = stats.hypergeom.sf(hits - 1, truth.size, int(truth.sum()), flagged)
    return hits > 0 and float(chance) < CHANCE
