"""A set with a backdoor, small enough to be scanned within seconds, and its report."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from sklearn.datasets import load_digits

from foretaste import scan
from foretaste.report import Report


@pytest.fixture(scope="session")
def poison() -> Any:
    """The rows that are."""
    return np.arange(0, 400, 10)


@pytest.fixture(scope="session")
def images(poison: Any) -> tuple[Any, Any]:
    """(500, 8, 8, 1) digits in 0–255, forty of them with a patch and the label 7."""
    X, y = load_digits(return_X_y=True)
    pixels = np.rint(X.reshape(-1, 8, 8, 1) * 255 / 16).astype(np.uint8)[:500]
    labels = y[:500].copy()
    pixels[poison, 5:8, 5:8, 0] = np.array([[255, 0, 255], [0, 255, 0], [255, 0, 255]])
    labels[poison] = 7
    return pixels, labels


@pytest.fixture(scope="session")
def report(images: tuple[Any, Any]) -> Report:
    """Of those images."""
    return scan(images, plugins=())
