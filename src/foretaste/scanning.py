"""Scan a data set: the whole product on one screen.

::

    open ─► Dataset ─► look ─► View ─► detectors ─► Scores ─► judge ─► Report
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from importlib import metadata
from pathlib import Path
from typing import Any

import numpy as np
from threadpoolctl import threadpool_limits

from foretaste.data import Dataset, open_dataset
from foretaste.detect import discover
from foretaste.errors import UsageError
from foretaste.judge.exhibits import map_rows
from foretaste.judge.verdict import judge, not_assessable
from foretaste.modality.own_encoder import OwnEncoder, own_encoder
from foretaste.probe.look import look
from foretaste.report import Report
from foretaste.types import Coverage, Detector, Modality, Policy, Scores, View
from foretaste.validate import check

__all__ = ["scan"]

PROFILES = ("fast", "balanced", "thorough")
RANK_ONLY = ("local-density", "spectral")  # no verdict rests on their scores
STAGES = ("reading", "encoding", "probing", "looking", "testing groups", "judging labels", "done")

Progress = Callable[[str, float], None]


def scan(
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
    encoder: Any = None,
    schema: Any = None,
    profile: str = "balanced",
    seed: int = 0,
    workers: int | None = None,
    policy: Policy | None = None,
    progress: Progress | None = None,
) -> Report:
    """Is this data set poisoned: which rows, which source, what trigger?

    Parameters
    ----------
    data
        A path (CSV, Parquet, JSON Lines, Arrow, an image folder ...), a frame, an array pair ...
    label, source, id, time, features, text, image, embedding
        Columns and their roles; inferred and shown where not stated.
    encoder
        A label-free encoder of yours, as one more view: "packaged" (the one that an extra brings,
        for texts and images), the path of an ONNX file, a torch module, an object with
        ``transform``, or a function from rows to (n, any) numbers.
    schema
        What the data must look like, too: a `foretaste.validate.Schema` or the path of one. What
        breaks it stands in the report; rules that block make the report block.
    profile
        "fast" leaves out detectors that only rank rows, "thorough" asks a further view of
        every row before it accuses, "balanced" is in between.
    seed
        Same seed, same result, whatever the number of workers.
    workers
        Detectors that look at the same time; as many as there are cores, up to 4, by default.
    policy
        Thresholds; the default is meant to be kept.
    progress
        Called with the stage and the share done, 0 to 1.

    Returns
    -------
    Report
        Verdict, groups, findings, sources, coverage.

    Raises
    ------
    foretaste.errors.ForetasteError
        On bad input; the message names the parameter or row, the rule and the next step.

    Examples
    --------
    >>> import numpy as np
    >>> rng = np.random.default_rng(0)
    >>> x = rng.normal(size=(300, 4))
    >>> scan((x, x[:, 0] > 0)).verdict.value
    'clean'
    """
    if profile not in PROFILES:
        raise UsageError(f"profile must be one of {', '.join(PROFILES)}, got {profile!r}")
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
    if workers is not None and workers < 1:
        raise UsageError(f"workers must be at least 1, got {workers}")
    validation = None if schema is None else check(dataset, schema)
    own = None if encoder is None else own_encoder(encoder, dataset.modality)
    told = (
        "" if own is None else str(encoder) if isinstance(encoder, str | Path) else f"<{own.name}>"
    )
    plan = _Plan(profile, seed, workers or min(4, os.cpu_count() or 1), own, told)
    # sums depend on how a library splits them over threads: each works on one, so that the
    # number of workers, who share out whole detectors, never shows in a result
    with threadpool_limits(limits=1):
        report = _scan(dataset, plan, policy or Policy(), progress or (lambda _s, _d: None))
    return replace(report, validation=validation)


@dataclass(frozen=True)
class _Plan:
    profile: str
    seed: int
    workers: int
    encoder: OwnEncoder | None = None
    encoder_told: str = ""

    @property
    def details(self) -> int:
        """Detailed views of each row."""
        return 2 if self.profile == "thorough" else 1


def _scan(dataset: Dataset, plan: _Plan, policy: Policy, progress: Progress) -> Report:
    clock = _Clock(progress)
    look_rng, detect_rng, judge_rng = np.random.default_rng(plan.seed).spawn(3)
    view = look(dataset, look_rng, clock.stage, details=plan.details, own=plan.encoder)
    clock.stage("looking")
    refused = not_assessable(view, policy)
    looked, coverage = _run_detectors(view, detect_rng, plan, refused)
    judgement = judge(view, looked, policy, judge_rng, clock.stage)
    judgement = replace(judgement, notes=(*dataset.warnings, *judgement.notes))
    points = map_rows(view, {g.name: g.rows for g in judgement.groups}, judge_rng)
    clock.stage("done")
    counts = np.bincount(view.labels, minlength=len(view.classes)).tolist()
    return Report(
        judgement=judgement,
        modality=view.modality,
        roles=dataset.roles,
        rows=len(view),
        classes=tuple(zip(view.classes, counts, strict=True)),
        coverage=coverage,
        policy=policy,
        profile=plan.profile,
        seed=plan.seed,
        digest=dataset.digest,
        name=dataset.name,
        seconds=clock.seconds,
        versions=_versions(plan.encoder),
        map_points=points,
        encoder=plan.encoder_told,
        dataset=dataset,
    )


def _run_detectors(
    view: View, rng: np.random.Generator, plan: _Plan, refused: str | None
) -> tuple[dict[str, Scores], tuple[Coverage, ...]]:
    """Every detector that applies looks at what it declared; the others are listed with why."""

    def run(job: tuple[type[Detector], np.random.Generator]) -> tuple[Coverage, Scores | None]:
        kind, own = job
        base = Coverage(kind.name, str(kind.family), str(kind.layer), ran=False)
        reason = _why_not(kind, view, plan) or refused
        if reason is not None:
            return replace(base, reason=reason), None
        start = time.perf_counter()
        seen = view.only(kind.needs)
        scores = kind().fit(seen, own)(seen)
        done = replace(base, ran=True, seconds=time.perf_counter() - start)
        counts = (len(scores.candidates), scores.considered)
        return replace(done, candidates=counts[0], considered=counts[1]), scores

    kinds = discover()
    with ThreadPoolExecutor(plan.workers) as pool:
        results = list(pool.map(run, zip(kinds, rng.spawn(len(kinds)), strict=True)))
    looked = {c.detector: scores for c, scores in results if scores is not None}
    return looked, tuple(c for c, _ in results)


def _why_not(kind: type[Detector], view: View, plan: _Plan) -> str | None:
    if view.modality not in kind.modalities:
        only = ", ".join(sorted(Modality(m).value for m in kind.modalities))
        return f"looks at {only} only"
    if plan.profile == "fast" and kind.name in RANK_ONLY:
        return "left out by the profile 'fast'"
    return None


class _Clock:
    """Seconds per stage, and progress while at it."""

    def __init__(self, progress: Progress) -> None:
        self._progress, self._last = progress, ""
        self._since = time.perf_counter()
        self.seconds: dict[str, float] = {}

    def stage(self, name: str) -> None:
        now = time.perf_counter()
        if self._last:
            self.seconds[self._last] = self.seconds.get(self._last, 0.0) + now - self._since
        self._last, self._since = name, now
        done = STAGES.index(name) / (len(STAGES) - 1) if name in STAGES else 0.8
        self._progress(name, done)


def _versions(encoder: OwnEncoder | None) -> dict[str, str]:
    names = ("foretaste", "numpy", "scipy", "scikit-learn", "pyarrow")
    versions = {name: metadata.version(name) for name in names}
    return versions if encoder is None else versions | {"encoder": encoder.name}
