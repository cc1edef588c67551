"""Fixtures of this folder."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.provenance.signed_data import Signed, sign_toy


@pytest.fixture
def signed(tmp_path: Path) -> Signed:
    """A signed file of 400 rows from four vendors."""
    return sign_toy(tmp_path)
