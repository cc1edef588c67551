"""A pair of arrays (X, y) as an Arrow table."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from foretaste.data.loose import loose_column
from foretaste.errors import UnreadableDataError

__all__ = ["array_table", "tensor_column"]


def array_table(X: npt.NDArray[Any], y: npt.NDArray[Any], notes: list[str]) -> pa.Table:
    """Columns x0, x1 ... for a matrix, `text` for strings, `image` for 3 or 4 axes; and y.

    Examples
    --------
    >>> import numpy as np
    >>> array_table(np.eye(2), np.array([0, 1]), []).column_names
    ['x0', 'x1', 'y']
    >>> array_table(np.zeros((2, 28, 28)), np.array([0, 1]), []).column_names
    ['image', 'y']
    """
    if y.ndim == 2 and y.shape[1] == 1:
        y = y[:, 0]
    if y.ndim != 1 or len(X.shape) == 0 or len(X) != len(y):
        raise UnreadableDataError(
            f"arrays: X has shape {X.shape} and y {y.shape}; give one label for each row of X, "
            "such as y.argmax(axis=1) for one-hot labels"
        )
    columns: dict[str, Any] = {}
    if X.ndim == 1 and X.dtype.kind in "OUT":
        columns["text"] = loose_column("text", X.tolist(), notes)
    elif X.ndim <= 2:
        matrix = X[:, None] if X.ndim == 1 else X
        for i in range(matrix.shape[1]):
            columns[f"x{i}"] = _array(f"x{i}", matrix[:, i], notes)
    elif X.ndim <= 4:
        columns["image"] = tensor_column(X)
    else:
        raise UnreadableDataError(
            f"arrays: X has {X.ndim} axes; give (rows, columns), (rows, height, width) or "
            "(rows, height, width, channels)"
        )
    columns["y"] = _array("y", y, notes)
    return pa.table(columns)


def _array(name: str, values: npt.NDArray[Any], notes: list[str]) -> Any:
    if values.dtype.kind in "OUT":
        return loose_column(name, values.tolist(), notes)
    return pa.array(np.ascontiguousarray(values), from_pandas=True)


def tensor_column(X: npt.NDArray[Any]) -> Any:
    """Images of one size, (n, h, w) or (n, h, w, c), as a column of tensors.

    Examples
    --------
    >>> import numpy as np
    >>> tensor_column(np.zeros((2, 8, 8), dtype=np.uint8)).type.shape
    [8, 8]
    """
    if X.dtype.kind not in "buif":
        raise UnreadableDataError(
            f"arrays: pixels of type {X.dtype} are no numbers; give uint8, or floats from 0 to 1"
        )
    if X.dtype.kind == "b":
        X = X.astype(np.uint8) * np.uint8(255)
    if X.dtype == np.float16:
        X = X.astype(np.float32)
    kind = pa.fixed_shape_tensor(pa.from_numpy_dtype(X.dtype), X.shape[1:])
    flat = pa.array(np.ascontiguousarray(X).reshape(-1))
    storage = pa.FixedSizeListArray.from_arrays(flat, int(np.prod(X.shape[1:])))
    return pa.ExtensionArray.from_storage(kind, storage)
