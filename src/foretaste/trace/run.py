"""Trace incidents: the whole of it on one screen.

::

    incidents ─► features ─► cause (few rows? which source? which rows?) ─► repair ─► TraceReport
"""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from importlib import metadata
from typing import Any, Literal

import numpy as np
import numpy.typing as npt
from threadpoolctl import threadpool_limits

from foretaste.data import Dataset, open_dataset
from foretaste.errors import UsageError
from foretaste.influence.fingerprint import Fingerprint, as_features, take_fingerprint
from foretaste.influence.model_features import features_of
from foretaste.report.trace_findings import Agreement, Cause, Repair
from foretaste.report.trace_report import TraceReport
from foretaste.trace.agreement import agreement
from foretaste.trace.cause import Bars, find_cause
from foretaste.trace.exhibits import show_causes, show_incidents
from foretaste.trace.incidents import Asked, Predict, read_incidents
from foretaste.trace.kin import Kinship
from foretaste.trace.models import Prepare, Retrain, as_given, as_predictor, name_of, retrainer
from foretaste.trace.notes import what_to_know
from foretaste.trace.references import NaturalMistakes
from foretaste.trace.repair import Trainer, repair
from foretaste.trace.trainers import HeadTrainer, LearnerTrainer, OwnTrainer
from foretaste.types import Content

__all__ = ["trace"]

Features = Callable[[Content], npt.NDArray[np.floating]]
Progress = Callable[[str, float], None]


def trace(
    data: Any,
    incidents: Any,
    *,
    said: str | Sequence[Any] | None = None,
    expected: str | None = None,
    fingerprint: Fingerprint | str | os.PathLike[str] | None = None,
    model: Any = None,
    retrain: Retrain | None = None,
    prepare: Prepare | None = None,
    features: Features | Literal["model"] | None = None,
    label: str | None = None,
    source: str | None = None,
    id: str | None = None,  # noqa: A002 - the role's name
    text: str | None = None,
    image: str | None = None,
    columns: list[str] | None = None,
    proof: bool = True,
    seeds: int = 3,
    alpha: float = 0.05,
    fdr: float = 0.05,
    seed: int = 0,
    progress: Progress | None = None,
) -> TraceReport:
    """These predictions were wrong: which rows and sources caused them, and is it gone without?

    Parameters
    ----------
    data
        The training rows, in the order in which they were trained on; None with a `fingerprint`.
    incidents
        The inputs that were misread, in the form of the training rows, with what was expected.
    said, expected
        Columns of the incidents: what the model said, and what was right (a column "expected" by
        default). `said` may also be one label an incident; left out, the model is asked.
    fingerprint
        Kept at training time; spares the data, or the time to look at them again.
    model
        Anything with predict_proba, a torch module, or a function from inputs to probabilities.
        It is asked how far the traced head agrees with it; a scikit-learn estimator is also
        trained again for the proof.
    retrain
        ``retrain(rows, seed)`` gives a model trained on these row numbers only. Without it, and
        without an estimator, the proof is made with a small model of ours, which says so.
    prepare
        Makes the model's input of content; frames, lists of texts, or (n, h, w, c) by default.
    features
        A function from content to (n, d) numbers, or "model": what enters the last layer of
        `model`, or its leaves (`foretaste.influence.model_features`). Label-free features of ours
        by default.
    label, source, id, text, image, columns
        Roles of the training columns, as in `foretaste.scan`; `columns` are its `features`.
    proof
        Whether to train again without the suspects.
    seeds
        Trainings of each arm of the proof.
    alpha, fdr
        Accepted errors: of blaming anything for a natural mistake; among flagged rows.
    seed
        Same seed, same result.
    progress
        Called with what is done next and the share done, 0 to 1.

    Returns
    -------
    TraceReport
        Causes with rows, sources and p-values, and the proof.

    Raises
    ------
    foretaste.errors.ForetasteError
        On bad input; the message names the parameter or row, the rule and the next step.

    Examples
    --------
    >>> import numpy as np
    >>> rng = np.random.default_rng(0)
    >>> x = rng.normal(size=(300, 4)).round(2)
    >>> y = (x[:, 0] > 0).astype(int)
    >>> x[:20, 3], y[:20] = 6.0, 1  # a planted trigger
    >>> report = trace((x, y), (np.array([[-1.0, 0, 0, 6.0]]), [0]), said=[1])
    >>> report.causes[0].said, len(report.causes[0].suspects) > 0
    ('1', True)
    """
    if seeds < 1 or not 0 < alpha < 1 or not 0 < fdr < 1:
        raise UsageError(
            f"seeds must be at least 1, alpha and fdr in (0, 1), got {seeds}, {alpha}, {fdr}"
        )
    tell = progress or (lambda _stage, _done: None)
    tell("reading", 0.0)
    dataset = None
    if data is not None:
        roles = {"label": label, "source": source, "id": id, "text": text, "image": image}
        dataset = open_dataset(data, features=columns, **roles)
    with threadpool_limits(limits=1):  # sums depend on how a library splits them over threads
        prepare = prepare or as_given
        own = features_of(model, prepare) if features == "model" else features
        prints = _prints(dataset, fingerprint, own, seed)
        predict = None if model is None else as_predictor(model, prints.classes, prepare)
        asked = read_incidents(
            incidents,
            shape=prints.shape,
            classes=prints.classes,
            said=said,
            expected=expected,
            predict=predict,
        )
        job = _Job(prints, dataset, asked, predict, model, retrain, prepare, seed)
        return _trace(job, own, Bars(alpha, fdr), seeds if proof else 0, tell)


@dataclass(frozen=True, eq=False)
class _Job:
    prints: Fingerprint
    dataset: Dataset | None
    asked: Asked
    predict: Predict | None
    model: Any
    retrain: Retrain | None
    prepare: Prepare
    seed: int


def _prints(
    dataset: Dataset | None,
    given: Fingerprint | str | os.PathLike[str] | None,
    features: Features | None,
    seed: int,
) -> Fingerprint:
    if given is None:
        if dataset is None:
            raise UsageError("data: give the training rows, or a fingerprint of them")
        made = None if features is None else as_features(features(dataset.content()), len(dataset))
        view = "features of the model" if features is not None else ""
        return take_fingerprint(dataset, np.random.default_rng(seed), made, view)
    prints = given if isinstance(given, Fingerprint) else Fingerprint.load(os.fspath(given))
    if dataset is not None and dataset.digest != prints.digest:
        raise UsageError(
            f"fingerprint: was taken of other data ({prints.name}, {len(prints)} rows); give the "
            "data it was taken of, or leave it out"
        )
    return prints


def _trace(
    job: _Job, features: Features | None, bars: Bars, seeds: int, tell: Progress
) -> TraceReport:
    prints, asked = job.prints, job.asked
    tell("looking at the incidents", 0.1)
    x = _incident_features(job, features)
    tell("tracing", 0.2)
    source_rng, repair_rng = np.random.default_rng(job.seed).spawn(2)
    causes = _causes(job, x, bars, source_rng)
    reproduced = prints.head.scores(x).argmax(axis=1) == asked.said
    fixed: Repair | None = None
    suspects = _all_suspects(causes)
    if seeds and len(suspects):
        trainer = _trainer(job, x)
        step = iter(np.linspace(0.4, 0.85, 4))
        fixed = repair(
            trainer,
            asked,
            prints.head.labels,
            suspects,
            repair_rng,
            seeds=seeds,
            progress=lambda what: tell(what, float(next(step, 0.9))),
        )
    tell("writing", 0.95)
    content = None if job.dataset is None else job.dataset.content()
    causes = show_causes(causes, prints, asked, content)
    return TraceReport(
        name=prints.name,
        modality=prints.modality,
        rows=len(prints),
        digest=prints.digest,
        view=prints.view,
        incidents=show_incidents(causes, prints, asked, reproduced),
        causes=causes,
        repair=fixed,
        agreement=_agreement(job),
        alpha=bars.alpha,
        fdr=bars.fdr,
        seed=job.seed,
        notes=what_to_know(
            missed=int((~reproduced).sum()),
            incidents=len(asked),
            model=job.predict is not None,
            data=job.dataset is not None,
            proven=None if not seeds else fixed is not None,
        ),
        versions={name: metadata.version(name) for name in ("foretaste", "numpy", "scikit-learn")},
    )


def _incident_features(job: _Job, features: Features | None) -> npt.NDArray[np.float32]:
    encode = features or job.prints.encoder
    if encode is None:
        raise UsageError(
            "features: the fingerprint was taken of a model's own features; give the same function"
        )
    x = as_features(encode(job.asked.content), len(job.asked))
    if x.shape[1] != job.prints.head.features.shape[1]:
        raise UsageError(
            f"features: {x.shape[1]} of an incident, {job.prints.head.features.shape[1]} of a "
            "training row; give the function that the fingerprint was taken with"
        )
    return x


def _causes(
    job: _Job, x: npt.NDArray[np.float32], bars: Bars, rng: np.random.Generator
) -> tuple[Cause, ...]:
    said = np.unique(job.asked.said)
    # one family of tests: the error is shared among the labels that were said
    each = replace(bars, alpha=bars.alpha / len(said))
    natural = NaturalMistakes(Kinship(job.prints.head))
    found = []
    for code, own in zip(said.tolist(), rng.spawn(len(said)), strict=True):
        which = np.flatnonzero(job.asked.said == code)
        numbers = tuple(which.tolist())
        expected = job.asked.expected[which]
        found.append(find_cause(job.prints, natural, x[which], code, expected, numbers, each, own))
    return tuple(found)


def _all_suspects(causes: tuple[Cause, ...]) -> npt.NDArray[np.int64]:
    """The suspects of all causes, strongest first, in turn."""
    longest = max((len(cause.suspects) for cause in causes), default=0)
    turns = [c.suspects[i] for i in range(longest) for c in causes if i < len(c.suspects)]
    return np.array(turns, dtype=np.int64)


def _trainer(job: _Job, x: npt.NDArray[np.float32]) -> Trainer:
    prints = job.prints
    if job.dataset is None:
        return HeadTrainer(prints, x)
    content, labels = job.dataset.content(), prints.head.labels
    retrain = job.retrain
    if retrain is None and hasattr(job.model, "fit") and hasattr(job.model, "get_params"):
        names = [prints.classes[code] for code in labels]
        retrain = retrainer(job.model, content, names, job.prepare)
    if retrain is None:
        return LearnerTrainer(labels, len(prints.classes), content, job.asked)
    name = "your training" if job.model is None else name_of(job.model)
    return OwnTrainer(name, retrain, prints.classes, job.prepare, content, job.asked)


def _agreement(job: _Job) -> Agreement | None:
    if job.predict is None or job.dataset is None:
        return None
    rows = np.random.default_rng(job.seed).permutation(len(job.prints))[:2000]
    said = job.predict(job.dataset.content().take(np.sort(rows))).argmax(axis=1)
    head = job.prints.head.leave_one_out()[np.sort(rows)].argmax(axis=1)
    return agreement(name_of(job.model), said, head)
