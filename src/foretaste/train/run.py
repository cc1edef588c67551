"""Train a partitioned model on a data set, and measure what it promises."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass

from foretaste.data import Dataset
from foretaste.errors import UsageError
from foretaste.train.certificate import Certificate, promise
from foretaste.train.classifier import FA_SPREAD, UNITS, VOTES, PartitionedClassifier
from foretaste.train.figures import Curve, Data, Design, measure
from foretaste.train.planning import (
    LEAST_ROWS,
    describe,
    fit_design,
    refuse_few,
    source_counts,
    undefended_accuracy,
)
from foretaste.train.rows import labelled_rows, reading_of

__all__ = ["ASSUMPTIONS", "Trained", "train_partitioned"]

Progress = Callable[[str, float], None]

ASSUMPTIONS = (
    (
        "The certificate compares trainings with this configuration: on the data as they are, and "
        "with up to so many rows or sources changed in any way."
    ),
    (
        "Roles, column types, image size and colour mode stay as recorded: a row is read the same "
        "whatever other rows hold."
    ),
    (
        "Training is deterministic: the same rows give the same base model, on one machine with "
        "these versions."
    ),
    (
        "A prediction that stands need not be right: accuracy is measured on held-out rows of the "
        "same data, which may hold poison as well."
    ),
    "Not covered: whoever changes the code, the features, or the inputs that are predicted.",
)


@dataclass(frozen=True, eq=False)
class Trained:
    """A partitioned model, and what was measured of it on rows it never saw."""

    model: PartitionedClassifier
    curve: Curve
    undefended: float
    data: Data
    holdout: float
    kind: str  # "linear" or "trees"
    seconds: float

    @property
    def noun(self) -> str:
        """What people call a unit: "row", or the name of the source column."""
        unit = self.curve.design.unit
        return "row" if unit == "row" else self.data.roles.source or "source"

    @property
    def promise(self) -> str:
        """The sentence a user can act on, at the most units that half of all predictions stand."""
        units = max(1, self.curve.median)
        return promise(units, self.curve.standing(units), self.noun)


def train_partitioned(
    data: Dataset,
    *,
    unit: str | None = None,
    vote: str = "roe",
    partitions: int | None = None,
    spread: int | None = None,
    closed: bool = False,
    model: str = "linear",
    holdout: float = 0.2,
    progress: Progress | None = None,
) -> Trained:
    """Train, hold rows out by hash, and certify the predictions on them.

    Parameters
    ----------
    data
        Opened with its label, and its source where there is one.
    unit
        "row" or "source"; by default "source" where the data have one.
    vote, partitions, spread
        As of `PartitionedClassifier`. The number of partitions is part of the configuration the
        certificate is about: state it if the model is to be trained again on changed data.
    closed
        Whether the sources in the data are all that can ever deliver.
    model
        "linear", or for tables "trees".
    holdout
        Share of rows that are not trained on, 0.05 to 0.5.

    Examples
    --------
    >>> import numpy as np
    >>> from foretaste.data import open_dataset
    >>> X = np.random.default_rng(0).normal(size=(600, 3))
    >>> trained = train_partitioned(open_dataset((X, X[:, 0] > 0)), partitions=20)
    >>> trained.promise.startswith("no ")
    True
    """
    start = time.perf_counter()
    tell = progress or (lambda _stage, _done: None)
    if not 0.05 <= holdout <= 0.5:
        raise UsageError(f"holdout must be a share of rows from 0.05 to 0.5, got {holdout}")
    tell("reading", 0.0)
    rows = labelled_rows(data)
    unit = unit or ("row" if rows.sources is None else "source")
    if unit not in UNITS or vote not in VOTES:
        raise UsageError(f"unit must be row or source, vote dpa, fa or roe; got {unit!r}, {vote!r}")
    if unit == "source" and rows.sources is None:
        raise UsageError("unit 'source' needs a source column: name it with source=... (--source)")
    test = rows.share(0.0, holdout)
    train, held = rows.take(~test), rows.take(test)
    refuse_few(train, held)
    names = () if rows.sources is None else tuple(sorted(set(rows.sources.tolist())))
    design = Design(
        unit=unit,
        vote=vote,
        partitions=partitions or _default_count(unit, len(train), len(names), closed=closed),
        spread=spread or (FA_SPREAD if vote == "fa" else 1),
        roster=names if closed and unit == "source" else None,
    )
    reading = reading_of(data.modality, embedded=data.embedding() is not None, model=model)
    tell("training", 0.2)
    fitted = fit_design(design, reading, train)
    tell("certifying", 0.7)
    certificate: Certificate = fitted.certify(held.X)
    tell("comparing", 0.9)
    return Trained(
        model=fitted,
        curve=measure(design, certificate, held.y, fitted.rows_per_model_),
        undefended=undefended_accuracy(reading, train, held),
        data=describe(data, rows, train, held),
        holdout=holdout,
        kind=model,
        seconds=time.perf_counter() - start,
    )


def _default_count(unit: str, rows: int, sources: int, *, closed: bool) -> int:
    """In coarse steps, so that a few rows more or less do not change it."""
    if unit == "source":
        return source_counts(sources, closed=closed)[-1]
    fits = [k for k in (5, 10, 25, 50, 100, 250) if rows / k >= LEAST_ROWS]
    return fits[-1] if fits else 5
