"""A Hugging Face data set with what was found, in columns."""

from __future__ import annotations

from typing import Any

from foretaste.errors import UsageError
from foretaste.report import Report

__all__ = ["annotated"]

_COLUMNS = ("flagged", "score", "kind", "group", "why")


def annotated(data: Any, report: Report, prefix: str = "foretaste_") -> Any:
    """`data` with one column more for each thing the report says of a row.

    Parameters
    ----------
    data
        A `datasets.Dataset`, in the order that was scanned.
    report
        Of a scan of the same rows, also one loaded from a folder.
    prefix
        Of the names of the columns: flagged, score, kind, group, why.

    Returns
    -------
    datasets.Dataset
        A new one; `data` is as it was.

    Raises
    ------
    UsageError
        The report is of another number of rows, or a column of that name is there.

    Examples
    --------
    >>> import numpy as np
    >>> import foretaste
    >>> from datasets import Dataset
    >>> rng = np.random.default_rng(0)
    >>> x = rng.normal(size=300)
    >>> data = Dataset.from_dict({"x": x, "label": (x > 0).astype(int)})
    >>> annotated(data, foretaste.scan(data)).column_names[2:]
    ['foretaste_flagged', 'foretaste_score', 'foretaste_kind', 'foretaste_group', 'foretaste_why']
    """
    if len(data) != report.rows:
        raise UsageError(
            f"the report is of {report.rows} rows, the data set has {len(data)}: scan this data set"
        )
    for name in _COLUMNS:
        if prefix + name in data.column_names:
            raise UsageError(f"there is a column {prefix + name!r}: give another prefix")
        data = data.add_column(prefix + name, getattr(report.findings, name).tolist())
    return data
