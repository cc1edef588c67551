"""Aggregators against lying clients: digits, softmax regression, 20 clients of whom 4 lie.

    python -m benchmarks.federated

The attacker wants every image read as a zero. Accuracy, and share of other digits read as zero, of
the model after some rounds; a table in `results/federated.md`.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from scipy.special import softmax
from sklearn.datasets import load_digits

from foretaste.attack.federated_little_is_enough import FederatedLittleIsEnough
from foretaste.attack.federated_model_replacement import FederatedModelReplacement
from foretaste.attack.federated_round import FederatedAttack, Floats, Round
from foretaste.attack.federated_scaling import FederatedScaling
from foretaste.attack.federated_sign_flip import FederatedSignFlip
from foretaste.attack.federated_sybils import FederatedSybils
from foretaste.train import aggregation

__all__ = ["AGGREGATORS", "ATTACKS", "Result", "simulate"]

PAGE = Path(__file__).parent / "results" / "federated.md"
CLIENTS, LIARS, ROUNDS = 20, 4, 60
ALLOWED = 8  # liars that aggregators are told to expect: Sybils double them
Aggregator = Callable[[Floats, Floats], Floats]

AGGREGATORS: dict[str, Aggregator] = {
    "mean": lambda updates, _: updates.mean(axis=0),
    "median": lambda updates, _: aggregation.coordinate_median(updates),
    "trimmed mean": lambda updates, _: aggregation.trimmed_mean(updates, ALLOWED),
    "clipped mean": lambda updates, _: aggregation.clipped_mean(updates),
    "Krum": lambda updates, _: aggregation.krum(updates, ALLOWED),
    "MultiKrum": lambda updates, _: aggregation.multi_krum(updates, ALLOWED),
    "FLTrust": aggregation.fltrust,
}
ATTACKS: tuple[FederatedAttack | None, ...] = (
    None,
    FederatedSignFlip(),
    FederatedScaling(),
    FederatedModelReplacement(),
    FederatedLittleIsEnough(),
    FederatedSybils(),
)


@dataclass(frozen=True)
class Result:
    """Of the last model: `accuracy`, and `success`, the share of other digits read as zero."""

    accuracy: float
    success: float


def simulate(
    aggregate: Aggregator, attack: FederatedAttack | None, rounds: int = ROUNDS, seed: int = 0
) -> Result:
    """Train by rounds of local gradients; with an attack, the first clients lie."""
    rng = np.random.default_rng(seed)
    X, y = load_digits(return_X_y=True)
    X, order = X / 16.0, rng.permutation(len(y))
    test, server, shared = order[:500], order[500:600], order[600:]
    clients = np.array_split(shared, CLIENTS)
    weights = np.zeros(X.shape[1] * 10)
    for _ in range(rounds):
        honest = np.stack([_update(weights, X[rows], y[rows]) for rows in clients])
        sent = honest
        if attack is not None:
            wrong = _update(weights, X[clients[0]], np.zeros(len(clients[0]), dtype=np.int64))
            forged = attack.forge(Round(honest[:LIARS], wrong, CLIENTS), rng)
            sent = np.concatenate([forged, honest[LIARS:]])
        weights = weights + aggregate(sent, _update(weights, X[server], y[server]))
    read = (X[test] @ weights.reshape(-1, 10)).argmax(axis=1)
    others = y[test] != 0
    return Result(float((read == y[test]).mean()), float((read[others] == 0).mean()))


def _update(weights: Floats, X: Floats, y: np.ndarray) -> Floats:
    """Five steps of gradient descent on a client's own rows."""
    w = weights.reshape(-1, 10).copy()
    for _ in range(5):
        w -= 0.5 * X.T @ (softmax(X @ w, axis=1) - np.eye(10)[y]) / len(y)
    return np.asarray(w.ravel() - weights)


def main() -> int:
    """Write the table."""
    names = ["none" if a is None else a.name.removeprefix("federated-") for a in ATTACKS]
    lines = [
        "# Federated aggregators\n",
        "Written by `python -m benchmarks.federated`: digits, softmax regression, 20 clients with",
        "like data, 4 of them liars (Sybils: 8 accounts), 60 rounds. Accuracy / share of other",
        "digits read as zero, which is what the liars want, in percent; mean of 3 seeds.\n",
        "| aggregator | " + " | ".join(names) + " |",
        "|" + " --- |" * (1 + len(names)),
    ]
    for name, aggregate in AGGREGATORS.items():
        cells = []
        for attack in ATTACKS:
            found = [simulate(aggregate, attack, seed=seed) for seed in range(3)]
            accuracy = 100 * np.mean([r.accuracy for r in found])
            success = 100 * np.mean([r.success for r in found])
            cells.append(f"{accuracy:.1f} / {success:.1f}")
        lines.append(f"| {name} | " + " | ".join(cells) + " |")
    PAGE.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
