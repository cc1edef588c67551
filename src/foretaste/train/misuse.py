"""Uses that would void a certificate: refused where they can be proved, else warned about."""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from typing import Any

import numpy as np
from sklearn.utils import get_tags

from foretaste.errors import UsageError
from foretaste.train import partition

__all__ = [
    "CertificateWarning",
    "refuse_stateful",
    "refuse_unseeded",
    "warn_if_fitted_on_all",
    "warn_if_thin",
]

SAMPLE_COLUMNS = 200
EXACT = 1e-6  # of a column's spread: a mean this close to 0 is the work of arithmetic


class CertificateWarning(UserWarning):
    """Something that weakens a certificate, or would void it."""


def refuse_unseeded(estimator: Any, owner: str = "estimator") -> None:
    """Raise if any part of `estimator` draws random numbers that are not fixed.

    Two trainings on the same rows must give the same model: a certificate says what the *same*
    training would have said on changed data.

    Examples
    --------
    >>> from sklearn.tree import DecisionTreeClassifier
    >>> refuse_unseeded(DecisionTreeClassifier(random_state=0))
    >>> refuse_unseeded(DecisionTreeClassifier())
    Traceback (most recent call last):
    foretaste.errors.UsageError: estimator: random_state of DecisionTreeClassifier must be a ...
    """
    parameters: Mapping[str, Any] = estimator.get_params(deep=True)
    for name, value in sorted(parameters.items()):
        if name.rpartition("__")[2] != "random_state" or isinstance(value, int | np.integer):
            continue
        part = parameters.get(name.rpartition("__")[0], estimator)
        raise UsageError(
            f"{owner}: random_state of {type(part).__name__} must be a whole number, got "
            f"{value!r}; an unseeded model voids the certificate: set {name}=0"
        )


def refuse_stateful(transformer: Any, owner: str) -> None:
    """Raise if `transformer` learns from the rows it is fitted on.

    Examples
    --------
    >>> from sklearn.preprocessing import Normalizer, StandardScaler
    >>> refuse_stateful(Normalizer(), "features")
    >>> refuse_stateful(StandardScaler(), "features")
    Traceback (most recent call last):
    foretaste.errors.UsageError: features: StandardScaler learns from all rows ...
    """
    if get_tags(transformer).requires_fit:
        raise UsageError(
            f"{owner}: {type(transformer).__name__} learns from all rows before they are "
            "partitioned, which voids the certificate; make it part of the base estimator: "
            "PartitionedClassifier(make_pipeline("
            f"{type(transformer).__name__}(...), model))"
        )


def warn_if_fitted_on_all(X: Any) -> None:
    """Warn if `X` bears the marks of a scaler that was fitted on all of its rows.

    Columns whose means are 0 to the last digits, or that all span exactly 0 to 1, were scaled with
    the very rows at hand. Other fitted preprocessing leaves no mark and cannot be seen.

    Examples
    --------
    >>> import numpy as np
    >>> X = np.random.default_rng(0).normal(3.0, 2.0, size=(50, 4))
    >>> warn_if_fitted_on_all(X)
    >>> import warnings
    >>> with warnings.catch_warnings(record=True) as caught:
    ...     warnings.simplefilter("always")
    ...     warn_if_fitted_on_all(X - X.mean(axis=0))
    >>> caught[0].category.__name__
    'CertificateWarning'
    """
    if not isinstance(X, np.ndarray) or X.ndim != 2 or X.dtype.kind != "f" or len(X) < 10:
        return
    part = np.asarray(X[:, :SAMPLE_COLUMNS], dtype=np.float64)
    if not np.isfinite(part).all():
        return
    spread = part.std(axis=0)
    part, spread = part[:, spread > 0], spread[spread > 0]
    if part.shape[1] < 2:
        return
    centred = bool((np.abs(part.mean(axis=0)) <= EXACT * spread).all())
    low, high = part.min(axis=0), part.max(axis=0)
    ranged = bool(np.allclose(low, 0, atol=EXACT) and np.allclose(high, 1, atol=EXACT))
    if centred or (ranged and np.unique(part).size > 2):
        how = "centred" if centred else "scaled to 0–1"
        warnings.warn(
            f"X is {how} exactly over its {len(X)} rows, as by a scaler fitted on all of them: "
            "that voids the certificate; put the scaler into the base estimator with make_pipeline",
            CertificateWarning,
            stacklevel=3,
        )


def warn_if_thin(n_cells: int, filled: int, units: int, unit: str, closed: bool) -> None:
    """Warn where so many partitions are empty, or shared, that the certificate is weaker for it.

    Parameters
    ----------
    n_cells, filled
        Partitions, and those of them that hold a row.
    units, unit
        How many rows or sources there are, and which of the two is counted.
    closed
        Whether a roster fills the partitions evenly.
    """
    empty = n_cells - filled
    if not closed and units >= 20 * n_cells:
        # the chance of a single empty cell is below n_cells · exp(-20)
        assert empty == 0, "the hash leaves cells empty that chance would have filled"
    if unit == "source":
        # names that share a cell fall together; empty cells cost nothing
        wasted = units - filled
        told = f"{units} sources share {filled} partitions"
        advice = "raise n_partitions, or give a roster"
    else:
        wasted, by_chance = empty, partition.expected_empty(units, n_cells)
        told = f"{empty} of {n_cells} partitions hold no row (by chance {by_chance:.1f})"
        advice = "lower n_partitions"
    if wasted > 0.25 * min(units, n_cells):
        warnings.warn(
            f"{told}: the certificate holds, and is weaker than it could be; {advice}",
            CertificateWarning,
            stacklevel=4,  # whoever called fit
        )
