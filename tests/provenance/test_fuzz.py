"""A small slice of ``python -m benchmarks.fuzz``."""

from __future__ import annotations

from pathlib import Path

import pytest
from benchmarks.fuzz import fuzz


@pytest.mark.filterwarnings("ignore")  # libraries warn of what is spoilt
def test_spoilt_inputs_are_refused_or_not_believed(tmp_path: Path) -> None:
    outcomes = fuzz(2_000, seed=1, folder=tmp_path)
    assert len(outcomes) == 20
    assert {o.kind: o.failures for o in outcomes if o.failures} == {}
    assert {o.kind: o.believed for o in outcomes if o.believed} == {}
    assert all(o.refused + o.read == o.cases for o in outcomes)
    assert all(o.refused > 0 for o in outcomes)
