"""Differentially private training through opacus, and what it does and does not promise."""

from __future__ import annotations

import math
import warnings
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from foretaste.errors import MissingExtraError, UsageError
from foretaste.train.isolating import need_torch

__all__ = ["Private", "train_private"]


@dataclass(frozen=True, eq=False)
class Private:
    """A network trained with noise, and the privacy it spent.

    Attributes
    ----------
    network
        In evaluation mode.
    epsilon, delta
        Adding or removing one row changes the probability of any outcome of training by a factor
        of at most exp(epsilon), but for a chance of about delta.
    """

    network: Any
    epsilon: float
    delta: float

    def factor(self, rows: int) -> float:
        """How much more likely `rows` rows together can make any outcome of training.

        Group privacy: exp(rows · epsilon). Large for more than a few rows: this bounds attacks in
        probability, it is no certificate of a prediction.

        Examples
        --------
        >>> round(Private(None, 0.5, 1e-5).factor(4), 2)
        7.39
        """
        return math.exp(min(700.0, rows * self.epsilon))

    def sentence(self) -> str:
        """What may be said of it."""
        return (
            f"({self.epsilon:.2f}, {self.delta:.0e})-differentially private for single rows: one "
            f"row makes no outcome of training more than {self.factor(1):.1f} times as likely, ten "
            f"rows {self.factor(10):.1e} times. No prediction is certified."
        )


def train_private(
    network: Any,
    X: npt.ArrayLike,
    y: npt.ArrayLike,
    *,
    epsilon: float,
    delta: float | None = None,
    clip: float = 1.0,
    epochs: int = 10,
    batch: int = 128,
    rate: float = 0.05,
    seed: int = 0,
) -> Private:
    """Train a network by noisy, clipped gradients (DP-SGD).

    Parameters
    ----------
    network
        A torch module without batch normalisation, which mixes rows.
    X, y
        (n, ...) numbers and (n,) class codes.
    epsilon, delta
        The privacy to be spent at most; delta is 1/(10 n) where None.
    clip
        Length to which the gradient of each row is shortened.
    epochs, batch, rate
        Of stochastic gradient descent; batches are drawn at random, `batch` rows in the mean.
    seed
        Same seed, same network. It must stay secret: whoever knows it can take the noise away,
        and then nothing is promised. The noise is not of cryptographic strength.

    Raises
    ------
    MissingExtraError
        opacus is not installed.

    References
    ----------
    Abadi et al. 2016, "Deep learning with differential privacy"; Ma, Zhu, Hsu 2019, "Data poisoning
    against differentially-private learners: attacks and defenses", for what that means for poison.
    """
    torch = need_torch("private training")
    try:
        from opacus import PrivacyEngine  # noqa: PLC0415 - optional
    except ImportError as error:
        raise MissingExtraError("private training", "dp") from error
    values, labels = np.asarray(X, dtype=np.float32), np.asarray(y, dtype=np.int64)
    if len(values) != len(labels) or not len(labels):
        raise UsageError(f"X and y must hold as many rows, got {len(values)} and {len(labels)}")
    if epsilon <= 0 or clip <= 0:
        raise UsageError(f"epsilon and clip must be above 0, got {epsilon} and {clip}")
    spent_delta = 1 / (10 * len(labels)) if delta is None else delta
    rows = torch.utils.data.TensorDataset(torch.from_numpy(values), torch.from_numpy(labels))
    with torch.random.fork_rng(), warnings.catch_warnings():
        warnings.simplefilter("ignore")  # opacus tells of hooks and of its noise source
        torch.manual_seed(seed)
        engine = PrivacyEngine()
        private, optimiser, loader = engine.make_private_with_epsilon(
            module=network.train(),
            optimizer=torch.optim.SGD(network.parameters(), lr=rate),
            data_loader=torch.utils.data.DataLoader(rows, batch_size=batch),
            target_epsilon=epsilon,
            target_delta=spent_delta,
            epochs=epochs,
            max_grad_norm=clip,
        )
        for _ in range(epochs):
            for part, truth in loader:
                optimiser.zero_grad()
                if len(truth):  # a batch drawn at random may be empty: then only noise is added
                    torch.nn.functional.cross_entropy(private(part), truth).backward()
                    optimiser.step()
        spent = float(engine.get_epsilon(spent_delta))
    network.eval()
    return Private(network, spent, spent_delta)
