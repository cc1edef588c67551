"""An audit ranks flipped rows first, and knows what a row owes to itself."""

from __future__ import annotations

import numpy as np
import pytest

from foretaste.errors import UsageError
from foretaste.influence.audit import audit
from foretaste.influence.fingerprint import fingerprint

N = 300
RNG = np.random.default_rng(0)
X = RNG.normal(size=(N, 4))
TRUE = (X[:, 0] + X[:, 1] > 0).astype(int)
FLIPPED = RNG.choice(np.flatnonzero(np.abs(X[:, 0] + X[:, 1]) > 1), 15, replace=False)
LABELS = np.where(np.isin(np.arange(N), FLIPPED), 1 - TRUE, TRUE)
PRINTS = fingerprint((X, LABELS))


def test_flipped_rows_contradict_the_rest() -> None:
    found = audit(PRINTS)
    first = np.argsort(-found.contradiction)[: len(FLIPPED)]
    assert len(np.intersect1d(first, FLIPPED)) >= 11  # by chance, one
    assert found.against_golden is None


def test_self_influence_is_what_leaving_out_takes_away() -> None:
    head = PRINTS.head
    one_hot = np.eye(2)[head.labels]
    own = (one_hot - head.residual)[np.arange(N), head.labels]
    lost = own - head.leave_one_out()[np.arange(N), head.labels]
    np.testing.assert_allclose(audit(PRINTS).self_influence, lost, atol=1e-12)


def test_rows_against_vetted_ones_are_the_flipped_ones() -> None:
    golden = np.setdiff1d(np.arange(N), FLIPPED)[:60]
    against = audit(PRINTS, golden).against_golden
    assert against is not None
    assert ((against >= -1 - 1e-9) & (against <= 1 + 1e-9)).all()
    others = np.setdiff1d(np.arange(N), np.r_[FLIPPED, golden])
    assert against[FLIPPED].mean() > against[others].mean()


@pytest.mark.parametrize("golden", [[], [-1], [N]])
def test_vetted_rows_must_exist(golden: list[int]) -> None:
    with pytest.raises(UsageError, match="golden must name"):
        audit(PRINTS, np.array(golden, dtype=np.int64))
