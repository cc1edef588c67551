"""What influence costs at size, in CPU time and memory.

    python -m benchmarks.influence_cost

Audit and trace of 100,000 rows with 512 features and 10 classes; KNN-Shapley of a million rows.
CPU time of this process is told beside the clock, which means nothing on a busy machine.
"""

from __future__ import annotations

import resource
import time
from collections.abc import Callable
from typing import TypeVar

import numpy as np

from foretaste.influence.neighbour_shapley import knn_shapley
from foretaste.influence.ridge import fit_ridge
from foretaste.trace.kin import Kinship
from foretaste.trace.references import NaturalMistakes
from foretaste.trace.source_test import compare_sources

N, D, K = 100_000, 512, 10
Result = TypeVar("Result")


def main() -> None:
    rng = np.random.default_rng(0)
    features = rng.standard_normal((N, D), dtype=np.float32)
    labels = np.argmax(features[:, :K] + rng.gumbel(size=(N, K)), axis=1).astype(np.int64)
    head = timed("audit: fit and every row's leave-one-out", lambda: fit_ridge(features, labels, K))
    query, margin = features[:1], np.eye(K)[[0]] - np.eye(K)[[1]]
    timed("one incident against all rows", lambda: head.contribution(query, margin))
    kinship = timed("make the head ready, once", lambda: Kinship(head))
    natural = NaturalMistakes(kinship)
    timed("natural mistakes, once a size of incidents", lambda: natural.of(1))
    accused = kinship.accuse(0, margin[0])
    x = kinship.standardised(query)
    scores = timed("strength of rows", lambda: accused.scores(x))
    timed("fall without the strongest", lambda: accused.fall(x, scores, margin[0], 40))
    sources = rng.integers(0, 20, len(accused))
    ways = np.stack([scores[0].astype(np.float64), accused.contribution(x)])
    timed("sources", lambda: compare_sources(ways, sources, 20, rng))
    near = rng.integers(0, 1_000_000, (1_000_000, 10))
    classes = rng.integers(0, K, 1_000_000)
    timed("KNN-Shapley, a million rows", lambda: knn_shapley(near, classes, classes, 5))


def timed(what: str, work: Callable[[], Result]) -> Result:
    clock, cpu = time.perf_counter(), time.process_time()
    result = work()
    clock, cpu = time.perf_counter() - clock, time.process_time() - cpu
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20
    print(f"{what}: {1000 * cpu:,.0f} ms CPU, {1000 * clock:,.0f} ms clock, peak {peak:.2f} GiB")
    return result


if __name__ == "__main__":
    main()
