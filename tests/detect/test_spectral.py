"""Spectra of rows that hardly differ are numbers, too."""

from __future__ import annotations

import numpy as np

import foretaste
from foretaste.types import Verdict


def test_a_table_of_three_different_rows_gets_scores() -> None:
    report = foretaste.scan({"a": [1.0, 2.0, 3.0] * 20, "label": ["x", "y", "x"] * 20})
    assert np.isfinite(report.findings.score).all()
    assert report.verdict is Verdict.CLEAN
