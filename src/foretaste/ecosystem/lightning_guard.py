"""A Lightning callback: no fit on data that is blocked, or that is not what was scanned."""

from __future__ import annotations

from typing import Any

import numpy as np

from foretaste.errors import BlockedError, MissingExtraError
from foretaste.report import Report

try:
    from pytorch_lightning import Callback
except ImportError as missing:
    raise MissingExtraError("a Lightning callback", "lightning") from missing

__all__ = ["PoisonGuard"]


class PoisonGuard(Callback):
    """Stops a fit before its first step unless the training data may be trained on.

    It passes where the report is not blocked, or where the trainer's data set is the `CleanRows`
    of this very report. What the rows hold is not compared, only their number: to bind bytes to a
    decision, load through `foretaste.guard`.

    Parameters
    ----------
    report
        Of a scan of the training data.

    Examples
    --------
    ``Trainer(callbacks=[PoisonGuard(report)]).fit(model, DataLoader(CleanRows(train, report)))``
    """

    def __init__(self, report: Report) -> None:
        super().__init__()
        self.report = report

    def on_train_start(self, trainer: Any, pl_module: Any) -> None:  # noqa: ARG002
        """Raise `BlockedError` or `NotAssessableError` where training must not begin."""
        for data in _data_sets(trainer.train_dataloader):
            cleaned = getattr(data, "report", None) is self.report
            if not cleaned:
                self._check_rows(len(data))
                self.report.raise_if_blocked()
        kept = int((~np.asarray(self.report.findings.flagged, dtype=np.bool_)).sum())
        trainer.lightning_module.print(
            f"foretaste: {self.report.verdict}, {kept} of {self.report.rows} rows not flagged"
        )

    def _check_rows(self, rows: int) -> None:
        if rows != self.report.rows:
            raise BlockedError(
                f"the training data has {rows} rows, {self.report.rows} were scanned: "
                "scan what is trained on"
            )


def _data_sets(loaders: Any) -> list[Any]:
    """The data set of each loader; Lightning takes one, or many in a list or a dict."""
    if isinstance(loaders, dict):
        return [data for loader in loaders.values() for data in _data_sets(loader)]
    if isinstance(loaders, list | tuple):
        return [data for loader in loaders for data in _data_sets(loader)]
    return [loaders.dataset]
