"""Rows through the stream guard in bounded memory, beside a bare loop of river.

``python -m benchmarks.stream_throughput --rows 10000000``; CPU seconds of one core, and the largest
memory of the process, beside what it held before the first row.
"""

from __future__ import annotations

import argparse
import resource
import time

import numpy as np
from river import linear_model

from foretaste.stream import Batch, GuardSettings, StreamGuard

WIDTH, SOURCES, BLOCK, A_DAY = 20, 5_000, 1_000, 20_000
SETTINGS = GuardSettings(capacity=50_000, horizon=20_000, sources=20_000)


def rows(start: int, n: int, rng: np.random.Generator) -> Batch:
    x = rng.normal(size=(n, WIDTH)).astype(np.float32)
    labels = np.where(x[:, 0] + 0.5 * rng.normal(size=n) > 0, "yes", "no").astype(object)
    return Batch.of(
        [f"r{start + i}" for i in range(n)],
        (start + np.arange(n)) * 86_400.0 / A_DAY,
        [f"s{i}" for i in rng.integers(0, SOURCES, n)],
        labels,
        x,
    )


def memory() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=10_000_000)
    total = parser.parse_args().rows
    rng = np.random.default_rng(0)
    guard = StreamGuard(rows(-2_000_000, 2_000, rng), settings=SETTINGS)
    before, spent, left = memory(), 0.0, 0
    for start in range(0, total, BLOCK):
        block = rows(start, BLOCK, rng)
        begun = time.process_time()
        left += sum(len(o.merged) + len(o.kept_back) for o in guard.push(block))
        spent += time.process_time() - begun
        if start in {total // 10, total // 2}:
            print(f"after {start:,} rows: {memory():,.0f} MiB at most", flush=True)
    print(
        f"guard: {total / spent:,.0f} rows a CPU second; {before:,.0f} MiB before, at most "
        f"{memory():,.0f} MiB; {left:,} rows left it, {guard.waiting:,} wait"
    )
    model, some = linear_model.LogisticRegression(), rows(0, 20_000, rng)
    begun = time.process_time()
    for x, label in zip(some.content, some.labels, strict=True):
        model.learn_one(dict(enumerate(x.tolist())), label == "yes")
    print(
        f"river, learning only: {len(some) / (time.process_time() - begun):,.0f} rows a CPU second"
    )


if __name__ == "__main__":
    main()
