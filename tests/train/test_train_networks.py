"""Networks trained without suspicious rows, and with noise."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pytest
from sklearn.datasets import load_digits

from foretaste.errors import UsageError
from foretaste.train.isolating import train_isolated
from foretaste.train.private import Private, train_private

torch = pytest.importorskip("torch")

DIGITS = load_digits(return_X_y=True)
X, Y = DIGITS[0][:1200] / 16.0, DIGITS[1][:1200]


def backdoored() -> tuple[npt.NDArray[np.float64], npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    """Forty rows with a white corner that are called 0."""
    rows = np.random.default_rng(0).choice(np.flatnonzero(Y[:1000] != 0), 40, replace=False)
    poisoned, labels = X[:1000].copy(), Y[:1000].copy()
    poisoned[rows] = stamped(poisoned[rows])
    labels[rows] = 0
    return poisoned, labels, rows


def stamped(values: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    out = values.copy()
    out[:, [0, 1, 8, 9]] = 1.0
    return out


def network() -> object:
    with torch.random.fork_rng():
        torch.manual_seed(0)
        return torch.nn.Sequential(
            torch.nn.Linear(64, 32), torch.nn.ReLU(), torch.nn.Linear(32, 10)
        )


def success(model: object) -> float:
    """Share of other digits with a white corner that are read as 0."""
    held = stamped(X[1000:][Y[1000:] != 0])
    with torch.no_grad():
        scores = model(torch.from_numpy(held.astype(np.float32)))  # type: ignore[operator]
    return float((scores.argmax(dim=1).numpy() == 0).mean())


def test_a_network_without_the_flagged_rows_has_no_backdoor() -> None:
    values, labels, rows = backdoored()
    as_is = train_isolated(network(), values, labels, epochs=8, rate=0.01)
    without = train_isolated(network(), values, labels, suspicious=rows, epochs=8, rate=0.01)
    assert success(as_is.network) > 0.8
    assert success(without.network) < 0.1
    assert without.isolated.sum() == 40


def test_rows_that_are_learnt_first_are_isolated_and_the_same_every_time() -> None:
    values, labels, rows = backdoored()
    found = [
        train_isolated(network(), values, labels, isolate=0.1, warmup=4, epochs=1, rate=0.01)
        for _ in range(2)
    ]
    assert found[0].isolated.sum() == 100
    assert found[0].isolated[rows].mean() > 2 * 0.1  # far more than chance
    np.testing.assert_array_equal(found[0].early_loss, found[1].early_loss)


@pytest.mark.parametrize(
    ("options", "says"),
    [
        ({"suspicious": np.ones(3, dtype=bool)}, "a mask must have shape"),
        ({"suspicious": [9999]}, "row numbers go from 0"),
        ({"suspicious": np.ones(1200, dtype=bool)}, "none is left"),
        ({"isolate": 0.7}, "isolate must be"),
    ],
)
def test_what_cannot_be_isolated_is_refused(options: dict[str, object], says: str) -> None:
    with pytest.raises(UsageError, match=says):
        train_isolated(network(), X, Y, **options)  # type: ignore[arg-type]


def test_private_training_spends_no_more_than_it_was_given() -> None:
    pytest.importorskip("opacus")
    found = train_private(network(), X, Y, epsilon=8.0, epochs=6, rate=0.5)
    assert 0 < found.epsilon <= 8.0
    with torch.no_grad():
        scores = found.network(torch.from_numpy(X.astype(np.float32)))
    assert (scores.argmax(dim=1).numpy() == Y).mean() > 0.5
    assert "No prediction is certified" in found.sentence()


def test_many_rows_void_a_privacy_bound() -> None:
    assert Private(None, 1.0, 1e-5).factor(10) == pytest.approx(np.exp(10))
