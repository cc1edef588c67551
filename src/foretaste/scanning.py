"""Scan a data set: the whole product on one screen.

::

    open ─► Dataset ─► look ─► View ─► detectors ─► Scores ─► judge ─► Report
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from importlib import metadata
from pathlib import Path
from typing import Any

import numpy as np
from threadpoolctl import threadpool_limits

from foretaste.data import Dataset, open_dataset
from foretaste.detect.plugins import Looking, Plugin, installed, offered, said
from foretaste.detect.running import Looked, run_detectors
from foretaste.errors import UsageError
from foretaste.judge.answers import of_answers
from foretaste.judge.exhibits import map_rows
from foretaste.judge.verdict import judge, not_assessable
from foretaste.modality.own_encoder import OwnEncoder, own_encoder
from foretaste.probe.look import look
from foretaste.report import Report
from foretaste.types import Judgement, Policy, View
from foretaste.validate import check

__all__ = ["scan"]

PROFILES = ("fast", "balanced", "thorough")
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
    plugins: Sequence[Looking] | None = None,
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
    plugins
        Detectors of others, such as those of `foretaste.ecosystem`; where None, those that
        installed packages offer. Their scores stand in `Report.opinions`, the groups they name
        must pass the same proof as any; one that fails is listed in the report.
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
    others = installed() if plugins is None else offered(plugins)
    plan = _Plan(profile, seed, workers or min(4, os.cpu_count() or 1), others, own, told)
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
    plugins: tuple[Plugin, ...] = ()
    encoder: OwnEncoder | None = None
    encoder_told: str = ""

    @property
    def details(self) -> int:
        """Detailed views of each row."""
        return 2 if self.profile == "thorough" else 1


def _scan(dataset: Dataset, plan: _Plan, policy: Policy, progress: Progress) -> Report:
    clock = _Clock(progress)
    look_rng, detect_rng, _ = np.random.default_rng(plan.seed).spawn(3)
    view = look(
        dataset,
        look_rng,
        clock.stage,
        details=plan.details,
        own=plan.encoder,
        workers=plan.workers,
    )
    clock.stage("looking")
    refused = not_assessable(view, policy)
    looked = run_detectors(
        view,
        detect_rng,
        profile=plan.profile,
        workers=plan.workers,
        plugins=plan.plugins,
        refused=refused,
    )
    judgement, looked, judge_rng = _judged(view, looked, policy, plan.seed, clock)
    if dataset.pairs is not None:
        judgement = of_answers(judgement)
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
        coverage=looked.coverage,
        policy=policy,
        profile=plan.profile,
        seed=plan.seed,
        digest=dataset.digest,
        name=dataset.name,
        seconds=clock.seconds,
        versions=_versions(plan),
        map_points=points,
        encoder=plan.encoder_told,
        opinions={n: s.values for n, s in looked.scores.items() if n in looked.foreign},
        dataset=dataset,
    )


def _judged(
    view: View, looked: Looked, policy: Policy, seed: int, clock: _Clock
) -> tuple[Judgement, Looked, np.random.Generator]:
    """The judgement; without the plug-ins if their triggers cannot be worked with."""
    rng = np.random.default_rng(seed).spawn(3)[2]
    try:
        return judge(view, looked.scores, policy, rng, clock.stage), looked, rng
    except Exception as error:
        rest = looked.without_foreign(f"failed while its candidates were tested: {said(error)}")
        if len(rest.scores) == len(looked.scores):
            raise
        return _judged(view, rest, policy, seed, clock)


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


def _versions(plan: _Plan) -> dict[str, str]:
    names = ("foretaste", "numpy", "scipy", "scikit-learn", "pyarrow")
    versions = {name: metadata.version(name) for name in names}
    versions |= {f"plug-in {p.name}": p.version for p in plan.plugins if p.version}
    return versions if plan.encoder is None else versions | {"encoder": plan.encoder.name}
