"""Tables as points: numeric columns on one scale on which outliers stay outliers."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from foretaste.modality.cells import as_table
from foretaste.modality.table_gaps import filled
from foretaste.types import Content, Floats, Ints

__all__ = ["DistinctRows", "all_cells", "damped_numbers", "distinct_rows"]

ABSENT = -1e30  # stands for a missing cell where a number is needed
HUGE = 1e30
LEAST_SPREAD = 0.5  # of a standard deviation: the scale of a column of mostly one value


@dataclass(frozen=True)
class DistinctRows:
    """Rows that differ, in an order that does not depend on the order of the table.

    values: (m, d) distinct rows.
    row_of: (n,) which of them each row of the table is.
    """

    values: Floats
    row_of: Ints


def distinct_rows(values: Floats) -> DistinctRows:
    """The distinct rows of `values`: copies of a row are no neighbours of it.

    Examples
    --------
    >>> import numpy as np
    >>> distinct_rows(np.array([[2.0], [1.0], [2.0]])).row_of.tolist()
    [1, 0, 1]
    """
    found, inverse = np.unique(values, axis=0, return_inverse=True)
    return DistinctRows(found, inverse.reshape(-1).astype(np.int64))


def all_cells(content: Content) -> Floats:
    """(n, d) every cell as a finite number, codes and missing ones included."""
    values = as_table(content).values
    return np.nan_to_num(values, nan=ABSENT, posinf=HUGE, neginf=-HUGE)


def damped_numbers(content: Content) -> Floats:
    """(n, d) numeric columns: signed logarithm, centred, robust scale 1; gaps are filled.

    The logarithm keeps heavy tails from being everything; nothing is clipped. Columns of one
    value are left out. A missing cell is no evidence: a similar row lends its own.

    Examples
    --------
    >>> import numpy as np
    >>> from foretaste.types import Table
    >>> damped_numbers(Table(("a", "b"), np.array([[1.0, 5.0], [3.0, 5.0], [9.0, 5.0]]))).shape
    (3, 1)
    """
    table = as_table(content)
    columns = [
        _damped(table.values[:, j])
        for j, name in enumerate(table.names)
        if name not in table.categories
    ]
    kept = [c for c in columns if c is not None]
    return filled(np.column_stack(kept)) if kept else np.zeros((len(table), 0))


def _damped(cells: Floats) -> Floats | None:
    gone = np.isnan(cells)
    x = np.clip(cells[~gone], -HUGE, HUGE)
    if not len(x) or x.min() == x.max():
        return None
    # what a logarithm flattens depends on the unit; zeros have none
    unit = float(np.median(np.abs(x[x != 0])))
    x = np.sign(x) * np.log1p(np.abs(x) / unit)
    low, centre, high = np.quantile(x, [0.25, 0.5, 0.75])
    scale = max(float(high - low) / 1.35, LEAST_SPREAD * float(x.std()))
    out: npt.NDArray[np.float64] = np.full(len(cells), np.nan)
    out[~gone] = (x - centre) / scale
    return out
