"""A certificate for a whole pipeline, if its steps do not void it."""

from __future__ import annotations

from typing import Any

from sklearn.pipeline import Pipeline

from foretaste.errors import UsageError
from foretaste.train.certificate import Certificate
from foretaste.train.classifier import PartitionedClassifier
from foretaste.train.misuse import refuse_stateful

__all__ = ["certify"]


def certify(model: Any, X: Any) -> Certificate:
    """The certificate of a fitted model: a `PartitionedClassifier`, or a pipeline that ends in one.

    Parameters
    ----------
    model
        Steps before the classifier may not learn from rows: put those into its base estimator.
    X
        What the model takes.

    Raises
    ------
    foretaste.errors.UsageError
        A step was fitted on all rows before they were partitioned; or nothing is partitioned.

    Examples
    --------
    >>> import numpy as np
    >>> from sklearn.pipeline import make_pipeline
    >>> from sklearn.preprocessing import Normalizer
    >>> X = np.arange(1.0, 101.0)[:, None] + [0.0, 5.0]
    >>> pipeline = make_pipeline(Normalizer(), PartitionedClassifier(n_partitions=5))
    >>> certify(pipeline.fit(X, X[:, 0] > 50), X[:2]).radius.shape
    (2,)
    """
    if isinstance(model, PartitionedClassifier):
        return model.certify(X)
    if isinstance(model, Pipeline) and isinstance(model[-1], PartitionedClassifier):
        for name, step in model.steps[:-1]:
            if step not in {None, "passthrough"}:
                refuse_stateful(step, f"pipeline step {name!r}")
        return model[-1].certify(model[:-1].transform(X))
    raise UsageError(
        f"model must be a PartitionedClassifier, or a Pipeline that ends in one, got "
        f"{type(model).__name__}: other models carry no certificate"
    )
