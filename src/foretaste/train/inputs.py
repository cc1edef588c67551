"""Rows of any kind that a base model may take: arrays, frames, sparse matrices, texts, images."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
from scipy import sparse
from sklearn.pipeline import Pipeline
from sklearn.utils import get_tags
from sklearn.utils.validation import check_consistent_length, column_or_1d, validate_data

__all__ = ["checked", "checked_pair", "first_step", "n_rows_of", "stacked", "take"]


def checked_pair(estimator: Any, X: Any, y: Any) -> tuple[Any, npt.NDArray[Any]]:
    """`X` and `y` for `fit`, as arrays the models can be handed, checked as scikit-learn does.

    Texts, images and frames for a pipeline go through as they are: their first step checks them.
    """
    if _is_foreign(estimator, X):
        X = _as_rows(X)
        check_consistent_length(X, y)
        return X, column_or_1d(y)
    X, y = validate_data(estimator, X, y, **_options(estimator))
    return X, y


def checked(estimator: Any, X: Any) -> Any:
    """`X` for a fitted estimator."""
    if _is_foreign(estimator, X):
        return _as_rows(X)
    return validate_data(estimator, X, reset=False, **_options(estimator))


def first_step(estimator: Any) -> Any:
    """What meets the rows first: the estimator itself, or the first step of a pipeline."""
    while isinstance(estimator, Pipeline) and not isinstance(estimator[0], str):
        estimator = estimator[0]
    return estimator


def _options(estimator: Any) -> dict[str, Any]:
    tags = get_tags(estimator).input_tags
    return {
        "accept_sparse": "csr" if tags.sparse else False,
        "ensure_all_finite": "allow-nan" if tags.allow_nan else True,
    }


def _is_foreign(estimator: Any, X: Any) -> bool:
    """Whether `X` is not a plain matrix of numbers."""
    tags = get_tags(estimator).input_tags
    if tags.string or tags.three_d_array or not tags.two_d_array:
        return True
    base = estimator.estimator
    return hasattr(X, "iloc") and isinstance(base, Pipeline)


def _as_rows(X: Any) -> Any:
    if isinstance(X, np.ndarray) or hasattr(X, "iloc") or sparse.issparse(X):
        return X
    if len(X) and isinstance(X[0], str):
        texts = np.empty(len(X), dtype=object)
        texts[:] = list(X)
        return texts
    return np.asarray(X)


def n_rows_of(X: Any) -> int:
    """The number of rows."""
    return int(X.shape[0])


def take(X: Any, rows: npt.NDArray[np.int64]) -> Any:
    """These rows of `X`, in this order."""
    return X.iloc[rows] if hasattr(X, "iloc") else X[rows]


def stacked(blocks: list[Any]) -> Any:
    """Encoded blocks below each other."""
    return sparse.vstack(blocks, "csr") if sparse.issparse(blocks[0]) else np.concatenate(blocks)
