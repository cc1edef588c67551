"""A network trained without the rows that look suspicious: by a scan, or by how early they fit."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from foretaste.errors import MissingExtraError, UsageError

__all__ = ["Isolated", "need_torch", "train_isolated"]

Bools = npt.NDArray[np.bool_]


@dataclass(frozen=True, eq=False)
class Isolated:
    """A trained network, and the rows it never learnt from.

    Attributes
    ----------
    network
        The torch module that was handed in, trained, in evaluation mode.
    isolated
        (n,) rows left out.
    early_loss
        (n,) mean loss over the warm-up; NaN without one.
    """

    network: Any
    isolated: Bools
    early_loss: npt.NDArray[np.float64]


def train_isolated(
    network: Any,
    X: npt.ArrayLike,
    y: npt.ArrayLike,
    *,
    suspicious: npt.ArrayLike | None = None,
    isolate: float = 0.0,
    warmup: int = 3,
    epochs: int = 10,
    batch: int = 128,
    rate: float = 1e-3,
    seed: int = 0,
) -> Isolated:
    """Train a network on the rows that are left when the suspicious ones are isolated.

    No certificate comes with it. Isolation by early loss catches shortcuts, which a network learns
    first; honest easy rows and prototypes go with them, flipped labels and clean-label poison
    do not. Isolation by a scan's findings is as good as the scan.

    Parameters
    ----------
    network
        A torch module that maps (n, ...) float32 to (n, classes) scores. It is trained in place,
        from the parameters it comes with.
    X, y
        (n, ...) numbers, and (n,) class codes.
    suspicious
        Row numbers or a mask, such as ``report.findings.flagged``.
    isolate
        Share of rows, those of lowest loss in the first `warmup` epochs, to be left out as well.
    epochs, batch, rate, seed
        Of Adam. The same seed gives the same network on one machine.

    Returns
    -------
    Isolated
        The network, and which rows it never saw after the warm-up.

    References
    ----------
    Li, Lyu, Koren, Lyu, Li, Ma 2021, "Anti-backdoor learning: training clean models on poisoned
    data", section 3, isolation. Its second step, unlearning, is left out: training again without
    the rows is what removes them.

    Examples
    --------
    >>> import torch
    >>> X = np.r_[np.zeros((30, 2)), np.ones((30, 2))]
    >>> y = np.r_[np.zeros(30), np.ones(30)].astype(int)
    >>> found = train_isolated(torch.nn.Linear(2, 2), X, y, suspicious=[0, 1], epochs=2)
    >>> int(found.isolated.sum())
    2
    """
    torch = need_torch("training a network")
    values, labels = np.asarray(X, dtype=np.float32), np.asarray(y, dtype=np.int64)
    if len(values) != len(labels) or not len(labels):
        raise UsageError(f"X and y must hold as many rows, got {len(values)} and {len(labels)}")
    if not 0 <= isolate < 0.5:
        raise UsageError(f"isolate must be a share from 0 to below 0.5, got {isolate}")
    isolated = _mask(suspicious, len(labels))
    early = np.full(len(labels), np.nan)
    with torch.random.fork_rng():
        torch.manual_seed(seed)
        data = torch.from_numpy(values), torch.from_numpy(labels)
        if isolate > 0:
            start = {k: v.clone() for k, v in network.state_dict().items()}
            early = _losses(network, data, np.flatnonzero(~isolated), warmup, batch, rate)
            network.load_state_dict(start)
            isolated = isolated | _lowest(early, ~isolated, isolate)
        _train(network, data, np.flatnonzero(~isolated), epochs, batch, rate)
    network.eval()
    return Isolated(network, isolated, early)


def need_torch(purpose: str) -> Any:
    """torch, or an error that names the extra."""
    try:
        import torch  # noqa: PLC0415 - optional
    except ImportError as error:
        raise MissingExtraError(purpose, "torch") from error
    return torch


def _mask(rows: npt.ArrayLike | None, n: int) -> Bools:
    mask = np.zeros(n, dtype=np.bool_)
    if rows is None:
        return mask
    told = np.asarray(rows)
    if told.dtype == np.bool_ and told.shape != (n,):
        raise UsageError(f"suspicious: a mask must have shape ({n},), got {told.shape}")
    if told.dtype != np.bool_ and told.size and not 0 <= told.min() <= told.max() < n:
        raise UsageError(f"suspicious: row numbers go from 0 to {n - 1}")
    mask[told if told.dtype == np.bool_ else told.astype(np.int64)] = True
    return mask


def _lowest(losses: npt.NDArray[np.float64], open_rows: Bools, share: float) -> Bools:
    rows = np.flatnonzero(open_rows)
    count = round(share * len(losses))
    mask = np.zeros(len(losses), dtype=np.bool_)
    mask[rows[np.argsort(losses[rows], kind="stable")[:count]]] = True
    return mask


def _train(
    network: Any, data: tuple[Any, Any], rows: Any, epochs: int, batch: int, rate: float
) -> None:
    import torch  # noqa: PLC0415 - optional

    if not len(rows):
        raise UsageError("suspicious: every row is isolated; none is left to learn from")
    network.train()
    optimiser = torch.optim.Adam(network.parameters(), lr=rate)
    chosen = torch.from_numpy(rows)
    for _ in range(epochs):
        for part in torch.split(chosen[torch.randperm(len(chosen))], batch):
            optimiser.zero_grad()
            loss_of: Any = torch.nn.functional.cross_entropy
            loss_of(network(data[0][part]), data[1][part]).backward()
            optimiser.step()


def _losses(
    network: Any, data: tuple[Any, Any], rows: Any, epochs: int, batch: int, rate: float
) -> npt.NDArray[np.float64]:
    """(n,) mean loss of each row after each of the first epochs."""
    import torch  # noqa: PLC0415 - optional

    total = np.zeros(len(data[1]))
    for _ in range(epochs):
        _train(network, data, rows, 1, batch, rate)
        network.eval()
        with torch.no_grad():
            for part in torch.split(torch.arange(len(total)), 1000):
                scores = network(data[0][part])
                found = torch.nn.functional.cross_entropy(scores, data[1][part], reduction="none")
                total[part.numpy()] += found.double().numpy() / epochs
    return total
