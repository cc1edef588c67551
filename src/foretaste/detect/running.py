"""Every detector that applies looks at what it declared; the others are listed with why."""

from __future__ import annotations

import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace

import numpy as np

from foretaste.detect import discover
from foretaste.detect.plugins import Looking, Plugin, checked, said
from foretaste.types import Coverage, Modality, Scores, View

__all__ = ["RANK_ONLY", "Looked", "run_detectors"]

RANK_ONLY = ("local-density", "spectral")  # no verdict rests on their scores


@dataclass(frozen=True)
class Looked:
    """What each detector saw, and what was done about each."""

    scores: dict[str, Scores]
    coverage: tuple[Coverage, ...]
    foreign: frozenset[str] = frozenset()  # names of plug-ins among them

    def without_foreign(self, reason: str) -> Looked:
        """The same without plug-ins that named candidates; they are listed with `reason`."""
        out = {n for n in self.foreign & self.scores.keys() if self.scores[n].candidates}
        coverage = tuple(
            replace(c, ran=False, reason=reason) if c.detector in out else c for c in self.coverage
        )
        kept = {name: scores for name, scores in self.scores.items() if name not in out}
        return Looked(kept, coverage, self.foreign - out)


@dataclass(frozen=True)
class _Job:
    """A detector to be run, with its own source of random numbers."""

    name: str
    detector: Looking | None
    rng: np.random.Generator
    foreign: bool = False
    reason: str = ""


def run_detectors(
    view: View,
    rng: np.random.Generator,
    *,
    profile: str = "balanced",
    workers: int = 1,
    plugins: Sequence[Plugin] = (),
    refused: str | None = None,
) -> Looked:
    """Let all detectors look.

    Parameters
    ----------
    view
        All parts; each detector is handed those it declares.
    rng
        Own detectors draw the same numbers whatever plug-ins there are.
    profile, workers
        As of `foretaste.scan`.
    plugins
        Detectors of others. One that fails is listed with its error; own ones raise.
    refused
        Why nothing is looked at, if so.
    """

    def run(job: _Job) -> tuple[Coverage, Scores | None]:
        base = Coverage(job.name, "", "", ran=False)
        if job.detector is None:
            return replace(base, reason=job.reason), None
        base = replace(base, family=str(job.detector.family), layer=str(job.detector.layer))
        reason = job.reason or _why_not(job.detector, view, profile) or refused
        if reason is not None:
            return replace(base, reason=reason), None
        start = time.perf_counter()
        try:
            seen = view.only(job.detector.needs)
            scores = job.detector.fit(seen, job.rng)(seen)
            scores = checked(scores, len(view)) if job.foreign else scores
        except Exception as error:
            if not job.foreign:
                raise
            return replace(base, reason=f"failed: {said(error)}"), None
        done = replace(base, ran=True, seconds=time.perf_counter() - start)
        counts = (len(scores.candidates), scores.considered)
        return replace(done, candidates=counts[0], considered=counts[1]), scores

    jobs = _jobs(rng, plugins)
    with ThreadPoolExecutor(workers) as pool:
        results = list(pool.map(run, jobs))
    looked = {c.detector: scores for c, scores in results if scores is not None}
    foreign = frozenset(job.name for job in jobs if job.foreign)
    return Looked(looked, tuple(c for c, _ in results), foreign)


def _jobs(rng: np.random.Generator, plugins: Sequence[Plugin]) -> list[_Job]:
    own = discover()
    jobs = [_Job(k.name, k(), r) for k, r in zip(own, rng.spawn(len(own)), strict=True)]
    taken = {job.name for job in jobs}
    for plugin, r in zip(plugins, rng.spawn(len(plugins)), strict=True):
        name, reason = plugin.name or "nameless plug-in", plugin.reason
        if name in taken:
            reason = f"another detector is named {name!r}, too"
            name = next(f"{name} ({i})" for i in range(2, 99) if f"{name} ({i})" not in taken)
        taken.add(name)
        jobs.append(_Job(name, plugin.detector, r, foreign=True, reason=reason))
    return jobs


def _why_not(detector: Looking, view: View, profile: str) -> str | None:
    if view.modality not in detector.modalities:
        only = ", ".join(sorted(Modality(m).value for m in detector.modalities))
        return f"looks at {only} only"
    if profile == "fast" and detector.name in RANK_ONLY:
        return "left out by the profile 'fast'"
    return None
