"""Our scan in the shape of the Adversarial Robustness Toolbox's poisoning detectors."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import numpy.typing as npt

from foretaste.errors import MissingExtraError, UsageError
from foretaste.report import Report
from foretaste.scanning import scan

try:
    from art.defences.detector.poison import PoisonFilteringDefence
except ImportError as missing:
    raise MissingExtraError("the Adversarial Robustness Toolbox's interface", "art") from missing

__all__ = ["ArtDefence"]


class ArtDefence(PoisonFilteringDefence):  # type: ignore[misc]  # no stubs
    """`foretaste.scan` where the toolbox expects a `PoisonFilteringDefence`.

    Parameters
    ----------
    classifier
        Kept for the toolbox; it is not needed, and may be None.
    x_train
        (n, d) numbers, or images (n, h, w, c) or (n, c, h, w), in 0–1 or 0–255.
    y_train
        (n,) class codes or (n, k) one-hot.
    seed
        Of the scan.

    Examples
    --------
    ``report, is_clean = ArtDefence(classifier, x_train, y_train).detect_poison()``
    """

    defence_params = ("classifier", "x_train", "y_train", "seed")

    def __init__(self, classifier: Any, x_train: Any, y_train: Any, *, seed: int = 0) -> None:
        super().__init__(classifier, np.asarray(x_train), np.asarray(y_train))
        self.seed = seed
        self.report: Report | None = None
        self._check_params()

    def detect_poison(self, **kwargs: Any) -> tuple[dict[str, Any], list[int]]:
        """Scan.

        Parameters
        ----------
        kwargs
            Parameters of the class that are to change before.

        Returns
        -------
        dict
            The report as JSON values.
        list of int
            1 for each row that is not flagged, 0 for the others.
        """
        self.set_params(**kwargs)
        self.report = scan((_rows(self.x_train), _codes(self.y_train)), seed=self.seed)
        flagged = np.asarray(self.report.findings.flagged, dtype=np.bool_)
        return self.report.to_dict(), (~flagged).astype(int).tolist()

    def evaluate_defence(self, is_clean: npt.ArrayLike, **kwargs: Any) -> str:
        """A confusion matrix by class, as the toolbox writes it.

        Parameters
        ----------
        is_clean
            (n,) 1 where the row is clean in truth, 0 where it is poison.
        """
        if kwargs or self.report is None:
            self.detect_poison(**kwargs)
        assert self.report is not None
        truth = np.asarray(is_clean).astype(bool)
        codes, clean = _codes(self.y_train), ~np.asarray(self.report.findings.flagged, dtype=bool)
        if truth.shape != clean.shape:
            raise UsageError(f"is_clean must have shape {clean.shape}, got {truth.shape}")
        matrices = {}
        for code in np.unique(codes):
            mine = codes == code
            cells = {
                "TruePositive": (~clean & ~truth, ~truth),
                "TrueNegative": (clean & truth, truth),
                "FalsePositive": (~clean & truth, truth),
                "FalseNegative": (clean & ~truth, ~truth),
            }
            matrices[f"class_{code}"] = {
                name: _rate(int((hits & mine).sum()), int((of & mine).sum()))
                for name, (hits, of) in cells.items()
            }
        return json.dumps(matrices)

    def _check_params(self) -> None:
        if len(self.x_train) != len(self.y_train):
            raise UsageError(
                f"x_train and y_train must have as many rows, got {len(self.x_train)} "
                f"and {len(self.y_train)}"
            )


def _rate(numerator: int, denominator: int) -> dict[str, Any]:
    share: float | str = "N/A" if denominator == 0 else 100.0 * numerator / denominator
    return {"rate": share, "numerator": numerator, "denominator": denominator}


def _codes(y: npt.NDArray[Any]) -> npt.NDArray[Any]:
    return y.argmax(axis=1) if y.ndim == 2 else y


def _rows(x: Any) -> npt.NDArray[Any]:
    """Pixels as our reader takes them: channels last, 0–255."""
    if x.ndim != 4:
        return np.asarray(x)
    if x.shape[1] in {1, 3} and x.shape[3] not in {1, 3}:
        x = np.moveaxis(x, 1, 3)
    if np.issubdtype(x.dtype, np.floating) and float(x.max(initial=0.0)) <= 1.0:
        x = x * 255.0
    return np.asarray(np.clip(np.rint(x), 0, 255), dtype=np.uint8)
