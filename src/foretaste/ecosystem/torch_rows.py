"""A torch data set without its flagged rows."""

from __future__ import annotations

from typing import Any

import numpy as np

from foretaste.errors import MissingExtraError, UsageError
from foretaste.report import Report

try:
    from torch.utils.data import Dataset
except ImportError as missing:
    raise MissingExtraError("a torch data set", "torch") from missing

__all__ = ["CleanRows"]


class CleanRows(Dataset[Any]):
    """The rows of `data` that a scan did not flag; reads nothing until a row is asked for.

    Parameters
    ----------
    data
        A map-style data set, in the order that was scanned.
    report
        Of a scan of the same rows, also one loaded from a folder.

    Raises
    ------
    UsageError
        The report is of another number of rows.

    Examples
    --------
    ``DataLoader(CleanRows(train, foretaste.scan(train)), batch_size=64)``
    """

    def __init__(self, data: Any, report: Report) -> None:
        if len(data) != report.rows:
            raise UsageError(
                f"the report is of {report.rows} rows, the data set has {len(data)}: "
                "scan this data set"
            )
        self.data, self.report = data, report
        self.rows = np.flatnonzero(~np.asarray(report.findings.flagged, dtype=np.bool_))

    def __len__(self) -> int:
        return len(self.rows)

    def __getitem__(self, at: int) -> Any:
        return self.data[int(self.rows[at])]
