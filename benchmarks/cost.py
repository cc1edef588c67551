"""What a scan costs, stage by stage, and whether a speed-up left its findings alone.

    python -m benchmarks.cost                      # every scan; digests are compared and kept
    python -m benchmarks.cost --only sms-spam --keep /tmp/other.jsonl

Twenty-odd scans of real and made sets, attacked and honest, in one process and one thread, so that
seconds of the processor compare. Each ends in a digest of its findings; a line whose digest differs
from the one kept is marked.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

import foretaste
from benchmarks.plans import RedTeam
from benchmarks.sets import DATA
from foretaste.data import Dataset
from foretaste.drill.sample import dataset_of
from foretaste.report import Report

RESULTS = Path(__file__).parent / "results" / "cost.jsonl"
REAL: tuple[tuple[str, str, float | None, int], ...] = (
    ("spambase", "placebo-untouched", None, 4_601),
    ("spambase", "table-value-combination", 0.015, 2_500),
    ("spambase", "table-outlier-far", 0.02, 2_500),
    ("adult", "placebo-untouched", None, 5_000),
    ("adult", "label-flip-random", 0.1, 2_500),
    ("credit-default", "placebo-untouched", None, 5_000),
    ("credit-default", "table-out-of-range", 0.02, 2_500),
    ("breast-cancer", "label-flip-random", 0.1, 450),
    ("breast-cancer", "placebo-duplicates", None, 450),
    ("heart-disease", "placebo-untouched", None, 240),
    ("sms-spam", "placebo-untouched", None, 5_000),
    ("sms-spam", "text-rare-token", 0.02, 3_000),
    ("sms-spam", "text-clean-label", 0.03, 3_000),
    ("ag-news", "placebo-untouched", None, 5_000),
    ("ag-news", "text-sentence", 0.01, 2_000),
    ("trec", "text-rare-token", 0.02, 2_500),
    ("trec", "label-flip-random", 0.1, 2_500),
    ("davidson-tweets", "placebo-untouched", None, 2_500),
)
MADE = ((2_000, 384), (5_000, 20), (20_000, 20))  # rows, columns of numbers


@dataclass(frozen=True)
class Cost:
    """One scan. Seconds are of one core's work."""

    name: str
    rows: int
    seconds: float
    stages: dict[str, float]
    detectors: dict[str, float]  # those that took a tenth of a second
    verdict: str
    digest: str  # of findings, groups and notes


def main() -> int:
    """Measure, compare, keep."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--only", default="", help="scans whose name contains this")
    parser.add_argument("--data", type=Path, default=DATA, help="folder of real data sets")
    parser.add_argument("--keep", type=Path, default=RESULTS, help="JSON lines")
    told = parser.parse_args()
    kept = read(told.keep)
    changed = 0
    for name, make in scans(told.data):
        if told.only not in name:
            continue
        cost = measure(name, make)
        before = kept.get(name)
        differs = before is not None and before.digest != cost.digest
        changed += differs
        print(told_of(cost, before) + ("  DIFFERS" if differs else ""), flush=True)
        kept[name] = cost
        told.keep.write_text("".join(json.dumps(asdict(c)) + "\n" for c in kept.values()), "utf-8")
    return 1 if changed else 0


def read(path: Path) -> dict[str, Cost]:
    """The costs kept in a file, by name; none where there is no file."""
    if not path.exists():
        return {}
    lines = (Cost(**json.loads(line)) for line in path.read_text("utf-8").splitlines())
    return {cost.name: cost for cost in lines}


def scans(data: Path) -> Iterator[tuple[str, Callable[[], Any]]]:
    """Names, and what makes the data; nothing is read before it is asked for."""
    for name, planted, rate, rows in REAL:
        plan = RedTeam(name, planted, rate, rows)
        yield f"{name} {rows} {planted}", partial(attacked, plan, data)
    for rows, columns in MADE:
        yield f"made {rows} × {columns}", partial(made, rows, columns)


def attacked(plan: RedTeam, data: Path) -> Dataset:
    """A real set with what is planted into it."""
    return dataset_of(plan.case(data, 7).done.sample, plan.data)


def made(rows: int, columns: int) -> tuple[np.ndarray, np.ndarray]:
    """Normal numbers, and a noisy label that the first of them decides."""
    rng = np.random.default_rng(0)
    x = rng.normal(size=(rows, columns))
    return x, x[:, 0] + rng.normal(size=rows) > 0


def measure(name: str, make: Callable[[], Any]) -> Cost:
    """Scan once."""
    data = make()
    start = time.process_time()
    report = foretaste.scan(data, workers=1, plugins=())
    seconds = time.process_time() - start
    return Cost(
        name,
        report.rows,
        round(seconds, 2),
        {stage: round(took, 2) for stage, took in report.seconds.items()},
        {c.detector: round(c.seconds, 2) for c in report.coverage if c.seconds >= 0.1},
        str(report.verdict),
        digest_of(report),
    )


def digest_of(report: Report) -> str:
    """Of everything that was found: rows, scores to four digits, groups, notes."""
    found, hashed = report.findings, hashlib.sha256()
    hashed.update(np.ascontiguousarray(found.flagged).tobytes())
    hashed.update(np.round(found.score, 4).tobytes())
    for group in report.groups:
        hashed.update(f"{group.kind} {group.verdict} {group.described}".encode())
        hashed.update(np.ascontiguousarray(group.rows).tobytes())
    hashed.update("\n".join(report.judgement.notes).encode())
    return hashed.hexdigest()[:16]


def told_of(cost: Cost, before: Cost | None) -> str:
    """One line for people."""
    stages = ", ".join(f"{stage} {took:.1f}" for stage, took in cost.stages.items() if took >= 0.1)
    was = "" if before is None else f" (was {before.seconds:.1f})"
    return f"{cost.name}: {cost.seconds:.1f} s{was}, {cost.verdict}; {stages}"


if __name__ == "__main__":
    sys.exit(main())
