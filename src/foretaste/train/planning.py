"""Before training: what would each design cost in accuracy, and what would it promise?"""

from __future__ import annotations

import time
import warnings
from collections.abc import Callable, Sequence

import numpy as np
from sklearn.base import clone

from foretaste.data import Dataset
from foretaste.errors import NotAssessableError
from foretaste.train.classifier import PartitionedClassifier
from foretaste.train.figures import Curve, Data, Design, Plan, measure
from foretaste.train.misuse import CertificateWarning
from foretaste.train.rows import LabelledRows, Reading, labelled_rows, reading_of
from foretaste.train.threads import one_thread
from foretaste.types import Modality

__all__ = [
    "LEAST_ROWS",
    "describe",
    "fit_design",
    "plan",
    "refuse_few",
    "source_counts",
    "undefended_accuracy",
]

Progress = Callable[[str, float], None]

LEAST_ROWS = 60  # fewer cannot be split into parts that learn anything
PER_MODEL = 15  # least rows a base model should see
COUNTS = (10, 25, 50, 100, 250)  # partitions that are tried
MOST_PARTITIONS = 1000  # of sources: beyond, time and memory grow and promises hardly do
HELD_OUT = 0.2
FA = 4


def plan(
    data: Dataset,
    *,
    model: str = "linear",
    closed: bool = False,
    limit: int = 6000,
    progress: Progress | None = None,
) -> Plan:
    """Accuracy against certified rows and sources, for several numbers of partitions and votes.

    Parameters
    ----------
    data
        Opened with its label, and its source where there is one.
    model
        "linear", or for tables "trees".
    closed
        Whether the sources in the data are all that can ever deliver.
    limit
        Of more rows, a part chosen by hash is used.

    Returns
    -------
    Plan
        Its curves are measured on a fifth of the rows, chosen by hash and not trained on.

    Examples
    --------
    >>> from foretaste.data import open_dataset
    >>> X = np.random.default_rng(0).normal(size=(400, 3))
    >>> plan(open_dataset((X, X[:, 0] > 0))).curves[0].design.says
    'dpa, 10 partitions'
    """
    start = time.perf_counter()
    tell = progress or (lambda _stage, _done: None)
    tell("reading", 0.0)
    rows = labelled_rows(data)
    used = rows.take(rows.share(0.0, min(1.0, limit / max(1, len(rows)))))
    test = used.share(0.0, HELD_OUT * min(1.0, limit / max(1, len(rows))))
    train, held = used.take(~test), used.take(test)
    refuse_few(train, held)
    reading = reading_of(data.modality, embedded=data.embedding() is not None, model=model)
    groups = _designs(train, closed=closed)
    curves: list[Curve] = []
    for at, designs in enumerate(groups):
        tell("training", (at + 1) / (len(groups) + 1))
        curves += _curves(designs, reading, train, held)
    names, counts = np.unique(train.y.astype(str), return_counts=True)
    common = names[counts.argmax()]
    return Plan(
        data=describe(data, rows, train, held),
        undefended=undefended_accuracy(reading, train, held),
        largest_class=float((held.y.astype(str) == common).mean()),
        curves=tuple(curves),
        notes=_notes(rows, used, data),
        seconds=time.perf_counter() - start,
    )


def refuse_few(train: LabelledRows, held: LabelledRows) -> None:
    """Raise where nothing can be learnt."""
    if len(train) < LEAST_ROWS or not len(held):
        raise NotAssessableError(
            f"{len(train)} rows are too few to be partitioned; give at least {LEAST_ROWS}"
        )
    if len(np.unique(train.y.astype(str))) < 2:
        raise NotAssessableError("all rows have one label: there is nothing to learn")


def _designs(train: LabelledRows, *, closed: bool) -> list[list[Design]]:
    """What to try; designs of one list share their base models and differ in the vote."""
    counts = [k for k in COUNTS if len(train) / k >= PER_MODEL] or [COUNTS[0]]
    groups = [[Design("row", vote, k) for vote in ("dpa", "roe")] for k in counts]
    finite = [k for k in counts if k <= 50][-1]
    groups.append([Design("row", vote, finite, FA) for vote in ("fa", "roe")])
    if train.sources is not None:
        names = tuple(sorted(set(train.sources.tolist())))
        for k in source_counts(len(names), closed=closed):
            roster = names if closed else None
            groups.append([Design("source", v, k, 1, roster) for v in ("dpa", "roe")])
    return groups


def source_counts(sources: int, *, closed: bool) -> list[int]:
    """Numbers of partitions worth trying for so many sources.

    Hashed names collide: with eight cells a source, nearly every source is alone in its cell, and
    empty cells cost nothing but the abstention.
    """
    wanted = (sources // 4, sources // 2, sources) if closed else (sources // 2, 2 * sources)
    counts = [*wanted] if closed else [*wanted, 8 * sources]
    return sorted({min(MOST_PARTITIONS, max(2, k)) for k in counts})


def fit_design(design: Design, reading: Reading, train: LabelledRows) -> PartitionedClassifier:
    """A model of this design, fitted."""
    model = PartitionedClassifier(
        reading.base,
        design.partitions,
        design.vote,
        design.unit,
        spread=design.spread,
        features=reading.features,
        roster=None if design.roster is None else list(design.roster),
    )
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", CertificateWarning)  # empty parts are told in the figures
        return model.fit(train.X, train.y, train.sources if design.unit == "source" else None)


def _curves(
    designs: Sequence[Design], reading: Reading, train: LabelledRows, held: LabelledRows
) -> list[Curve]:
    fitted = fit_design(designs[0], reading, train)
    return [
        measure(d, fitted.set_params(vote=d.vote).certify(held.X), held.y, fitted.rows_per_model_)
        for d in designs
    ]


def undefended_accuracy(reading: Reading, train: LabelledRows, held: LabelledRows) -> float:
    """Accuracy of one model of all rows, with the same features."""
    with one_thread():
        model = clone(reading.base)
        if reading.features is None:
            model.fit(train.X, train.y)
            return float((model.predict(held.X) == held.y).mean())
        model.fit(clone(reading.features).fit_transform(train.X), train.y)
        encoded = clone(reading.features).fit_transform(held.X)
        return float((model.predict(encoded) == held.y).mean())


def describe(data: Dataset, rows: LabelledRows, train: LabelledRows, held: LabelledRows) -> Data:
    """What the figures are about."""
    return Data(
        name=data.name,
        digest=data.digest,
        modality=data.modality,
        roles=data.roles,
        classes=tuple(sorted(set(rows.y.tolist()))),
        rows=len(rows),
        trained=len(train),
        held_out=len(held),
        sources=0 if train.sources is None else len(set(train.sources.tolist())),
    )


def _notes(rows: LabelledRows, used: LabelledRows, data: Dataset) -> tuple[str, ...]:
    notes = []
    if len(used) < len(rows):
        notes.append(
            f"measured on {len(used)} of {len(rows)} rows, chosen by hash: with all of them each "
            "model sees more rows, and accuracy should not be lower"
        )
    if rows.sources is None:
        notes.append("no source column: nothing can be promised about sources (--source)")
    elif len(set(rows.sources.tolist())) < 3:
        notes.append("with fewer than 3 sources no vote can outvote one of them")
    if data.modality is Modality.TABLE and data.embedding() is None and len(used) < 1000:
        notes.append("few rows: each model learns from a handful")
    return tuple(notes)
